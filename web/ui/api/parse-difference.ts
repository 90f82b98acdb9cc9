import type { Static } from "typebox";
import type { ElementId } from "../../../core/element-id.ts";
import { subjectOf } from "../../../topology/model/change.ts";
import type {
  AddedRow,
  Cause,
  Group,
  MovedRow,
  Row,
  UpdatedRow,
} from "../../../topology/model/comparison/comparison.ts";
import type { AddedElement, DiffGroup, DiffResponse, MovedElement, UpdatedElement } from "../../api/topology.ts";
import type { Difference } from "../model/difference.ts";
import { parseElement, parseElementKind, parseId, parseSubject } from "./parse.ts";

export function parseDifference(wire: DiffResponse): Difference {
  const rows = {
    added: wire.added.map(parseAdded),
    removed: wire.removed.map((each) => ({ kind: "removed", ...parseWhole(each) }) as const),
    updated: wire.updated.map(parseUpdated),
    moved: wire.moved.map(parseMoved),
    unknown: wire.unknown.map((each) => ({ kind: "unknown", ...parseWhole(each) }) as const),
  };
  const byId = new Map<ElementId, Row[]>();
  for (const list of Object.values(rows)) {
    for (const row of list) {
      const known = byId.get(row.id);
      if (known === undefined) byId.set(row.id, [row]);
      else known.push(row);
    }
  }
  return {
    ...rows,
    groups: (wire.groups ?? []).map((group) => parseGroup(group, byId)),
    unknownHosts: new Set(wire.unknown_hosts),
  };
}

function parseWhole(wire: DiffResponse["removed"][number]) {
  const element = parseElement(wire);
  return { id: element.id, element };
}

function parseAdded({ element, renamed_from, before = {}, after = {} }: Static<typeof AddedElement>): AddedRow {
  const renamedFrom = renamed_from === undefined ? undefined : parseId(renamed_from);
  return { kind: "added", ...parseWhole(element), renamedFrom, before, after };
}

function parseUpdated({ id, kind, name, host, before, after }: Static<typeof UpdatedElement>): UpdatedRow {
  return { kind: "updated", id: parseId(id), subject: parseSubject({ kind, name }), host, before, after };
}

function parseMoved(wire: Static<typeof MovedElement>): MovedRow {
  const row = { ...parseUpdated(wire), kind: "moved" } as const;
  if (wire.former === undefined || wire.element === undefined) return row;
  const pair = { former: parseElement(wire.former), element: parseElement(wire.element) };
  return { ...row, subject: subjectOf(pair.element), pair };
}

function parseGroup({ cause, members, besides }: DiffGroup, byId: ReadonlyMap<ElementId, readonly Row[]>): Group {
  return {
    cause: parseCause(cause),
    members: members.flatMap((id) => byId.get(parseId(id)) ?? []),
    besides: besides.map(({ id, names }) => ({ id: parseId(id), names })),
  };
}

function parseCause(wire: DiffGroup["cause"]): Cause {
  switch (wire.kind) {
    case "silent":
      return wire;
    case "changed": {
      const deltas = wire.deltas.map((delta) =>
        delta.kind === "list" ? delta : { ...delta, before: delta.before, after: delta.after },
      );
      return { kind: "changed", kinds: wire.kinds.map(parseElementKind), deltas };
    }
    case "gone":
    case "appeared":
      return { kind: wire.kind, subject: parseSubject(wire.subject), roots: wire.roots.map(parseId) };
    case "moved":
      return {
        kind: "moved",
        subject: parseSubject(wire.subject),
        roots: wire.roots.map(parseId),
        from: wire.from === undefined ? undefined : parseId(wire.from),
        to: wire.to === undefined ? undefined : parseId(wire.to),
      };
    case "renamed":
      return {
        kind: "renamed",
        subject: parseSubject(wire.subject),
        roots: wire.roots.map(parseId),
        from: parseId(wire.from),
      };
  }
}
