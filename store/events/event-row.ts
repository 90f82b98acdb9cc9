import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { parseAttributes } from "../../topology/model/parse-element.ts";
import type { RecordedEvent } from "../event-store.ts";
import { damaged, idCell, numberCell, textCell, timeCell } from "../history/cells.ts";
import type { SqlCell, SqlRow } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { SEVERITIES } from "./events-table.ts";

export const EVENT_COLUMNS = sql`at_ms, known_at_ms, host, event_id, kind, element_id, severity, body, attributes`;

/** In the order of the table's columns. */
export function eventRow(event: RecordedEvent): readonly SqlCell[] {
  const { cluster, at, knownAt, host, id, kind, element, severity, text, attributes } = event;
  const rank = SEVERITIES.indexOf(severity);
  return [cluster, at, knownAt, host, id, kind, element, rank, text, JSON.stringify(attributes)];
}

/** A row of `EVENT_COLUMNS`. */
export function eventOf(cluster: string, row: SqlRow): RecordedEvent {
  const [at, knownAt, host, id, kind, element, severity, text, attributes] = row;
  const parsed = parseAttributes(JSON.parse(textCell(attributes)));
  const rank = SEVERITIES[numberCell(severity)];
  if (rank === undefined || !("attributes" in parsed)) {
    throw damaged("event", textCell(id));
  }
  return {
    cluster,
    id: textCell(id),
    at: timeCell(at),
    knownAt: timeCell(knownAt),
    host: textCell(host),
    kind: textCell(kind),
    element: idCell(element),
    severity: rank,
    text: textCell(text),
    attributes: parsed.attributes,
  };
}

interface Cursor {
  readonly at: EpochMs;
  readonly host: string;
  readonly id: string;
}

export function cursorText({ at, host, id }: RecordedEvent): string {
  return `${at}.${id}.${host}`;
}

/** Errors: `events.cursor_unknown` (400). */
export function parseCursor(text: string): Cursor {
  const match = /^(\d{1,15})\.([\w-]{1,64})\.(.+)$/.exec(text);
  if (match === null) {
    throw new OperatorError({
      code: "events.cursor_unknown",
      message: "`after` is not the `next` of an earlier page",
      hint: "leave `after` out to begin with the first page",
      status: 400,
    });
  }
  return { at: epochMsOf(Number(match[1])), id: match[2] ?? "", host: match[3] ?? "" };
}
