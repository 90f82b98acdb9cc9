import type { DuckDBConnection } from "@duckdb/node-api";
import { type Part, rowsName } from "./parts.ts";
import type { SeriesSpan } from "./series-ranges.ts";
import { NARROW_TABLE } from "./shapes.ts";

const SAMPLE_ROWS = 10_000;
/** Numbers after the point that are tried; more are kept as doubles. */
const DECIMALS = [1, 2, 3] as const;
/** Below it, a decimal of so many digits comes back as the double it was: this is checked as well, number by number. */
const MAX_DIGITS = 15;

/**
 * The rows of some parts as SQL, each with its place in the order of arrival (`arrival`, `place`). A column that a part lacks, or
 * has no value in, is NaN.
 */
export function rowsOf(parts: readonly Part[], columns: readonly string[], { first, last }: SeriesSpan): string {
  const where = `WHERE series BETWEEN ${first} AND ${last}`;
  const selects = parts.map((part, arrival) => {
    const values = columns.map((column) => `${doubleOf(part, column)} AS "${column}"`);
    const selected = ["series", "ms", ...values, `${arrival} AS arrival`, `${placeOf(part)} AS place`];
    return `SELECT ${selected.join(", ")} FROM ${sourceOf(part)} ${where}`;
  });
  return selects.join(" UNION ALL ");
}

/** What a part is called where SQL reads from. */
export function sourceOf(part: Part): string {
  return part.kind === "rows"
    ? rowsName(part)
    : `read_parquet('${part.path.replaceAll("'", "''")}', file_row_number = true)`;
}

/** A value of a part as a double. */
export function doubleOf(part: Part, column: string): string {
  if (part.kind === "rows") return `"${column}"`;
  return part.columns.includes(column) ? `coalesce(CAST("${column}" AS DOUBLE), ${NAN})` : NAN;
}

/** A value of a part as a double; null when it is absent. (In a narrow table none is, and a NaN is a value.) */
export function presentOf(part: Part, column: string): string {
  if (part.table === NARROW_TABLE) return doubleOf(part, column);
  if (part.kind === "file" && !part.columns.includes(column)) return "NULL::DOUBLE";
  return `CASE WHEN isnan("${column}") THEN NULL ELSE CAST("${column}" AS DOUBLE) END`;
}

function placeOf(part: Part): string {
  return part.kind === "rows" ? "rowid" : "file_row_number";
}

export const NAN = "'NaN'::DOUBLE";

/**
 * The same rows, each series and time once: of what came for one time, the last value of each column counts.
 * `isWide`: a NaN is an absent value, which takes nothing back.
 */
export function eachOnce(rows: string, columns: readonly string[], isWide: boolean): string {
  const values = columns.map((column) => {
    const filter = isWide ? `FILTER (NOT isnan("${column}"))` : "";
    return `coalesce(last("${column}" ORDER BY arrival, place) ${filter}, ${NAN}) AS "${column}"`;
  });
  return `SELECT series, ms, ${values.join(", ")} FROM (${rows}) GROUP BY series, ms`;
}

/** How many rows there are, and how many of them have a series and time of their own. */
export async function countRows(
  connection: DuckDBConnection,
  rows: string,
): Promise<{ all: number; distinct: number }> {
  const counted = await connection.runAndReadAll(
    `SELECT count(*), count(DISTINCT series::BIGINT * 3600000 + ms) FROM (${rows})`,
  );
  const [all, distinct] = counted.getRows()[0] ?? [];
  return { all: Number(all), distinct: Number(distinct) };
}

/**
 * How each column is kept in a sealed file. Numbers with a point lie as whole numbers of hundredths there, which take half the
 * room, if every single one of them comes back as it was; whole numbers are small as they are.
 */
export async function keptAs(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
): Promise<readonly string[]> {
  const isWhole = await eachHolds(connection, rows, columns, (column) => `"${column}" = trunc("${column}")`);
  const kept = columns.map((column) => `"${column}"`);
  let left = columns.filter((_, place) => isWhole[place] === false);
  for (const digits of DECIMALS) {
    // Most columns show in a few rows that they are none of these.
    const maybe = await those(connection, `${rows} LIMIT ${SAMPLE_ROWS}`, left, digits);
    const sure = await those(connection, rows, maybe, digits);
    for (const column of sure) kept[columns.indexOf(column)] = asDecimal(column, digits);
    left = left.filter((column) => !sure.includes(column));
  }
  return kept;
}

/** The columns all of whose numbers come back from decimals of so many digits. */
async function those(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
  digits: number,
): Promise<readonly string[]> {
  const holds = await eachHolds(connection, rows, columns, (column) => comesBack(column, digits));
  return columns.filter((_, place) => holds[place] === true);
}

async function eachHolds(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly string[],
  test: (column: string) => string,
): Promise<readonly unknown[]> {
  if (columns.length === 0) return [];
  const tests = columns.map((column) => `bool_and(isnan("${column}") OR ${test(column)})`);
  return (await connection.runAndReadAll(`SELECT ${tests.join(", ")} FROM (${rows})`)).getRows()[0] ?? [];
}

function asDecimal(column: string, digits: number): string {
  return `CASE WHEN isnan("${column}") THEN NULL ELSE CAST("${column}" AS ${decimal(digits)}) END AS "${column}"`;
}

function comesBack(column: string, digits: number): string {
  const isSmall = `abs("${column}") < 1e${MAX_DIGITS - digits}`;
  // Else a minus zero came back as zero.
  const isNoZero = `("${column}" <> 0 OR signbit("${column}") = false)`;
  return `(${isSmall} AND ${isNoZero} AND CAST(TRY_CAST("${column}" AS ${decimal(digits)}) AS DOUBLE) = "${column}")`;
}

function decimal(digits: number): string {
  return `DECIMAL(18,${digits})`;
}
