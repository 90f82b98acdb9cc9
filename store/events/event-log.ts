import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type {
  EventBucket,
  EventDensityQuery,
  EventPage,
  EventQuery,
  EventStore,
  RecordedEvent,
} from "../event-store.ts";
import { numberCell } from "../history/cells.ts";
import { listed } from "../history/conditions.ts";
import type { SqlDatabase, SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { conditionOf } from "./event-condition.ts";
import { cursorText, EVENT_COLUMNS, eventOf, eventRow, parseCursor } from "./event-row.ts";
import { EVENTS, SEVERITIES } from "./events-table.ts";

/** Events in one commit. */
const MOST_AT_ONCE = 5_000;
/** Events that wait for a commit; past this they are refused with `store.busy`, and told again later. */
const MOST_WAITING = 100_000;

/** What is told again has nearly the same time: the offset of the agent's clock was measured anew. */
const TOLD_AGAIN_WITHIN_MS = 5_000;

interface Waiting {
  readonly events: readonly RecordedEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Events in a table beside the history. What comes while a commit is under way goes into the next one, together. */
export function createEventLog(database: Pick<SqlDatabase, "read" | "write">): EventStore {
  const waiting: Waiting[] = [];
  let waitingEvents = 0;
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        await database.write("write", (writer) =>
          writeNew(
            writer,
            batch.flatMap(({ events }) => events),
          ),
        );
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  function takeBatch(): readonly Waiting[] {
    let end = 0;
    for (let events = 0; end < waiting.length && (end === 0 || events < MOST_AT_ONCE); end++) {
      events += waiting[end]?.events.length ?? 0;
    }
    const batch = waiting.splice(0, end);
    for (const { events } of batch) waitingEvents -= events.length;
    return batch;
  }

  return {
    append(events) {
      if (events.length === 0) return Promise.resolve();
      if (waitingEvents + events.length > MOST_WAITING) return Promise.reject(busy());
      return new Promise((resolve, reject) => {
        waiting.push({ events, resolve, reject });
        waitingEvents += events.length;
        if (!isWriting) void writeAll();
      });
    },
    events: (query) => database.read("read", (reader) => readPage(reader, query)),
    density: (query) => database.read("read", (reader) => readDensity(reader, query)),
    retain: (cluster, before) =>
      database.write("background", (writer) =>
        writer.execute(sql`DELETE FROM events WHERE cluster = ${cluster} AND at_ms < ${before}`),
      ),
  };
}

/**
 * An agent that did not hear our answer tells its events again. Only those of the same hosts are looked through: one that was away for
 * days would else have all events of all hosts since read.
 */
async function writeNew(writer: SqlWriter, events: readonly RecordedEvent[]): Promise<void> {
  const known = new Set<string>();
  for (const [cluster, group] of Map.groupBy(events, (event) => event.cluster)) {
    const times = group.map(({ at }) => at);
    const rows = writer.stream(
      sql`SELECT host, event_id FROM events WHERE cluster = ${cluster}
        AND host IN ${listed([...new Set(group.map(({ host }) => host))])}
        AND at_ms >= ${times.reduce(least) - TOLD_AGAIN_WITHIN_MS}
        AND at_ms <= ${times.reduce(greatest) + TOLD_AGAIN_WITHIN_MS}`,
    );
    for await (const chunk of rows) for (const [host, id] of chunk) known.add(`${cluster} ${host} ${id}`);
  }
  const fresh = events.filter(({ cluster, host, id }) => {
    const key = `${cluster} ${host} ${id}`;
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
  await writer.append(EVENTS, fresh.map(eventRow));
}

async function readPage(reader: SqlReader, query: EventQuery): Promise<EventPage> {
  const { from, to, limit, after } = query;
  const cursor = after === undefined ? undefined : parseCursor(after);
  const beyond =
    cursor === undefined
      ? sql``
      : sql`AND (at_ms < ${cursor.at} OR (at_ms = ${cursor.at} AND (host < ${cursor.host}
          OR (host = ${cursor.host} AND event_id < ${cursor.id}))))`;
  const rows = await reader.rows(
    sql`SELECT ${EVENT_COLUMNS} FROM events WHERE at_ms > ${from} AND at_ms <= ${to} ${conditionOf(query)} ${beyond}
      ORDER BY at_ms DESC, host DESC, event_id DESC LIMIT ${limit + 1}`,
  );
  const events = rows.slice(0, limit).map((row) => eventOf(query.cluster, row));
  const last = events.at(-1);
  return rows.length > limit && last !== undefined ? { events, next: cursorText(last) } : { events };
}

async function readDensity(reader: SqlReader, query: EventDensityQuery): Promise<readonly EventBucket[]> {
  const { from, to, buckets } = query;
  const widthMs = Math.max(1, Math.ceil((to - from) / buckets));
  const counts = Array.from({ length: Math.ceil((to - from) / widthMs) }, () => ({ info: 0, warning: 0, critical: 0 }));
  const begin = sql`(at_ms - ((at_ms - ${from}) % ${widthMs}))`;
  const rows = await reader.rows(
    sql`SELECT ${begin} AS begin_ms, severity, count(*) FROM events
      WHERE at_ms >= ${from} AND at_ms < ${to} ${conditionOf(query)} GROUP BY 1, 2`,
  );
  for (const [beginMs, severity, count] of rows) {
    const bucket = counts[Math.round((numberCell(beginMs) - from) / widthMs)];
    const name = SEVERITIES[numberCell(severity)];
    if (bucket !== undefined && name !== undefined) bucket[name] += numberCell(count);
  }
  const boundAt = (index: number): EpochMs => epochMsOf(Math.min(to, from + index * widthMs));
  return counts.map((count, index) => ({ from: boundAt(index), to: boundAt(index + 1), ...count }));
}

const least = (a: EpochMs, b: EpochMs): EpochMs => (a < b ? a : b);
const greatest = (a: EpochMs, b: EpochMs): EpochMs => (a > b ? a : b);

function busy(): OperatorError {
  return new OperatorError({
    code: "store.busy",
    message: "too many events are waiting for the store",
    hint: "look at the disk it lies on: commits take too long",
    status: 503,
  });
}
