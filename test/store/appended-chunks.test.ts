import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, expect, test } from "vitest";
import { appendBuffer } from "../../store/embedded/metrics/appended-chunks.ts";
import { HOUR_MS, RowBuffer } from "../../store/embedded/metrics/row-buffer.ts";

let instance: DuckDBInstance | undefined;
afterEach(() => instance?.closeSync());

test("rows that the engine does not take are told with the reason, within a transaction too", async () => {
  instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run("CREATE TABLE rows_of_an_hour (series INTEGER, ms INTEGER, value DOUBLE, UNIQUE (series, ms))");
  const buffer = new RowBuffer({ table: "rows_of_an_hour", columns: ["value"] }, 0);
  for (const value of [1, 2]) buffer.put(buffer.add(7 as never, HOUR_MS / 2), 0, value);
  await connection.run("BEGIN TRANSACTION");
  await expect(appendBuffer(connection, "rows_of_an_hour", buffer)).rejects.toThrow(/duplicate key/i);
  await connection.run("ROLLBACK");
});
