import type { Static } from "typebox";
import type { Change } from "../../topology/model/change.ts";
import type { RecordedChange, Snapshot } from "../../topology/model/revision.ts";
import type { ChangeSchema, RecordedChangeSchema, SnapshotSchema } from "../api/topology.ts";

// The model as JSON: names in snake_case. Elements are the same in both.

export function wireChange(change: Change): Static<typeof ChangeSchema> {
  if (change.kind !== "add" || change.renamedFrom === undefined) return change;
  return { kind: "add", element: change.element, renamed_from: change.renamedFrom };
}

export function wireRecordedChange({ knownAt, change, ...rest }: RecordedChange): Static<typeof RecordedChangeSchema> {
  return { ...rest, known_at: knownAt, change: wireChange(change) };
}

export function wireSnapshot({ createdAt, createdBy, ...rest }: Snapshot): Static<typeof SnapshotSchema> {
  return { ...rest, created_at: createdAt, created_by: createdBy };
}
