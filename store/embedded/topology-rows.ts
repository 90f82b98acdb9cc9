import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Attributes, AttributeValue, Element } from "../../core/element.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { type Change, changedId, type Subject } from "../../topology/model/change.ts";
import { isAttributeValue, isElementKind, parseElement } from "../../topology/model/parse-element.ts";
import type { RecordedChange, Revision, Snapshot } from "../../topology/model/revision.ts";

/** A value as the database's driver gives it. */
export type Cell = unknown;
export type Row = readonly Cell[];

/** A value as the database's driver takes it: numbers into INTEGER, bigints into BIGINT, undefined as NULL. */
export type RowCell = string | bigint | number | undefined;

/** What of a change goes into the column `body`; kind, id and renamed_from have columns of their own. */
function changeBody(change: Change): string {
  return change.kind === "update"
    ? JSON.stringify({ subject: change.subject, before: change.before, after: change.after })
    : JSON.stringify(change.element);
}

/** All columns of the table `changes`. */
export function changeRow(revision: Revision, ordinal: number, change: Change): readonly RowCell[] {
  return [
    revision.cluster,
    BigInt(revision.revision),
    ordinal,
    BigInt(revision.at),
    BigInt(revision.knownAt),
    revision.origin,
    change.kind,
    changedId(change),
    change.kind === "add" ? change.renamedFrom : undefined,
    changeBody(change),
  ];
}

/** Columns kind, element_id, body; `renamedFrom` is joined in where it is shown. */
export function parseChange([kind, id, body, renamedFrom]: Row): Change {
  const json: unknown = JSON.parse(textCell(body));
  switch (kind) {
    case "add": {
      const element = storedElement(json);
      return typeof renamedFrom === "string" ? { kind, element, renamedFrom: idCell(renamedFrom) } : { kind, element };
    }
    case "remove":
      return { kind, element: storedElement(json) };
    case "update":
      if (!isRecord(json)) throw damaged("change", body);
      return {
        kind,
        id: idCell(id),
        subject: storedSubject(json.subject),
        before: storedAttributes(json.before),
        after: storedAttributes(json.after),
      };
    default:
      throw damaged("kind of change", kind);
  }
}

/** Columns of `changeRows`. */
export function parseRecordedChange(cluster: string, row: Row): RecordedChange {
  const [revision, ordinal, at, knownAt, origin, kind, id, body, renamedFrom] = row;
  return {
    revision: numberCell(revision),
    ordinal: numberCell(ordinal),
    at: timeCell(at),
    knownAt: timeCell(knownAt),
    cluster,
    origin: textCell(origin),
    change: parseChange([kind, id, body, renamedFrom]),
  };
}

/** Columns of `snapshotRows`. */
export function parseSnapshot(cluster: string, [name, at, revision, createdAt, createdBy, note]: Row): Snapshot {
  return {
    name: textCell(name),
    cluster,
    at: timeCell(at),
    revision: numberCell(revision),
    createdAt: timeCell(createdAt),
    createdBy: textCell(createdBy),
    note: textCell(note),
  };
}

export function parseStoredElement(text: Cell): Element {
  return storedElement(JSON.parse(textCell(text)));
}

export function numberCell(cell: Cell): number {
  if (typeof cell === "bigint" || typeof cell === "number") return Number(cell);
  throw damaged("number", cell);
}

export function timeCell(cell: Cell): EpochMs {
  return epochMsOf(numberCell(cell));
}

export function textCell(cell: Cell): string {
  if (typeof cell === "string") return cell;
  throw damaged("text", cell);
}

export function idCell(cell: Cell): ElementId {
  const id = parseElementId(textCell(cell));
  if (id === undefined) throw damaged("element id", cell);
  return id;
}

function storedElement(json: unknown): Element {
  const parsed = parseElement(json);
  if (parsed.kind === "problem") throw damaged(`element (${parsed.problem.path} ${parsed.problem.problem})`, json);
  return parsed.element;
}

function storedSubject(json: unknown): Subject {
  if (!isRecord(json) || !isElementKind(json.kind)) throw damaged("subject", json);
  return typeof json.name === "string" ? { kind: json.kind, name: json.name } : { kind: json.kind };
}

/** The attributes of an update; unlike those of an element they may have reserved names (`@parent`). */
function storedAttributes(json: unknown): Attributes {
  if (!isRecord(json)) throw damaged("attributes", json);
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(json)) {
    if (!isAttributeValue(value)) throw damaged(`attribute ${name}`, value);
    attributes[name] = value;
  }
  return attributes;
}

/** "Corrupt" makes it `store.damaged` for whoever runs the query. */
function damaged(what: string, found: unknown): Error {
  return new Error(`Corrupt row: no ${what} in ${String(JSON.stringify(found, bigintAsText)).slice(0, 200)}`);
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
