import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { DensityBucket, DensityQuery } from "../topology-store.ts";
import { blobCell, numberCell, textCell } from "./cells.ts";
import { type ChangeFilter, positionsOf, tailCondition } from "./change-filter.ts";
import { blockPlaces, readIndexes, readTail } from "./change-reader.ts";
import { NOTHING } from "./conditions.ts";
import { readHorizon } from "./horizon.ts";
import { selectionOf } from "./part.ts";
import { type KindCounts, MINUTE_MS, unpackMinutes } from "./segment-format.ts";
import type { Known } from "./tails.ts";

/** Buckets at least this wide begin and end at whole minutes, which are counted when they are sealed. */
const WIDE_MS = 2 * MINUTE_MS;

type Counts = { -readonly [kind in keyof KindCounts]: number };

/** Exact for the bounds it returns; of wide buckets of a whole cluster those inside the span are whole minutes. */
export async function readDensity(
  reader: SqlReader,
  query: DensityQuery,
  known: Known,
): Promise<readonly DensityBucket[]> {
  const bounds = boundsOf(query);
  const counts: Counts[] = Array.from({ length: query.buckets }, () => ({ add: 0, update: 0, remove: 0 }));
  const bucketOf = bucketFinder(bounds);
  const count = (at: number, kind: keyof Counts, times = 1) => {
    const bucket = counts[bucketOf(at)];
    if (bucket !== undefined) bucket[kind] += times;
  };
  const horizon = await readHorizon(reader, query.cluster);
  const from = Math.max(query.from, (horizon?.at ?? -1) + 1);
  if (query.to > from) {
    const filter = { cluster: query.cluster, after: from - 1, upTo: query.to - 1, ...selectionOf(query), ...known };
    await countTail(reader, filter, count);
    if (isWide(query)) await countMinutes(reader, filter, count);
    else await countBlocks(reader, filter, count);
  }
  return counts.map(({ add, update, remove }, index) => ({
    from: bounds[index] ?? query.from,
    to: bounds[index + 1] ?? query.to,
    added: add,
    updated: update,
    removed: remove,
  }));
}

type Count = (at: number, kind: keyof Counts, times?: number) => void;

async function countTail(reader: SqlReader, filter: ChangeFilter, count: Count): Promise<void> {
  if (filter.tail !== undefined) {
    for await (const entries of readTail(reader, filter)) for (const { at, kind } of entries) count(at, kind);
    return;
  }
  const query = sql`SELECT at_ms, kind, count(*) FROM changes WHERE ${tailCondition(filter)} GROUP BY at_ms, kind`;
  for await (const rows of reader.stream(query)) {
    for (const [at, kind, times] of rows) {
      const name = textCell(kind);
      if (name === "add" || name === "update" || name === "remove") count(numberCell(at), name, numberCell(times));
    }
  }
}

async function countBlocks(reader: SqlReader, filter: ChangeFilter, count: Count): Promise<void> {
  for await (const indexes of readIndexes(reader, await blockPlaces(reader, filter))) {
    for (const { index } of indexes) {
      for (const { position } of positionsOf(index, filter)) count(index.ats[position] ?? 0, index.kindAt(position));
    }
  }
}

/** Whole minutes from what segments tell, the broken ones at both ends from their blocks. */
async function countMinutes(reader: SqlReader, filter: ChangeFilter, count: Count): Promise<void> {
  const [after, upTo] = [filter.after ?? 0, filter.upTo ?? 0];
  const [firstMinute, endMinute] = [Math.ceil((after + 1) / MINUTE_MS), Math.floor((upTo + 1) / MINUTE_MS)];
  if (endMinute <= firstMinute) return countBlocks(reader, filter, count);
  await countBlocks(reader, { ...filter, upTo: firstMinute * MINUTE_MS - 1 }, count);
  const { cluster, tail } = filter;
  const segments = sql`SELECT minute_data FROM segments
    WHERE cluster = ${cluster} AND max_at_ms > ${after} AND min_at_ms <= ${upTo}
      ${tail === undefined ? NOTHING : sql`AND last_revision <= ${tail.sealedRevision}`}`;
  for await (const rows of reader.stream(segments)) {
    for (const [minute, counts] of rows.flatMap(([data]) => [...unpackMinutes(blobCell(data))])) {
      if (minute < firstMinute || minute >= endMinute) continue;
      for (const kind of ["add", "update", "remove"] as const) count(minute * MINUTE_MS, kind, counts[kind]);
    }
  }
  await countBlocks(reader, { ...filter, after: endMinute * MINUTE_MS - 1 }, count);
}

function isWide({ from, to, buckets, root }: DensityQuery): boolean {
  return root === undefined && (to - from) / buckets >= WIDE_MS;
}

/** One more than there are buckets. */
function boundsOf(query: DensityQuery): readonly EpochMs[] {
  const { from, to, buckets } = query;
  return Array.from({ length: buckets + 1 }, (_, index) => {
    const exact = from + Math.ceil(((to - from) * index) / buckets);
    const isInside = index > 0 && index < buckets;
    return epochMsOf(isInside && isWide(query) ? Math.round(exact / MINUTE_MS) * MINUTE_MS : exact);
  });
}

/** Buckets are next to each other and hold `bound <= at < next bound`. */
function bucketFinder(bounds: readonly number[]): (at: number) => number {
  return (at) => {
    let [low, high] = [0, bounds.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return low;
  };
}
