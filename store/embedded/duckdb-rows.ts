import { setImmediate } from "node:timers/promises";
import { type DuckDBAppender, type DuckDBConnection, VARCHAR } from "@duckdb/node-api";
import { type Sql, sqlText } from "../sql-text.ts";
import type { Row, RowCell } from "./topology-rows.ts";

/** Rows appended in one turn of the event loop. */
const ROWS_PER_TURN = 1_000;

/** Rows chunk by chunk, so that the event loop turns between chunks of about 2,000 rows. */
export async function* chunksOf(connection: DuckDBConnection, query: Sql): AsyncIterable<readonly Row[]> {
  const { text, values } = sqlText(query);
  const result = await connection.stream(text, [...values]);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getRows();
  }
}

/** All rows at once: for answers known to be short. */
export async function rowsOf(connection: DuckDBConnection, query: Sql): Promise<readonly Row[]> {
  const { text, values } = sqlText(query);
  return (await connection.runAndReadAll(text, [...values])).getRows();
}

export async function execute(connection: DuckDBConnection, statement: Sql): Promise<void> {
  const { text, values } = sqlText(statement);
  await connection.run(text, [...values]);
}

/** A table's columns by position; numbers go into BIGINT, undefined becomes NULL. Committed with the transaction. */
export async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: Iterable<readonly RowCell[]>,
): Promise<void> {
  const appender = await connection.createAppender(table);
  let count = 0;
  for (const row of rows) {
    for (const cell of row) appendCell(appender, cell);
    appender.endRow();
    count++;
    if (count % ROWS_PER_TURN === 0) await setImmediate();
  }
  appender.closeSync();
}

function appendCell(appender: DuckDBAppender, cell: RowCell): void {
  switch (typeof cell) {
    case "string":
      appender.appendValue(cell, VARCHAR);
      break;
    case "bigint":
      appender.appendBigInt(cell);
      break;
    case "number":
      appender.appendInteger(cell);
      break;
    case "undefined":
      appender.appendNull();
  }
}
