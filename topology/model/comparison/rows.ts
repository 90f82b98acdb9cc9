import type { Attributes } from "../../../core/element.ts";
import { type ElementId, ownerHostOf, segmentsOf } from "../../../core/element-id.ts";
import type { Change } from "../change.ts";
import type { AddedRow, MovedRow, RemovedRow, UnknownRow, UpdatedRow } from "./comparison.ts";
import { counted, type Ignored } from "./ignored-attributes.ts";
import { inSlices, type Sliced } from "./slices.ts";

/** The rows while identities are being recognised: what turns out to be the same thing leaves `added` and `removed`. */
export interface Rows {
  readonly removed: Map<ElementId, RemovedRow>;
  readonly added: Map<ElementId, AddedRow>;
  readonly updated: UpdatedRow[];
  readonly moved: MovedRow[];
  readonly unknown: UnknownRow[];
  /** Id at the earlier moment → the row of the same thing at the later one, for all that have another id now. */
  readonly formers: Map<ElementId, AddedRow | MovedRow>;
  /** Ids at the later moment of those. */
  readonly paired: Set<ElementId>;
  /** Ids of what went and of something else that came in its place. */
  readonly twins: Set<ElementId>;
}

const NONE: Attributes = {};

export function* sortedIn(changes: readonly Change[], ignored: Ignored | undefined): Sliced<Rows> {
  const rows: Rows = {
    removed: new Map(),
    added: new Map(),
    updated: [],
    moved: [],
    unknown: [],
    formers: new Map(),
    paired: new Set(),
    twins: new Set(),
  };
  yield* inSlices(changes, (change) => {
    switch (change.kind) {
      case "add": {
        const { element, renamedFrom } = change;
        if (rows.removed.has(element.id)) rows.twins.add(element.id);
        rows.added.set(element.id, { kind: "added", id: element.id, element, renamedFrom, before: NONE, after: NONE });
        break;
      }
      case "remove":
        if (rows.added.has(change.element.id)) rows.twins.add(change.element.id);
        rows.removed.set(change.element.id, { kind: "removed", id: change.element.id, element: change.element });
        break;
      case "update":
        addUpdate(rows, change, ignored);
    }
  });
  return rows;
}

function addUpdate(rows: Rows, change: Extract<Change, { kind: "update" }>, ignored: Ignored | undefined): void {
  const [before, after] = [counted(change.before, ignored), counted(change.after, ignored)];
  if (!hasNames(before) && !hasNames(after)) return;
  const { id, subject } = change;
  const host = hostOfId(id) ?? textIn(change.after, "@host");
  const fields = { id, subject, host, before, after };
  if (isPlaced(before) || isPlaced(after)) rows.moved.push({ kind: "moved", ...fields });
  else rows.updated.push({ kind: "updated", ...fields });
}

/** The host whose agent told it, or whose agent it is. */
export function hostOfId(id: ElementId): string | undefined {
  return ownerHostOf(id) ?? (id.startsWith("agent/") ? segmentsOf(id)[1] : undefined);
}

export function textIn(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function hasNames(attributes: Attributes): boolean {
  for (const _name in attributes) return true;
  return false;
}

function isPlaced(attributes: Attributes): boolean {
  return "@parent" in attributes || "@host" in attributes;
}
