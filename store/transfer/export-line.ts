import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import type { Change } from "../../topology/model/change.ts";
import { parseChange } from "../../topology/model/parse-change.ts";
import { parseElement } from "../../topology/model/parse-element.ts";
import type { Revision, Snapshot } from "../../topology/model/revision.ts";

/**
 * A span of a cluster's history as NDJSON, a line each: `head`, the elements at `from`, the revisions after it in the order
 * they happened, the snapshots in between, and `end` with the counts of all, by which a file that was cut is told.
 */
export type ExportLine =
  | { readonly kind: "head"; readonly head: ExportHead }
  | { readonly kind: "element"; readonly element: Element }
  | { readonly kind: "revision"; readonly revision: ExportedRevision }
  | { readonly kind: "snapshot"; readonly snapshot: Omit<Snapshot, "cluster"> }
  | { readonly kind: "end"; readonly end: ExportEnd };

export interface ExportHead {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The last revision that happened by `from`. */
  readonly revision: number;
  readonly exportedAt: EpochMs;
}

export type ExportedRevision = Omit<Revision, "cluster" | "counts">;

export interface ExportEnd {
  readonly elements: number;
  readonly revisions: number;
  readonly snapshots: number;
}

const FORMAT = "nephoscope-topology";
const VERSION = 1;

export function exportLineText(line: ExportLine): string {
  return `${JSON.stringify(wireLine(line))}\n`;
}

/** Undefined when the line is none of ours. */
export function parseExportLine(text: string): ExportLine | undefined {
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  if (value.format === FORMAT) return value.version === VERSION ? headOf(value) : undefined;
  if ("element" in value) return elementLine(value.element);
  if (isRecord(value.revision)) return revisionLine(value.revision);
  if (isRecord(value.snapshot)) return snapshotLine(value.snapshot);
  return isRecord(value.end) ? endLine(value.end) : undefined;
}

function wireLine(line: ExportLine): object {
  switch (line.kind) {
    case "head": {
      const { exportedAt, ...head } = line.head;
      return { format: FORMAT, version: VERSION, ...head, exported_at: exportedAt };
    }
    case "element":
      return { element: line.element };
    case "revision": {
      const { knownAt, changes, ...revision } = line.revision;
      return { revision: { ...revision, known_at: knownAt, changes: changes.map(wireChange) } };
    }
    case "snapshot": {
      const { createdAt, createdBy, ...snapshot } = line.snapshot;
      return { snapshot: { ...snapshot, created_at: createdAt, created_by: createdBy } };
    }
    case "end":
      return { end: line.end };
  }
}

function wireChange(change: Change): object {
  if (change.kind !== "add" || change.renamedFrom === undefined) return change;
  return { kind: "add", element: change.element, renamed_from: change.renamedFrom };
}

function headOf(value: Record<string, unknown>): ExportLine | undefined {
  const [from, to, exportedAt] = [instantIn(value.from), instantIn(value.to), instantIn(value.exported_at)];
  const { cluster, revision } = value;
  if (typeof cluster !== "string" || from === undefined || to === undefined || exportedAt === undefined)
    return undefined;
  return isCount(revision) ? { kind: "head", head: { cluster, from, to, revision, exportedAt } } : undefined;
}

function elementLine(value: unknown): ExportLine | undefined {
  const parsed = parseElement(value);
  return parsed.kind === "element" ? { kind: "element", element: parsed.element } : undefined;
}

function revisionLine(value: Record<string, unknown>): ExportLine | undefined {
  const { revision, origin, changes } = value;
  const [at, knownAt] = [instantIn(value.at), instantIn(value.known_at)];
  if (!isCount(revision) || typeof origin !== "string" || at === undefined || knownAt === undefined) return undefined;
  if (!Array.isArray(changes) || changes.length === 0) return undefined;
  const parsed = changes.map(parseChange).filter((change) => change !== undefined);
  if (parsed.length < changes.length) return undefined;
  return { kind: "revision", revision: { revision, at, knownAt, origin, changes: parsed } };
}

function snapshotLine(value: Record<string, unknown>): ExportLine | undefined {
  const { name, revision, created_by: createdBy, note } = value;
  const [at, createdAt] = [instantIn(value.at), instantIn(value.created_at)];
  if (typeof name !== "string" || typeof createdBy !== "string" || typeof note !== "string") return undefined;
  if (!isCount(revision) || at === undefined || createdAt === undefined) return undefined;
  return { kind: "snapshot", snapshot: { name, at, revision, createdAt, createdBy, note } };
}

function endLine({ elements, revisions, snapshots }: Record<string, unknown>): ExportLine | undefined {
  if (!isCount(elements) || !isCount(revisions) || !isCount(snapshots)) return undefined;
  return { kind: "end", end: { elements, revisions, snapshots } };
}

function instantIn(value: unknown): EpochMs | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) ? epochMsOf(value) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
