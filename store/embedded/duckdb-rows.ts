import { setImmediate } from "node:timers/promises";
import { type DuckDBAppender, DuckDBBlobValue, type DuckDBConnection, type DuckDBValue } from "@duckdb/node-api";
import type { SqlCell, SqlRow, SqlTable, SqlType } from "../sql-database.ts";
import { type Sql, sqlText } from "../sql-text.ts";

/** Appended in one turn of the event loop. */
const ROWS_PER_APPEND = 250;
const BYTES_PER_APPEND = 256 * 1_024;
/** Rows of a table with a key that go into one statement. */
const ROWS_PER_INSERT = 32;
/** Rows read in one turn: each text in them costs some microseconds, and DuckDB's chunks have 2,048 rows. */
const ROWS_PER_READ = 256;

/** Rows slice by slice; the event loop turns between. */
export async function* chunksOf(connection: DuckDBConnection, query: Sql): AsyncIterable<readonly SqlRow[]> {
  const { text, values } = sqlText(query);
  const result = await connection.stream(text, [...values]);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const { rowCount } = chunk;
    for (let first = 0; first < rowCount; first += ROWS_PER_READ) {
      if (first > 0) await setImmediate();
      const length = Math.min(ROWS_PER_READ, rowCount - first);
      yield Array.from({ length }, (_, index) => cells(chunk.getRowValues(first + index)));
    }
  }
}

/** All rows at once: for answers known to be short. */
export async function rowsOf(connection: DuckDBConnection, query: Sql): Promise<readonly SqlRow[]> {
  const { text, values } = sqlText(query);
  return (await connection.runAndReadAll(text, boundTo(values))).getRows().map(cells);
}

export async function execute(connection: DuckDBConnection, statement: Sql): Promise<void> {
  const { text, values } = sqlText(statement);
  await connection.run(text, boundTo(values));
}

/** With nothing bound, as where a transaction begins and ends, a statement is one call of the engine in place of three. */
function boundTo<T>(values: readonly T[]): T[] | undefined {
  return values.length === 0 ? undefined : [...values];
}

/** Committed with the transaction. */
export function appendRows(
  connection: DuckDBConnection,
  table: SqlTable,
  rows: Iterable<readonly SqlCell[]>,
): Promise<void> {
  return table.key === undefined ? appendedRows(connection, table, rows) : insertedRows(connection, table, rows);
}

/** An appender works on the calling thread: to look a key up there, and to wait for who has its index, would hold the event loop. */
async function insertedRows(
  connection: DuckDBConnection,
  { name, columns }: SqlTable,
  rows: Iterable<readonly SqlCell[]>,
): Promise<void> {
  const insert = async (some: readonly (readonly SqlCell[])[]) => {
    const places = some.map((_, row) =>
      columns.map((__, column) => `$${row * columns.length + column + 1}`).join(", "),
    );
    await connection.run(
      `INSERT INTO ${name} VALUES (${places.join("), (")})`,
      some.flatMap((row) => row.map(boundValue)),
    );
  };
  let waiting: (readonly SqlCell[])[] = [];
  for (const row of rows) {
    waiting.push(row);
    if (waiting.length < ROWS_PER_INSERT) continue;
    await insert(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await insert(waiting);
}

function boundValue(cell: SqlCell): DuckDBValue {
  if (cell === undefined) return null;
  if (typeof cell === "object") return new DuckDBBlobValue(cell);
  return typeof cell === "number" ? BigInt(cell) : cell;
}

async function appendedRows(
  connection: DuckDBConnection,
  table: SqlTable,
  rows: Iterable<readonly SqlCell[]>,
): Promise<void> {
  let appender: DuckDBAppender | undefined;
  let [count, bytes] = [0, 0];
  for (const row of rows) {
    appender ??= await connection.createAppender(table.name);
    for (const [index, cell] of row.entries()) {
      appendCell(appender, cell, table.columns[index]?.type ?? "text");
      if (typeof cell === "object") bytes += cell.length;
    }
    appender.endRow();
    count++;
    if (count < ROWS_PER_APPEND && bytes < BYTES_PER_APPEND) continue;
    appender.flushSync();
    await setImmediate();
    [count, bytes] = [0, 0];
  }
  appender?.closeSync();
}

function appendCell(appender: DuckDBAppender, cell: SqlCell, type: SqlType): void {
  if (cell === undefined) appender.appendNull();
  else if (typeof cell === "string") appender.appendVarchar(cell);
  else if (typeof cell !== "number") appender.appendBlob(cell);
  else if (type === "whole") appender.appendBigInt(BigInt(cell));
  else appender.appendInteger(cell);
}

/** Blobs come in a wrapper of the driver's. */
function cells(row: readonly unknown[]): SqlRow {
  return row.map((cell) => (cell instanceof DuckDBBlobValue ? cell.bytes : cell));
}
