import { OperatorError } from "../../core/errors.ts";
import type { RecordedChange } from "../../topology/model/revision.ts";
import type { SqlReader } from "../sql-database.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { ChangePage, ChangeQuery } from "../topology-store.ts";
import { type BlockIndex, entryAt, unpackBodies } from "./block-format.ts";
import { numberCell } from "./cells.ts";
import { type ChangeFilter, positionsOf, tailCondition } from "./change-filter.ts";
import { blockPlaces, dataOf, readData, readIndexes, readTail } from "./change-reader.ts";
import { MAX_LISTED, NOTHING } from "./conditions.ts";
import { FirstInOrder, type Place } from "./first-in-order.ts";
import { readHorizon } from "./horizon.ts";
import { selectionOf } from "./part.ts";
import { ENTRY_COLUMNS, type Entry, entryOf, recordedChangeOf } from "./stored-changes.ts";
import type { Known } from "./tails.ts";

/** A change found in the tail, or where it lies in a block. */
type Found =
  | { readonly entry: Entry }
  | { readonly block: number; readonly index: BlockIndex; readonly part: string; readonly position: number };

interface Search {
  readonly filter: ChangeFilter;
  readonly isNewestFirst: boolean;
  readonly cursor: Place | undefined;
  readonly limit: number;
  readonly found: FirstInOrder<Found>;
}

/** Segments are looked through one, two, four, … at a time, so that a short page of a busy time reads one. */
const MOST_SEGMENTS = 64;
/** Blocks whose indexes are read before it is asked whether more are needed. */
const BLOCKS_AT_ONCE = 32;

/** One page of the change log. What a horizon has cut off is not in it. Errors: `topology.cursor_unknown`. */
export async function readChangePage(reader: SqlReader, query: ChangeQuery, known: Known): Promise<ChangePage> {
  const { cluster, limit } = query;
  const cursor = query.after === undefined ? undefined : parseCursor(query.after);
  const isNewestFirst = query.newestFirst === true;
  const horizon = await readHorizon(reader, cluster);
  const from = Math.max(query.from, horizon?.at ?? query.from);
  // A cursor bounds by time; what is before it in its very millisecond is left out one by one.
  const after = cursor === undefined || isNewestFirst ? from : Math.max(from, cursor.at - 1);
  const upTo = cursor === undefined || !isNewestFirst ? query.to : Math.min(query.to, cursor.at);
  const filter = { cluster, after, upTo, ...selectionOf(query), ...known };
  const found = new FirstInOrder<Found>(limit + 1, isNewestFirst, cursor);
  const search: Search = { filter, isNewestFirst, cursor, limit, found };
  await searchTail(reader, search);
  await searchSegments(reader, search);
  const entries = await entriesOf(reader, found.items);
  const changes = entries.slice(0, limit).map((entry) => recordedChangeOf(cluster, entry));
  const last = changes.at(-1);
  return entries.length > limit && last !== undefined ? { changes, next: cursorText(last) } : { changes };
}

async function searchTail(reader: SqlReader, { filter, isNewestFirst, cursor, limit, found }: Search): Promise<void> {
  if (filter.tail !== undefined) {
    for await (const entries of readTail(reader, filter)) for (const entry of entries) found.offer(entry, { entry });
    return;
  }
  const order = isNewestFirst ? sql`at_ms DESC, revision DESC, ordinal DESC` : sql`at_ms, revision, ordinal`;
  const query = sql`SELECT ${ENTRY_COLUMNS} FROM changes WHERE ${tailCondition(filter)}
    ${cursor === undefined ? NOTHING : beyond(cursor, isNewestFirst)} ORDER BY ${order} LIMIT ${limit + 1}`;
  for await (const rows of reader.stream(query)) for (const entry of rows.map(entryOf)) found.offer(entry, { entry });
}

