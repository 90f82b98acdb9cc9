import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Attributes, Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { type Change, changedId, type Subject } from "../../topology/model/change.ts";
import { isAttributeValue, isElementKind, parseElement } from "../../topology/model/parse-element.ts";
import type { RecordedChange, Revision } from "../../topology/model/revision.ts";
import type { SqlCell, SqlRow } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { type Cell, damaged, idCell, numberCell, storedId, textCell } from "./cells.ts";
import { partOf } from "./part.ts";

/** A change as it is stored, in the tail or in a block. `body` is JSON, parsed only when it is needed. */
export interface Entry {
  readonly part: string;
  readonly revision: number;
  readonly ordinal: number;
  readonly at: number;
  readonly knownAt: number;
  readonly origin: string;
  readonly kind: Change["kind"];
  readonly id: ElementId;
  readonly renamedFrom: string | undefined;
  readonly body: string;
}

/** The columns `entryOf` reads. */
export const ENTRY_COLUMNS = sql`part, revision, ordinal, at_ms, known_at_ms, origin, kind, element_id, renamed_from, body`;

/** A change of a revision as it is stored. */
export function storedEntry(revision: Revision, ordinal: number, change: Change): Entry {
  const id = changedId(change);
  return {
    part: partOf(id),
    revision: revision.revision,
    ordinal,
    at: revision.at,
    knownAt: revision.knownAt,
    origin: revision.origin,
    kind: change.kind,
    id,
    renamedFrom: change.kind === "add" ? change.renamedFrom : undefined,
    body: changeBody(change),
  };
}

/** A row of the table `changes`. */
export function changeRow(cluster: string, entry: Entry): readonly SqlCell[] {
  const { part, revision, ordinal, at, knownAt, origin, kind, id, renamedFrom, body } = entry;
  return [cluster, part, revision, ordinal, at, knownAt, origin, kind, id, renamedFrom, body];
}

/** What of a change is not in columns of its own. */
function changeBody(change: Change): string {
  return change.kind === "update"
    ? JSON.stringify({ subject: change.subject, before: change.before, after: change.after })
    : JSON.stringify(change.element);
}

export function entryOf(row: SqlRow): Entry {
  const [part, revision, ordinal, at, knownAt, origin, kind, id, renamedFrom, body] = row;
  return {
    part: textCell(part),
    revision: numberCell(revision),
    ordinal: numberCell(ordinal),
    at: numberCell(at),
    knownAt: numberCell(knownAt),
    origin: textCell(origin),
    kind: kindCell(kind),
    id: storedId(textCell(id)),
    renamedFrom: renamedFrom === null ? undefined : textCell(renamedFrom),
    body: textCell(body),
  };
}

/** The order in which things happened. */
export function inOrder(left: Entry, right: Entry): number {
  return left.at - right.at || left.revision - right.revision || left.ordinal - right.ordinal;
}

export function changeOf(entry: Entry): Change {
  const { kind, id, renamedFrom, body } = entry;
  switch (kind) {
    case "add": {
      const element = storedElement(body);
      return renamedFrom === undefined ? { kind, element } : { kind, element, renamedFrom: idCell(renamedFrom) };
    }
    case "remove":
      return { kind, element: storedElement(body) };
    case "update": {
      const json: unknown = JSON.parse(body);
      if (!isRecord(json)) throw damaged("change", body);
      return {
        kind,
        id,
        subject: storedSubject(json.subject),
        before: parseStoredAttributes(json.before),
        after: parseStoredAttributes(json.after),
      };
    }
  }
}

export function recordedChangeOf(cluster: string, entry: Entry): RecordedChange {
  return {
    revision: entry.revision,
    ordinal: entry.ordinal,
    at: time(entry.at),
    knownAt: time(entry.knownAt),
    cluster,
    origin: entry.origin,
    change: changeOf(entry),
  };
}

export function storedElement(text: string): Element {
  const parsed = parseElement(JSON.parse(text));
  if (parsed.kind === "problem") throw damaged(`element (${parsed.problem.path} ${parsed.problem.problem})`, text);
  return parsed.element;
}

function kindCell(cell: Cell): Change["kind"] {
  if (cell === "add" || cell === "update" || cell === "remove") return cell;
  throw damaged("kind of change", cell);
}

function storedSubject(json: unknown): Subject {
  if (!isRecord(json) || !isElementKind(json.kind)) throw damaged("subject", json);
  return typeof json.name === "string" ? { kind: json.kind, name: json.name } : { kind: json.kind };
}

/** The attributes of an update; unlike those of an element they may have reserved names (`@parent`). */
function parseStoredAttributes(json: unknown): Attributes {
  if (!isRecord(json)) throw damaged("attributes", json);
  for (const name in json) if (!isAttributeValue(json[name])) throw damaged(`attribute ${name}`, json[name]);
  return json as Attributes;
}

function time(value: number): EpochMs {
  return epochMsOf(value);
}
