import { type DuckDBConnection, INTEGER, LIST, listValue } from "@duckdb/node-api";
import { HOUR_MS, tableOf } from "./metrics-database.ts";
import type { SeriesId } from "./metrics-series-index.ts";

/** The span as milliseconds into an hour, both ends included. */
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

/** Calls `visit` for every sample by series and time; of samples with one time the last to arrive comes last. */
export async function readHour(
  connection: DuckDBConnection,
  span: HourSpan,
  series: readonly SeriesId[],
  visit: (series: SeriesId, atMs: number, value: number) => void,
): Promise<void> {
  const sql: FilteredSql = (filter) => `SELECT series, ms, value FROM ${tableOf(span.hour)}
    WHERE ms BETWEEN ${span.fromMs} AND ${span.toMs} AND ${filter} ORDER BY series, ms, rowid`;
  const result = await runFiltered(connection, sql, series);
  const base = span.hour * HOUR_MS;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const [ids, times, values] = [chunk.getColumnVector(0), chunk.getColumnVector(1), chunk.getColumnVector(2)];
    for (let row = 0; row < chunk.rowCount; row++) {
      visit(Number(ids.getItem(row)), base + Number(times.getItem(row)), Number(values.getItem(row)));
    }
  }
}

/** Which of the series have samples in the span. */
export async function seriesInHour(
  connection: DuckDBConnection,
  span: HourSpan,
  series: readonly SeriesId[],
): Promise<SeriesId[]> {
  const sql: FilteredSql = (filter) => `SELECT DISTINCT series FROM ${tableOf(span.hour)}
    WHERE ms BETWEEN ${span.fromMs} AND ${span.toMs} AND ${filter}`;
  const result = await runFiltered(connection, sql, series);
  return (await result.getRows()).map(([id]) => Number(id));
}

/** A short list is written out, so that the engine can skip row groups by it; a long one is joined. */
async function runFiltered(connection: DuckDBConnection, sql: FilteredSql, series: readonly SeriesId[]) {
  if (series.length <= 1_000) return connection.stream(sql(`series IN (${series.join(",")})`));
  return connection.stream(sql("series IN (SELECT unnest($1))"), [listValue([...series])], [LIST(INTEGER)]);
}

type FilteredSql = (filter: string) => string;
