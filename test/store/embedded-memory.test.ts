import { statSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { silentLog } from "../../core/log.ts";
import { createDuckDbDatabase } from "../../store/embedded/duckdb-database.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { openHistory } from "../../store/history/history-store.ts";
import { migrate, newHistory } from "../../store/history/schema.ts";
import { sql } from "../../store/sql-text.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { eth0Revision } from "./fixtures/eth0-revision.ts";

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

test("appending and committing without memory is refused with what to do about it, and goes on with a file opened anew", async () => {
  const { file, database } = await openFile();
  await migrate(database, [newHistory(database)], "here");
  const store = await openHistory(database, {
    log: silentLog,
    sealing: { tailChanges: 100_000, blockChanges: 256 },
  });
  for (let revision = 1; revision <= 50; revision++) await store.append([eth0Revision(revision)]);
  await file.use("read", (connection) => squeeze(connection, 2_000));
  const { changes, ...revision } = eth0Revision(51);
  const [first] = changes;
  if (first?.kind !== "update") throw new TypeError("an update");
  const large = Array.from({ length: 4_000 }, (_, n) => ({ ...first, after: { note: `${n}${"y".repeat(1_000)}` } }));
  const refusals: unknown[] = [];
  // Every file that is opened has the memory it was given: nothing of what was squeezed is left.
  await expect(store.append([{ ...revision, changes: large }]).catch((error) => refusals.push(error))).resolves.toBe(1);
  expect(refusals).toEqual([
    expect.objectContaining({ code: "store.out_of_memory", hint: expect.stringContaining("memory_megabytes") }),
  ]);
  await store.append([{ ...revision, changes: large }]);
  expect(await store.lastRevision("c")).toBe(51);
});

/** Leaves the database hardly more memory than it holds, as one that has lost some has. */
async function squeeze(connection: DuckDBConnection, leftKilobytes: number): Promise<void> {
  await connection.run("SET temp_directory = ''");
  for (let kilobytes = 60_000; kilobytes > 100; kilobytes = Math.floor(kilobytes * 0.97)) {
    try {
      await connection.run(`SET memory_limit = '${kilobytes}KB'`);
    } catch {
      await connection.run(`SET memory_limit = '${kilobytes + leftKilobytes}KB'`);
      return;
    }
  }
}

test("a sealing gives the room of what it took away back", async () => {
  const { database } = await openFile();
  await migrate(database, [newHistory(database)], "here");
  let reclaims = 0;
  const counting = { ...database, reclaim: async () => void reclaims++ };
  const store = await openHistory(counting, { log: silentLog, sealing: { tailChanges: 4, blockChanges: 2 } });
  for (let revision = 1; revision <= 4; revision++) await store.append([eth0Revision(revision)]);
  await store.sealed();
  expect(reclaims).toBe(1);
  await store.retain("c", { before: epochMsOf(100) });
  expect(reclaims).toBe(2);
});

test("that it cannot be given back is no failure of whoever took it away", async () => {
  const { database } = await openFile();
  await migrate(database, [newHistory(database)], "here");
  const failing = { ...database, reclaim: () => Promise.reject(new Error("no room to make room")) };
  const store = await openHistory(failing, { log: silentLog, sealing: { tailChanges: 4, blockChanges: 2 } });
  for (let revision = 1; revision <= 4; revision++) await store.append([eth0Revision(revision)]);
  await store.sealed();
  await store.retain("c", { before: epochMsOf(100) });
  expect(await store.beginsAt("c")).toBe(100);
});
