import type { Static } from "typebox";
import type {
  AddedRow,
  AttributeDelta,
  Cause,
  Comparison,
  Group,
  MovedRow,
  UpdatedRow,
} from "../../topology/model/comparison/comparison.ts";
import type { AddedElement, DiffCounts, DiffGroup, MovedElement, UpdatedElement } from "../api/topology.ts";

// Rows and groups of a difference as JSON.

export function wireAdded({ element, renamedFrom, before, after }: AddedRow): Static<typeof AddedElement> {
  return renamedFrom === undefined ? { element } : { element, renamed_from: renamedFrom, before, after };
}

export function wireUpdated(row: UpdatedRow | MovedRow): Static<typeof UpdatedElement> {
  const { id, subject, host, before, after } = row;
  return { id, kind: subject.kind, name: subject.name, host, before, after };
}

export function wireMoved(row: MovedRow): Static<typeof MovedElement> {
  return { ...wireUpdated(row), former: row.pair?.former, element: row.pair?.element };
}

export function wireGroup({ cause, members, besides }: Group): DiffGroup {
  const counts = { added: 0, removed: 0, updated: 0, moved: 0, unknown: 0 };
  for (const { kind } of members) counts[kind]++;
  return {
    cause: wireCause(cause),
    counts,
    members: [...new Set(members.map(({ id }) => id))],
    besides: besides.map(({ id, names }) => ({ id, names: [...names] })),
  };
}

export function wireCounts({ added, removed, updated, moved, unknown }: Comparison): Static<typeof DiffCounts> {
  return {
    added: added.length,
    removed: removed.length,
    updated: updated.length,
    moved: moved.length,
    unknown: unknown.length,
  };
}

function wireCause(cause: Cause): DiffGroup["cause"] {
  switch (cause.kind) {
    case "silent":
      return cause;
    case "changed":
      return { kind: "changed", kinds: [...cause.kinds], deltas: cause.deltas.map(wireDelta) };
    case "gone":
    case "appeared":
    case "moved":
    case "renamed":
      return { ...cause, roots: [...cause.roots] };
  }
}

type WireDelta = Extract<DiffGroup["cause"], { kind: "changed" }>["deltas"][number];

function wireDelta(delta: AttributeDelta): WireDelta {
  if (delta.kind === "list") return { ...delta, lost: [...delta.lost], gained: [...delta.gained] };
  const { name, before, after } = delta;
  return { kind: "value", name, before: wireValue(before), after: wireValue(after) };
}

function wireValue(value: Extract<AttributeDelta, { kind: "value" }>["before"]) {
  return typeof value === "object" ? [...value] : value;
}
