import type { Attributes, AttributeValue } from "../../../core/element.ts";
import { ownerHostOf } from "../../../core/element-id.ts";
import { sameValue } from "../change.ts";
import type { AttributeDelta, Cause, MovedRow, UpdatedRow } from "./comparison.ts";
import type { GroupDraft, Grouping } from "./grouping.ts";
import { movedCause } from "./moves.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** What a link's other end says of itself: goes and comes with the link, and is another one for each. */
export const HEARD = "lldp_neighbour";

/** Updates that say the same — all of what changed, and how — are one group: an upgrade, a rack that lost its uplink. */
export function* groupAlike(rows: Iterable<UpdatedRow | MovedRow>, grouping: Grouping): Sliced<void> {
  const groups = new Map<string, GroupDraft>();
  yield* inSlices(rows, (row) => {
    if (grouping.has(row)) return;
    const deltas = tellingOf(deltasOf(row.before, row.after));
    const key = `${row.kind === "moved" ? row.subject.kind : ""} ${JSON.stringify(deltas)}`;
    const known = groups.get(key);
    if (known !== undefined) return grouping.put(row, widened(known, row));
    const group = grouping.open(
      row.kind === "moved" ? movedCause(row) : { kind: "changed", kinds: [row.subject.kind], deltas },
    );
    groups.set(key, group);
    grouping.put(row, group);
  });
}

function widened(group: GroupDraft, row: UpdatedRow | MovedRow): GroupDraft {
  const { cause } = group;
  if (cause.kind === "moved") group.cause = { ...cause, roots: [...cause.roots, row.id] };
  else if (cause.kind === "changed" && !cause.kinds.includes(row.subject.kind)) {
    group.cause = { ...cause, kinds: [...cause.kinds, row.subject.kind] };
  }
  return group;
}

/** Without what merely followed from the rest: twenty links that went down are one group, whoever was at their other end. */
function tellingOf(deltas: readonly AttributeDelta[]): readonly AttributeDelta[] {
  const isFollowing = (delta: AttributeDelta): boolean =>
    delta.name === HEARD && delta.kind === "value" && (delta.before === undefined || delta.after === undefined);
  const telling = deltas.some(isFollowing) ? deltas.filter((delta) => !isFollowing(delta)) : deltas;
  return telling.length === 0 ? deltas : telling;
}

/** What differs, by name. */
export function deltasOf(before: Attributes, after: Attributes): readonly AttributeDelta[] {
  const names = Object.keys(before);
  for (const name of Object.keys(after)) if (!(name in before)) names.push(name);
  if (names.length > 1) names.sort();
  return names
    .filter((name) => !sameValue(before[name], after[name]))
    .map((name) => deltaOf(name, before[name], after[name]));
}

function deltaOf(name: string, before: AttributeValue | undefined, after: AttributeValue | undefined): AttributeDelta {
  if (!isList(before) || !isList(after)) return { kind: "value", name, before, after };
  const [was, is] = [new Set(before), new Set(after)];
  const lost = before.filter((item) => !is.has(item));
  const gained = after.filter((item) => !was.has(item));
  // In another order, or more often.
  if (lost.length === 0 && gained.length === 0) return { kind: "value", name, before, after };
  return { kind: "list", name, lost, gained };
}

function isList(value: AttributeValue | undefined): value is readonly (string | number)[] {
  return Array.isArray(value);
}

/** The same thing gone from, or new on, several hosts is one group: what an upgrade puts everywhere. */
export function* joinAcrossHosts(grouping: Grouping): Sliced<void> {
  const first = new Map<string, GroupDraft>();
  yield* inSlices([...grouping.groups()], (group) => {
    const { cause } = group;
    if (cause.kind !== "gone" && cause.kind !== "appeared") return;
    const [root] = cause.roots;
    const host = root === undefined ? undefined : ownerHostOf(root);
    const tail = root === undefined ? "" : root.split("/").slice(2).join("/");
    if (host === undefined || tail === "") return;
    const key = `${cause.kind} ${cause.subject.kind} ${tail}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, group);
    else joinInto(grouping, known, group);
  });
}

function joinInto(grouping: Grouping, known: GroupDraft, group: GroupDraft): void {
  const [into, cause]: readonly [Cause, Cause] = [known.cause, group.cause];
  if ((into.kind !== "gone" && into.kind !== "appeared") || cause.kind !== into.kind) return;
  known.cause = { ...into, roots: [...into.roots, ...cause.roots] };
  grouping.join(group, known);
}
