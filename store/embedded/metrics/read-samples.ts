import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";
import type { Part } from "./parts.ts";
import { HOUR_MS } from "./row-buffer.ts";
import type { SeriesId } from "./series-index.ts";
import { inSpans, spansOf } from "./series-ranges.ts";
import { doubleOf, sourceOf } from "./sorted-rows.ts";

/** A part of a span that lies in one hour, as milliseconds into it, both ends included. */
export interface HourSpan {
  readonly hour: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The part of `from` to `to` that lies in an hour; undefined when none does. */
export function spanInHour(hour: number, from: number, to: number): HourSpan | undefined {
  const start = hour * HOUR_MS;
  const fromMs = Math.max(0, Math.ceil(from - start));
  const toMs = Math.min(HOUR_MS - 1, Math.floor(to - start));
  return fromMs <= toMs ? { hour, fromMs, toMs } : undefined;
}

/** Rows of one column, as many as are wanted at once; arrays are gone when the next are asked for. */
export interface ReadRows {
  readonly count: number;
  readonly series: Int32Array;
  readonly ms: Int32Array;
  readonly values: Float64Array;
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

/**
 * One column of the wanted series, and maybe of others, in the order rows came; times count from the hour that comes with them.
 * Sources are asked together, since a statement costs more than what it reads of one host.
 */
export async function* readColumn(
  connection: DuckDBConnection,
  column: string,
  sources: readonly Source[],
): AsyncIterable<ReadRows & { readonly hour: number }> {
  for (const some of together(sources)) {
    const hour = some[0]?.span.hour ?? 0;
    const sql = some.map((source) => selectOf(source, column, hour)).join(" UNION ALL ");
    const isSmall = some.reduce((sum, { series }) => sum + series.length, 0) <= MOST_AT_ONCE;
    for await (const { chunk, rowCount: count } of isSmall ? readAtOnce(connection, sql) : streamed(connection, sql)) {
      yield {
        hour,
        count,
        series: int32(bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, 0), 4 * count)),
        ms: int32(bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, 1), 4 * count)),
        values: float64(bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, 2), 8 * count)),
      };
    }
  }
}

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

async function* readAtOnce(connection: DuckDBConnection, sql: string): AsyncIterable<DuckDBDataChunk> {
  const result = await connection.run(sql);
  for (let place = 0; place < result.chunkCount; place++) yield result.getChunk(place);
}

async function* streamed(connection: DuckDBConnection, sql: string): AsyncIterable<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    yield chunk;
  }
}

/** Which of the series, and maybe others, have samples in the span. */
export async function seriesInHour(
  connection: DuckDBConnection,
  { part, span, series }: Source,
  { column, isWide }: { readonly column: string; readonly isWide: boolean },
): Promise<readonly SeriesId[]> {
  const result = await connection.run(
    `SELECT DISTINCT series FROM ${sourceOf(part)} WHERE ms BETWEEN ${span.fromMs} AND ${span.toMs}
     ${isWide ? `AND NOT isnan(${doubleOf(part, column)})` : ""} AND ${inSpans(spansOf(series))}`,
  );
  return (await result.getRows()).map(([id]) => Number(id));
}

function int32({ buffer, byteOffset, byteLength }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

function float64({ buffer, byteOffset, byteLength }: Uint8Array): Float64Array {
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}
