import type { DuckDBConnection } from "@duckdb/node-api";
import type { FilePart } from "./parts.ts";
import { HOUR_MS } from "./row-buffer.ts";
import type { SeriesSpan } from "./series-ranges.ts";
import { NAN, presentOf, sourceOf } from "./sorted-rows.ts";
import { isMean } from "./tiers.ts";

/** A file, and which of its rows are meant. */
export interface FileRows {
  readonly file: FilePart;
  /** Hours whose rows are left out. */
  readonly without?: ReadonlySet<number> | undefined;
}

/** Rows of files as SQL, a value that is absent null. Times count from the beginning of `hour`. */
export function rowsFrom(
  files: readonly FileRows[],
  { columns, span, hour }: { readonly columns: readonly string[]; readonly span: SeriesSpan; readonly hour: number },
): string {
  const selects = files.map(({ file, without }) => {
    const values = columns.map((column) => `${presentOf(file, column)} AS "${column}"`);
    const hours = [...(without ?? [])].map((one) => one - file.hour);
    const others = hours.length === 0 ? "" : `AND ms // ${HOUR_MS} NOT IN (${hours.join(", ")})`;
    return `SELECT series, ms + ${(file.hour - hour) * HOUR_MS} AS ms, ${values.join(", ")} FROM ${sourceOf(file)}
      WHERE series BETWEEN ${span.first} AND ${span.last} ${others}`;
  });
  return selects.join(" UNION ALL ");
}

/**
 * Rows of a wide table, one of each series and bucket, and more where fields came last at times of their own: a field has its value
 * at the time it came last. Of gauges that is their mean, to seven digits, unless they did not change.
 */
export async function wideRollup(
  connection: DuckDBConnection,
  rows: string,
  {
    table,
    columns,
    bucketMs,
  }: { readonly table: string; readonly columns: readonly string[]; readonly bucketMs: number },
): Promise<string> {
  const isRegular = await areAllOrNothing(connection, rows, columns);
  const values = columns.map((column) => `${isMean(table, column) ? meanOf(column) : lastOf(column)} AS "${column}"`);
  const group = `FROM (${rows}) GROUP BY series, ms // ${bucketMs}`;
  if (isRegular) return `SELECT series, max(ms) AS ms, ${values.join(", ")} ${group}`;
  const times = columns.map((column, place) => `max(CASE WHEN "${column}" IS NOT NULL THEN ms END) AS t${place}`);
  const all = columns.map((_, place) => `t${place}`);
  const atTheirTime = columns.map((column, place) => `CASE WHEN t${place} = ms THEN "${column}" END AS "${column}"`);
  return `SELECT series, ms, ${atTheirTime.join(", ")} FROM (
    SELECT *, unnest(list_distinct([${all.join(", ")}])) AS ms FROM (SELECT series, ${[...values, ...times].join(", ")} ${group}))`;
}

/**
 * Rows of a narrow table: of each series and bucket the last number, and a NaN that came after it, which may say that the series
 * ended.
 */
export function narrowRollup(rows: string, bucketMs: number): string {
  const isNumber = "FILTER (NOT isnan(value))";
  return `SELECT series, ms, value FROM (
    SELECT series, unnest([{'ms': t, 'value': v}, {'ms': CASE WHEN n > t OR t IS NULL THEN n END, 'value': e}], recursive := true) FROM (
      SELECT series, max(ms) ${isNumber} AS t, arg_max(value, ms) ${isNumber} AS v,
        max(ms) FILTER (isnan(value)) AS n, arg_max(value, ms) FILTER (isnan(value)) AS e
      FROM (${rows}) GROUP BY series, ms // ${bucketMs})) WHERE ms IS NOT NULL`;
}

/** Whether each column has a value in every row or in none: then all came at the same times. */
async function areAllOrNothing(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
): Promise<boolean> {
  const counts = columns.map((column) => `count("${column}")`);
  const counted = await connection.runAndReadAll(`SELECT count(*), ${counts.join(", ")} FROM (${rows})`);
  const [all, ...present] = (counted.getRows()[0] ?? []).map(Number);
  return present.every((count) => count === 0 || count === all);
}

function lastOf(column: string): string {
  return `arg_max("${column}", ms)`;
}

/** More digits than a float has would take most of the room, and say nothing. */
function meanOf(column: string): string {
  const [least, most] = [`min("${column}")`, `max("${column}")`];
  return `CASE WHEN ${least} = ${most} THEN ${least} ELSE coalesce(CAST(TRY_CAST(avg("${column}") AS FLOAT) AS DOUBLE), avg("${column}")) END`;
}

/** As it is kept: a value that is absent is NaN in a wide table. */
export function absentAsNan(rows: string, columns: readonly string[]): string {
  return `SELECT series, ms, ${columns.map((column) => `coalesce("${column}", ${NAN}) AS "${column}"`).join(", ")} FROM (${rows})`;
}
