import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { createDuckDbDatabase } from "../../../store/embedded/duckdb-database.ts";
import { DuckDbFile } from "../../../store/embedded/duckdb-file.ts";
import { openHistory } from "../../../store/history/history-store.ts";
import { migrate, newHistory } from "../../../store/history/schema.ts";
import type { SqlDatabase } from "../../../store/sql-database.ts";
import { collected } from "../../../topology/model/topology.ts";
import { historyArbitrary, naiveLog, naiveStateAt } from "../topology-history.ts";

const ms = epochMsOf;
const [revisions = []] = fc.sample(
  historyArbitrary.filter(({ length }) => length > 25),
  { numRuns: 1, seed: 5 },
);

/** Questions wait here, after they have learned where history lies and before their transaction begins. */
function held(database: SqlDatabase, gate: { open: Promise<void> }): SqlDatabase {
  return {
    ...database,
    read: async (lane, work) => {
      if (lane === "read") await gate.open;
      return database.read(lane, work);
    },
  };
}

test("a question that waited while history was dropped is answered from what is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-dropping-"));
  const file = await DuckDbFile.open(join(folder, "topology.duckdb"), { threads: 1, memoryMegabytes: 256 });
  const database = createDuckDbDatabase(file, silentLog);
  const gate = { open: Promise.resolve() };
  try {
    await migrate(database, [newHistory(database)], "here");
    // With few keyframes, so that the blocks that are dropped are needed until others are written.
    const sealing = { tailChanges: 8, blockChanges: 3 };
    const store = await openHistory(held(database, gate), { log: silentLog, sealing });
    for (const revision of revisions) await store.append([revision]);
    await store.sealed();

    const { promise, resolve } = Promise.withResolvers<void>();
    gate.open = promise;
    const [from, to] = [ms(1_150), ms(9_999)];
    const asked = Promise.all([
      collected(store.stateAt("c", { at: ms(1_190) })),
      collected(store.latest("c")),
      store.changes({ cluster: "c", from, to, limit: 10_000 }),
      store.netChanges({ cluster: "c", from, to, limit: 10_000 }),
    ]);
    await store.retain("c", { before: ms(1_130) });
    resolve();
    const [state, latest, { changes }, net] = await asked;
    expect(state).toEqual(naiveStateAt(revisions, ms(1_190)));
    expect(latest).toEqual(naiveStateAt(revisions, undefined));
    expect(changes).toEqual(naiveLog(revisions).filter(({ at }) => at > from));
    expect(net.length).toBeGreaterThan(0);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
});
