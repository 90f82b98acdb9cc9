import type { DuckDBConnection } from "@duckdb/node-api";
import { GroupCursor, type RowsBySeries } from "./group-cursor.ts";
import type { Part } from "./parts.ts";
import { type ChunkRows, readAtOnce, readStreamed } from "./read-chunks.ts";
import type { RecentCursor } from "./recent-cursor.ts";
import type { RecentParts } from "./recent-parts.ts";
import { HOUR_MS } from "./row-buffer.ts";
import type { SealedCache } from "./sealed-cache.ts";
import type { SeriesId } from "./series-index.ts";
import { inSpans, spansOf } from "./series-ranges.ts";
import { doubleOf, sourceOf } from "./sorted-rows.ts";

/** A part of a span that lies in one hour, or in some of a day, as milliseconds from the beginning of `hour`, both ends included. */
export interface HourSpan {
  readonly hour: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The part of `from` to `to` that lies in the hours [begin, end), counted from the first; undefined when none does. */
export function spanInHours(
  { first, begin, end }: { readonly first: number; readonly begin: number; readonly end: number },
  from: number,
  to: number,
): HourSpan | undefined {
  const fromMs = Math.max((begin - first) * HOUR_MS, Math.ceil(from - first * HOUR_MS));
  const toMs = Math.min((end - first) * HOUR_MS - 1, Math.floor(to - first * HOUR_MS));
  return fromMs <= toMs ? { hour: first, fromMs, toMs } : undefined;
}

/** Rows of one column, as many as are wanted at once; arrays are gone when the next are asked for. */
export interface ReadRows extends ChunkRows {
  /** Of the rows, those that are meant: from the first to before the end, and of them those whose `ms` lie in the span. */
  readonly first: number;
  readonly end: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** What `ms` count from. */
  readonly hour: number;
}

/** Where rows of a column are looked for. */
export interface Source {
  readonly part: Part;
  readonly span: HourSpan;
  /** Those of the wanted series that may have rows there. */
  readonly series: Int32Array;
}

/** The series of a part that may have rows in it. */
export function heldBy(part: Part, series: Int32Array): Int32Array {
  if (part.kind === "rows") return series;
  const { firstSeries, lastSeries } = part;
  return series.every((id) => id >= firstSeries && id <= lastSeries)
    ? series
    : series.filter((id) => id >= firstSeries && id <= lastSeries);
}

/** Sources asked by one statement, and how far apart their hours may be: milliseconds from the first must fit into 31 bits. */
const MOST_SOURCES = 32;
const MOST_HOURS = 500;

/** Of rows that lie in memory by series, one column of some series. */
export interface SeriesRows {
  readonly source: RowsBySeries;
  readonly series: Int32Array;
}

/**
 * One column of the wanted series, and maybe of others, in the order rows came. Tables are asked together, since a statement costs
 * more than what it reads of one host.
 */
export async function* readColumn(
  connection: DuckDBConnection,
  { column, sources, cache, recent }: ColumnSources,
): AsyncIterable<ReadRows | SeriesRows> {
  let asked: Source[] = [];
  for (const source of sources) {
    const { part, span, series } = source;
    const cursor = part.kind === "rows" ? recent.cursor(part, span, { column, series }) : undefined;
    if (cursor !== undefined) {
      try {
        yield* readTables(connection, column, asked);
        asked = [];
        yield* inSome(cursor, series);
      } finally {
        cursor.close();
      }
      continue;
    }
    const kept = part.kind === "file" ? await cache?.read(connection, part, column, series) : undefined;
    if (kept === undefined) {
      asked.push(source);
      continue;
    }
    // What came before has to be told before.
    yield* readTables(connection, column, asked);
    asked = [];
    for (const rows of kept) yield { ...rows, ...placesIn(rows, series), ...span };
  }
  yield* readTables(connection, column, asked);
}

/** Few enough that who reads them sees soon when there is too much. */
const SERIES_AT_ONCE = 1_000;

function* inSome(source: RowsBySeries, series: Int32Array): Iterable<SeriesRows> {
  for (let place = 0; place < series.length; place += SERIES_AT_ONCE) {
    yield { source, series: series.subarray(place, place + SERIES_AT_ONCE) };
  }
}

/**
 * The sources of a column, when all of them have it by series in memory; undefined when one does not. To be closed: it is done when
 * `close` was called.
 */
export async function sourcesBySeries(
  connection: DuckDBConnection,
  { column, sources, cache, recent }: ColumnSources,
): Promise<{ readonly sources: readonly RowsBySeries[]; close(): void } | undefined> {
  const found: RowsBySeries[] = [];
  const open: RecentCursor[] = [];
  const close = () => {
    for (const one of open.splice(0)) one.close();
  };
  try {
    for (const { part, span, series } of sources) {
      if (part.kind === "rows") {
        const cursor = recent.cursor(part, span, { column, series });
        if (cursor === undefined) break;
        open.push(cursor);
        found.push(cursor);
      } else {
        const groups = await cache?.read(connection, part, column, series);
        if (groups === undefined) break;
        found.push(new GroupCursor(groups, span));
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  if (found.length === sources.length) return { sources: found, close };
  close();
  return undefined;
}

export interface ColumnSources {
  readonly column: string;
  readonly sources: readonly Source[];
  /** Without it files are read anew. */
  readonly cache: SealedCache | undefined;
  readonly recent: RecentParts;
}

/** The rows between the lowest and the highest of the series. */
function placesIn({ series: ids }: ChunkRows, series: Int32Array): { readonly first: number; readonly end: number } {
  let [lowest, highest] = [series[0] ?? 0, series[0] ?? 0];
  for (const id of series) {
    if (id < lowest) lowest = id;
    if (id > highest) highest = id;
  }
  return { first: firstNotBelow(ids, lowest), end: firstNotBelow(ids, highest + 1) };
}

function firstNotBelow(ascending: Int32Array, wanted: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function* readTables(
  connection: DuckDBConnection,
  column: string,
  sources: readonly Source[],
): AsyncIterable<ReadRows> {
  for (const some of together(sources)) {
    const hour = some[0]?.span.hour ?? 0;
    const sql = some.map((source) => selectOf(source, column, hour)).join(" UNION ALL ");
    const isSmall = some.reduce((sum, { series }) => sum + series.length, 0) <= MOST_AT_ONCE;
    for await (const rows of isSmall ? readAtOnce(connection, sql) : readStreamed(connection, sql)) {
      yield { ...rows, first: 0, end: rows.series.length, ...ANY_TIME, hour };
    }
  }
}

const ANY_TIME = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

function* together(sources: readonly Source[]): Iterable<readonly Source[]> {
  let some: Source[] = [];
  for (const source of sources) {
    const isFar = source.span.hour - (some[0]?.span.hour ?? source.span.hour) >= MOST_HOURS;
    if (some.length === MOST_SOURCES || isFar) {
      yield some;
      some = [];
    }
    some.push(source);
  }
  if (some.length > 0) yield some;
}

function selectOf({ part, span, series }: Source, column: string, firstHour: number): string {
  const offset = (span.hour - firstHour) * HOUR_MS;
  return `SELECT series, ms${offset === 0 ? "" : ` + ${offset}`} AS ms, ${doubleOf(part, column)} AS value FROM ${sourceOf(part)}
    WHERE ms BETWEEN ${span.fromMs} AND ${span.toMs} AND ${inSpans(spansOf(series))}`;
}

/** Series whose rows of some hours are few megabytes: the answer may lie in the engine's memory as a whole, which is faster. */
const MOST_AT_ONCE = 2_000;

/** Which of the series, and maybe others, have samples in the span. */
export async function seriesInHour(
  connection: DuckDBConnection,
  source: Source,
  { column, isWide }: { readonly column: string; readonly isWide: boolean },
  recent: RecentParts,
): Promise<Iterable<SeriesId>> {
  const { part, span, series } = source;
  const cursor = part.kind === "rows" ? recent.cursor(part, span, { column, series }) : undefined;
  if (cursor !== undefined) {
    const found = series.filter((id) => cursor.has(id, isWide));
    cursor.close();
    return found;
  }
  const result = await connection.run(
    `SELECT DISTINCT series FROM ${sourceOf(part)} WHERE ms BETWEEN ${span.fromMs} AND ${span.toMs}
     ${isWide ? `AND NOT isnan(${doubleOf(part, column)})` : ""} AND ${inSpans(spansOf(series))}`,
  );
  return (await result.getRows()).map(([id]) => Number(id));
}
