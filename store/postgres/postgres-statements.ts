import { setImmediate as nextTurn } from "node:timers/promises";
import type { SqlCell, SqlReader, SqlRow, SqlTable, SqlType, SqlWriter } from "../sql-database.ts";
import { type Sql, sqlText } from "../sql-text.ts";
import { arrayItem, cellBytes, storableText } from "./postgres-cells.ts";
import type { PostgresSession, SessionQuery } from "./postgres-session.ts";

/** A chunk that is read or written takes about this much at most, unless a single row is larger. */
const CHUNK_BYTES = 1_000_000;
const MAX_CHUNK_ROWS = 2_000;
/** Until the size of a row is known. */
const FIRST_CHUNK_ROWS = 128;

/** One is open at a time in a transaction. */
const CURSOR = "streamed";

const ARRAYS: { readonly [type in SqlType]: string } = {
  text: "text[]",
  whole: "bigint[]",
  small: "integer[]",
  blob: "bytea[]",
};

export function createReader(session: PostgresSession): SqlReader {
  return {
    rows: async (query) => (await session.ask(queryOf(query))).rows,
    stream: (query) => stream(session, query),
  };
}

export function createWriter(session: PostgresSession): SqlWriter {
  return {
    ...createReader(session),
    execute: async (statement) => {
      await session.ask(queryOf(statement));
    },
    append: (table, rows) => append(session, table, rows),
  };
}

async function* stream(session: PostgresSession, query: Sql): AsyncGenerator<readonly SqlRow[]> {
  const { text, values } = queryOf(query);
  await session.ask({ text: `DECLARE ${CURSOR} NO SCROLL CURSOR FOR ${text}`, values });
  let asked = FIRST_CHUNK_ROWS;
  try {
    for (;;) {
      const { rows } = await session.ask({ text: `FETCH FORWARD ${asked} FROM ${CURSOR}` });
      if (rows.length > 0) yield rows;
      if (rows.length < asked) break;
      asked = rowsPerChunk(rows);
    }
  } finally {
    // After an error the transaction answers nothing any more; its end closes the cursor as well.
    if (session.isInOpenTransaction) await session.ask({ text: `CLOSE ${CURSOR}` });
  }
}

async function append(session: PostgresSession, table: SqlTable, rows: Iterable<readonly SqlCell[]>): Promise<void> {
  const arrays = table.columns.map(({ type }, index) => `CAST($${index + 1} AS ${ARRAYS[type]})`);
  const columns = table.columns.map(({ name }) => name).join(", ");
  const text = `INSERT INTO ${table.name} (${columns}) SELECT * FROM unnest(${arrays.join(", ")})`;
  for (const chunk of chunksOf(rows)) {
    const values = table.columns.map((_, index) => chunk.map((row) => arrayItem(row[index])));
    await session.ask({ text, values, name: `append ${table.name}` });
    await nextTurn();
  }
}

function* chunksOf(rows: Iterable<readonly SqlCell[]>): Generator<readonly (readonly SqlCell[])[]> {
  let chunk: (readonly SqlCell[])[] = [];
  let bytes = 0;
  for (const row of rows) {
    chunk.push(row);
    for (const cell of row) bytes += cellBytes(cell);
    if (bytes < CHUNK_BYTES && chunk.length < MAX_CHUNK_ROWS) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

function queryOf(query: Sql): SessionQuery {
  const { text, values } = sqlText(query);
  return { text, values: values.map((value) => (typeof value === "string" ? storableText(value) : value)) };
}

function rowsPerChunk(rows: readonly SqlRow[]): number {
  let bytes = 0;
  for (const row of rows) for (const cell of row) bytes += cellBytes(cell);
  const perRow = Math.max(1, bytes / Math.max(1, rows.length));
  return Math.min(MAX_CHUNK_ROWS, Math.max(1, Math.floor(CHUNK_BYTES / perRow)));
}
