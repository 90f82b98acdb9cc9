import type { DuckDBConnection } from "@duckdb/node-api";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { SqlDatabase, SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { isDurableAllTheSame } from "./duckdb.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { appendRows, chunksOf, execute, rowsOf } from "./duckdb-rows.ts";

/** What is packed already: to try compressing it again takes time, and reading one of 2,048 rows then takes more. */
const BLOB = "BLOB USING COMPRESSION uncompressed";

/** Nobody is to wait long because of somebody's long question. */
const RECLAIM_PATIENCE_MS = 250;

/** The port of a history over an open file. */
export function createDuckDbDatabase(file: DuckDbFile, log: Log): SqlDatabase {
  return {
    // Scans are cheaper than indexes here: rows lie in columns, in the order they came.
    dialect: { types: { text: "VARCHAR", whole: "BIGINT", small: "INTEGER", blob: BLOB }, hasLookups: false },
    read: (lane, work) =>
      file.use(lane, async (connection) => {
        await execute(connection, sql`BEGIN TRANSACTION READ ONLY`);
        const result = await work(readerOn(connection));
        await execute(connection, sql`COMMIT`);
        return result;
      }),
    write: (lane, work) =>
      file.use(lane, async (connection) => {
        await execute(connection, sql`BEGIN`);
        const result = await work(writerOn(connection));
        await commit(connection, file, log);
        return result;
      }),
    reclaim: async () => {
      await file.checkpointAlone(RECLAIM_PATIENCE_MS);
    },
    close: () => file.close(),
  };
}

/** When work throws, the transaction is left open: whoever lent the connection closes it. */
async function commit(connection: DuckDBConnection, file: DuckDbFile, log: Log): Promise<void> {
  try {
    await execute(connection, sql`COMMIT`);
  } catch (cause) {
    if (!isDurableAllTheSame(cause)) throw cause;
    log.warn({ path: file.path, error: messageOf(cause) }, "topology store is opened again");
    file.reopenBeforeNextUse();
  }
}

function readerOn(connection: DuckDBConnection): SqlReader {
  return { rows: (query) => rowsOf(connection, query), stream: (query) => chunksOf(connection, query) };
}

function writerOn(connection: DuckDBConnection): SqlWriter {
  return {
    ...readerOn(connection),
    execute: (statement) => execute(connection, statement),
    append: (table, rows) => appendRows(connection, table, rows),
  };
}
