import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { createDuckDbDatabase } from "../../../store/embedded/duckdb-database.ts";
import { DuckDbFile } from "../../../store/embedded/duckdb-file.ts";
import { openHistory } from "../../../store/history/history-store.ts";
import { migrate, newHistory } from "../../../store/history/schema.ts";
import type { SqlDatabase } from "../../../store/sql-database.ts";
import { eth0Revision } from "../fixtures/eth0-revision.ts";

/** A database that keeps the next commit of appended rows and then says that it failed. */
function losingAnswers(database: SqlDatabase) {
  const state = { losesNext: false };
  const lossy: SqlDatabase = {
    ...database,
    write: async (lane, work) => {
      const result = await database.write(lane, work);
      if (lane !== "write" || !state.losesNext) return result;
      state.losesNext = false;
      throw new Error("the answer was lost");
    },
  };
  return { lossy, state };
}

test.each([
  ["in memory", undefined],
  ["in its table alone", 0],
])("with a tail %s, what is in doubt is neither sealed nor forgotten, and is taken back", async (_, mostHeldBytes) => {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-doubt-"));
  const file = await DuckDbFile.open(join(folder, "topology.duckdb"), { threads: 1, memoryMegabytes: 256 });
  const { lossy, state } = losingAnswers(createDuckDbDatabase(file, silentLog));
  try {
    await migrate(lossy, [newHistory(lossy)], "here");
    const sealing = { tailChanges: 1_000, blockChanges: 3, mostHeldBytes };
    const store = await openHistory(lossy, { log: silentLog, sealing });
    for (let revision = 1; revision <= 3; revision++) await store.append([eth0Revision(revision, `note ${revision}`)]);
    state.losesNext = true;
    await expect(store.append([eth0Revision(4, "lost")])).rejects.toThrow("lost");
    // All of it lies before this moment, the doubtful revision too.
    const before = epochMsOf(10);
    await store.retain("c", { before });
    expect(await store.lastRevisionBy("c", epochMsOf(1_000))).toBe(3);
    const later = epochMsOf(20);
    await store.append([{ ...eth0Revision(4, "again"), at: later, knownAt: later }]);
    const { changes } = await store.changes({ cluster: "c", from: before, to: epochMsOf(1_000), limit: 10 });
    expect(changes.map(({ revision, change }) => [revision, change.kind === "update" && change.after.note])).toEqual([
      [4, "again"],
    ]);
    await store.sealed();
    await store.close();
  } finally {
    await lossy.close();
    rmSync(folder, { recursive: true });
  }
});
