import { setImmediate } from "node:timers/promises";
import { type DuckDBAppender, DuckDBBlobValue, type DuckDBConnection } from "@duckdb/node-api";
import type { SqlCell, SqlRow, SqlTable, SqlType } from "../sql-database.ts";
import { type Sql, sqlText } from "../sql-text.ts";

/** Rows appended in one turn of the event loop. */
const ROWS_PER_TURN = 500;

/** Rows chunk by chunk, so that the event loop turns between chunks of about 2,000 rows. */
export async function* chunksOf(connection: DuckDBConnection, query: Sql): AsyncIterable<readonly SqlRow[]> {
  const { text, values } = sqlText(query);
  const result = await connection.stream(text, [...values]);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows().map(cells);
  }
}

/** All rows at once: for answers known to be short. */
export async function rowsOf(connection: DuckDBConnection, query: Sql): Promise<readonly SqlRow[]> {
  const { text, values } = sqlText(query);
  return (await connection.runAndReadAll(text, [...values])).getRows().map(cells);
}

export async function execute(connection: DuckDBConnection, statement: Sql): Promise<void> {
  const { text, values } = sqlText(statement);
  await connection.run(text, [...values]);
}

/** Committed with the transaction. */
export async function appendRows(
  connection: DuckDBConnection,
  table: SqlTable,
  rows: Iterable<readonly SqlCell[]>,
): Promise<void> {
  let appender: DuckDBAppender | undefined;
  let count = 0;
  for (const row of rows) {
    appender ??= await connection.createAppender(table.name);
    for (const [index, cell] of row.entries()) appendCell(appender, cell, table.columns[index]?.type ?? "text");
    appender.endRow();
    count++;
    if (count % ROWS_PER_TURN !== 0) continue;
    appender.flushSync();
    await setImmediate();
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
