import type { DuckDBConnection } from "@duckdb/node-api";
import { isDurableAllTheSame } from "../duckdb.ts";
import type { DuckDbFile } from "../duckdb-file.ts";

/** A failure leaves the connection in its transaction; `DuckDbFile` closes it then, which rolls it back. */
export function inTransaction(file: DuckDbFile, work: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  return file.use("write", async (connection) => {
    await connection.run("BEGIN");
    await work(connection);
    try {
      await connection.run("COMMIT");
    } catch (cause) {
      if (!isDurableAllTheSame(cause)) throw cause;
      file.reopenBeforeNextUse();
    }
  });
}
