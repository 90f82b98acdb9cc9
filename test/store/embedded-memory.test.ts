import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { silentLog } from "../../core/log.ts";
import { createDuckDbDatabase } from "../../store/embedded/duckdb-database.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { sql } from "../../store/sql-text.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

async function openFile(memoryMegabytes = 256) {
  const path = join(temporaryFolder(), "test.duckdb");
  const file = await DuckDbFile.open(path, { threads: 1, memoryMegabytes, rowGroupRows: 2_048 });
  onTestFinished(() => file.close());
  return { path, file, database: createDuckDbDatabase(file, silentLog) };
}

test("the room of rows deleted beside work that never pauses is used again", async () => {
  const { path, database } = await openFile();
  await database.write("write", (writer) => writer.execute(sql`CREATE TABLE t (n BIGINT, body VARCHAR)`));
  let isOver = false;
  // Somebody always reads, as agents and pages do.
  const reading = (async () => {
    while (!isOver) await database.read("read", (reader) => reader.rows(sql`SELECT count(*) FROM t WHERE n = 1`));
  })();
  const turn = async (first: number) => {
    await database.write("write", (writer) =>
      writer.execute(sql`INSERT INTO t SELECT i, md5(CAST(i AS VARCHAR)) || md5(CAST(i + 1 AS VARCHAR))
        FROM range(${first}, ${first + 40_000}) AS r(i)`),
    );
    await database.write("background", (writer) => writer.execute(sql`DELETE FROM t WHERE n < ${first}`));
    await database.reclaim();
    return statSync(path).size;
  };
  await turn(0);
  const second = await turn(40_000);
  for (let round = 2; round < 10; round++) await turn(round * 40_000);
  const last = await turn(400_000);
  isOver = true;
  await reading;
  expect(last).toBeLessThan(2 * second);
});

test("work that takes longer than the patience is not waited for, and others go on", async () => {
  const { file } = await openFile();
  const long = Promise.withResolvers<void>();
  const holding = file.use("read", () => long.promise);
  expect(await file.checkpointAlone(20)).toBe(false);
  const [one] = (await file.use("read", (connection) => connection.runAndReadAll("SELECT 1"))).getRows();
  expect(one).toEqual([1]);
  long.resolve();
  await holding;
  expect(await file.checkpointAlone(1_000)).toBe(true);
});

test("a write without memory is refused with what to do about it, and the next one works", async () => {
  const { file, database } = await openFile(64);
  await database.write("write", (writer) => writer.execute(sql`CREATE TABLE t (n BIGINT)`));
  await expect(
    file.use("write", async (connection) => {
      await connection.run("SET temp_directory = ''");
      await connection.run("SELECT list(i) FROM range(100000000) AS r(i)");
    }),
  ).rejects.toMatchObject({ code: "store.out_of_memory", hint: expect.stringContaining("memory_megabytes") });
  await database.write("write", (writer) => writer.execute(sql`INSERT INTO t VALUES (${7})`));
  expect(await database.read("read", (reader) => reader.rows(sql`SELECT n FROM t`))).toEqual([[7n]]);
});
