import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { type HistoryStore, openHistory } from "../../../store/history/history-store.ts";
import type { SqlDatabase, SqlWriter } from "../../../store/sql-database.ts";
import { collected } from "../../../topology/model/topology.ts";
import { emptyHistory } from "../fixtures/empty-history.ts";
import { historyArbitrary, naiveCounts, naiveLog, naiveStateAt } from "../topology-history.ts";

const ms = epochMsOf;
const SEALING = { tailChanges: 8, blockChanges: 3, keyframes: { leastElements: 1, segments: 3 } };

/** A database whose background work breaks off at its n-th statement, as if the process had been killed there. */
function breakingOff(database: SqlDatabase, statement: number): SqlDatabase {
  let left = statement;
  const step = <T>(work: () => Promise<T>): Promise<T> => (left-- > 0 ? work() : Promise.reject(new Error("killed")));
  const breaking = (writer: SqlWriter): SqlWriter => ({
    rows: (query) => step(() => writer.rows(query)),
    stream: (query) => writer.stream(query),
    execute: (query) => step(() => writer.execute(query)),
    append: (table, rows) => step(() => writer.append(table, rows)),
  });
  return {
    ...database,
    write: (lane, work) => database.write(lane, (writer) => work(lane === "write" ? writer : breaking(writer))),
  };
}

const [revisions = []] = fc.sample(
  historyArbitrary.filter(({ length }) => length > 25),
  { numRuns: 1, seed: 5 },
);
const before = ms(1_130);
const STATEMENTS = [0, 1, 2, 4, 6, 9, 13, 18, 24, 31, 40, 52, 67, 84] as const;

describe("sealing and retention lose nothing and double nothing", () => {
  test.each(STATEMENTS)("when they are cut short at statement %i", async (statement) => {
    const database = await emptyHistory();
    const killed = await openHistory(breakingOff(database, statement), { log: silentLog, sealing: SEALING });
    for (const revision of revisions) await killed.append([revision]);
    await killed.sealed();
    const isRetained = await killed.retain("c", { before }).then(
      () => true,
      () => false,
    );
    const opened = await openHistory(database, { log: silentLog, sealing: SEALING });
    await opened.sealed();
    if (isRetained) expect(await opened.beginsAt("c")).toBe(before);
    else await expectWhole(opened, 0);
    await opened.retain("c", { before });
    await expectWhole(opened, before);
  });

  async function expectWhole(store: HistoryStore, from: number): Promise<void> {
    for (const at of [ms(Math.max(from, 1_140)), ms(1_190), ms(9_999)]) {
      expect(await collected(store.stateAt("c", { at }))).toEqual(naiveStateAt(revisions, at));
      expect(await store.countsAt("c", { at })).toEqual(naiveCounts(revisions, at));
    }
    const { changes } = await store.changes({ cluster: "c", from: ms(0), to: ms(9_999), limit: 10_000 });
    expect(changes).toEqual(naiveLog(revisions).filter(({ at }) => at > from));
  }
});