function beyond({ at, revision, ordinal }: Place, isNewestFirst: boolean): Sql {
  const place = sql`(${at}, ${revision}, ${ordinal})`;
  const key = sql`(at_ms, revision, CAST(ordinal AS BIGINT))`;
  return isNewestFirst ? sql`AND ${key} < ${place}` : sql`AND ${key} > ${place}`;
}

async function searchSegments(reader: SqlReader, search: Search): Promise<void> {
  const { filter, isNewestFirst, found } = search;
  const rows = await reader.rows(
    sql`SELECT last_revision, ${isNewestFirst ? sql`max_at_ms` : sql`min_at_ms`} FROM segments
      WHERE cluster = ${filter.cluster} AND max_at_ms > ${filter.after ?? 0} AND min_at_ms <= ${filter.upTo ?? 0}
      ORDER BY ${isNewestFirst ? sql`max_at_ms DESC` : sql`min_at_ms`}`,
  );
  const segments = rows.map(([segment, time]) => ({ segment: numberCell(segment), time: numberCell(time) }));
  for (let start = 0, size = 1; start < segments.length; start += size, size = Math.min(2 * size, MOST_SEGMENTS)) {
    const some = segments.slice(start, start + size);
    const [first] = some;
    if (first === undefined || found.isClosedTo(first.time)) return;
    await searchBlocks(
      reader,
      search,
      some.map(({ segment }) => segment),
    );
  }
}

async function searchBlocks(reader: SqlReader, search: Search, segments: readonly number[]): Promise<void> {
  const { filter, isNewestFirst, found } = search;
  const places = (await blockPlaces(reader, { ...filter, segments })).toSorted((left, right) =>
    isNewestFirst ? right.maxAt - left.maxAt : left.minAt - right.minAt,
  );
  for (let start = 0; start < places.length; start += BLOCKS_AT_ONCE) {
    const some = places.slice(start, start + BLOCKS_AT_ONCE);
    const [first] = some;
    if (first === undefined || found.isClosedTo(isNewestFirst ? first.maxAt : first.minAt)) return;
    for await (const indexes of readIndexes(reader, some)) {
      for (const { block, index } of indexes) {
        for (const { part, position } of positionsOf(index, filter)) {
          found.offer(placeAt(index, position), { block, index, part, position });
        }
      }
    }
  }
}

function placeAt(index: BlockIndex, position: number): Place {
  return {
    at: index.ats[position] ?? 0,
    revision: index.revisions[position] ?? 0,
    ordinal: index.ordinals[position] ?? 0,
  };
}

async function entriesOf(reader: SqlReader, items: readonly Found[]): Promise<readonly Entry[]> {
  const sealed = Map.groupBy(
    items.filter((item) => "block" in item),
    ({ block }) => block,
  );
  const blocks = [...sealed.keys()];
  const bodies = new Map<Found, string>();
  for (let start = 0; start < blocks.length; start += MAX_LISTED) {
    const some = blocks.slice(start, start + MAX_LISTED);
    const data = await readData(reader, "body_data", some);
    for (const block of some) {
      const rising = (sealed.get(block) ?? []).toSorted((left, right) => left.position - right.position);
      const texts = unpackBodies(
        dataOf(data, block),
        rising.map(({ position }) => position),
      );
      for (const [number, item] of rising.entries()) bodies.set(item, texts[number] ?? "");
    }
  }
  return items.map((item) =>
    "entry" in item ? item.entry : entryAt(item.index, bodies.get(item) ?? "", item.part, item.position),
  );
}

function cursorText({ at, revision, ordinal }: RecordedChange): string {
  return `${at}.${revision}.${ordinal}`;
}

function parseCursor(text: string): Place {
  const match = /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})$/.exec(text);
  if (match === null) {
    throw new OperatorError({
      code: "topology.cursor_unknown",
      message: "`after` is not the `next` of an earlier page",
      hint: "leave `after` out to begin with the first page",
      status: 400,
    });
  }
  return { at: Number(match[1]), revision: Number(match[2]), ordinal: Number(match[3]) };
}
