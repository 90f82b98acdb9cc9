import { attributeClass } from "../../../core/attribute-class.ts";
import type { Attributes } from "../../../core/element.ts";
import { HEARD } from "./alike.ts";
import type { Cause, Group, Row } from "./comparison.ts";

/** What members changed that their group's cause says nothing about. */
export function besidesOf(cause: Cause, members: readonly Row[]): Group["besides"] {
  if (cause.kind === "silent") return [];
  if (cause.kind === "changed") return cause.deltas.some(({ name }) => name === HEARD) ? [] : heardBy(members);
  return members.flatMap((row) => {
    if (!("before" in row)) return [];
    const names = namesOf(row.before, row.after).filter((name) => !isExplained(name));
    return names.length === 0 ? [] : [{ id: row.id, names }];
  });
}

function heardBy(members: readonly Row[]): Group["besides"] {
  return members.flatMap((row) =>
    "before" in row && (HEARD in row.before || HEARD in row.after) ? [{ id: row.id, names: [HEARD] }] : [],
  );
}

/** Where it is (a VM's availability zone is its host's), what binds it there, and whether it is up. */
function isExplained(name: string): boolean {
  return (
    name === "@host" ||
    name === "@parent" ||
    name === "@name" ||
    name === "az" ||
    name === "device_id" ||
    name === "device_owner" ||
    name.startsWith("binding_") ||
    attributeClass(name) === "state"
  );
}

function namesOf(before: Attributes, after: Attributes): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}
