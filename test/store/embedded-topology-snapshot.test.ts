import { afterEach, beforeEach, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { silentLog } from "../../core/log.ts";
import { type HistoryStore, openHistory } from "../../store/history/history-store.ts";
import type { SqlDatabase, SqlReader } from "../../store/sql-database.ts";
import type { Change } from "../../topology/model/change.ts";
import { changedId, subjectOf } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { nic } from "../topology/arbitrary.ts";
import { emptyHistory } from "./fixtures/empty-history.ts";

const ms = epochMsOf;
const [old, young] = [nic("a", "old", { mtu: 1500 }), nic("b", "young")];
const added = (element: Element): Change => ({ kind: "add", element });
const revisionOf = (revision: number, at: number, change: Change): Revision => {
  return { revision, at: ms(at), knownAt: ms(at), cluster: "c", origin: "agent/a", changes: [change] };
};

let store: HistoryStore;
/** Done between the first question of an answer and the rest of it. */
let inBetween: (() => Promise<void>) | undefined;

beforeEach(async () => {
  const database = interrupted(await emptyHistory());
  store = await openHistory(database, { log: silentLog, sealing: { tailChanges: 3, blockChanges: 2 } });
  await store.append([revisionOf(1, 100, added(old)), revisionOf(2, 200, added(young))]);
});
afterEach(() => store.close());

function interrupted(database: SqlDatabase): SqlDatabase {
  const interruptedReader = (reader: SqlReader): SqlReader => ({
    rows: async (query) => {
      const rows = await reader.rows(query);
      const work = inBetween;
      inBetween = undefined;
      await work?.();
      return rows;
    },
    stream: (query) => reader.stream(query),
  });
  return {
    ...database,
    read: (lane, work) => database.read(lane, (reader) => work(lane === "read" ? interruptedReader(reader) : reader)),
  };
}

test("a commit between the two states of a difference does not show an old element as added", async () => {
  inBetween = () =>
    store.append([
      revisionOf(3, 250, {
        kind: "update",
        id: old.id,
        subject: subjectOf(old),
        before: { mtu: 1500 },
        after: { mtu: 9000 },
      }),
    ]);
  const changes = await store.netChanges({ cluster: "c", from: ms(150), to: ms(300), limit: 10 });
  expect(await store.lastRevision("c")).toBe(3);
  expect(changes.map(changedId)).toEqual([young.id]);
});

test("the revision of a moment is that of its state, whatever is committed and sealed meanwhile", async () => {
  inBetween = async () => {
    await store.append([revisionOf(3, 50, added(nic("a", "late")))]);
    await store.sealed();
  };
  const { elements, revision, beginsAt } = await store.momentAt("c", { at: ms(300) });
  const state = await collected(elements);
  expect(await store.lastRevision("c")).toBe(3);
  expect([[...state.keys()].sort(), revision, beginsAt]).toEqual([[old.id, young.id], 2, 100]);
  expect(await store.momentAt("c", { at: ms(300) })).toMatchObject({ revision: 3, beginsAt: 50 });
});

test("chunks that are taken late fit to those taken early", async () => {
  const moment = await store.momentAt("c", { at: ms(1_000) });
  for (let n = 3; n < 10; n++) {
    await store.append([revisionOf(n, 50, added(nic("a", `late${n}`)))]);
    await store.sealed();
  }
  expect([...(await collected(moment.elements)).keys()].sort()).toEqual([old.id, young.id]);
});

test("a question that fails leaves no transaction behind for the next one", async () => {
  const query = { cluster: "c", from: ms(0), to: ms(300) };
  await expect(store.netChanges({ ...query, limit: 1 })).rejects.toMatchObject({ status: 422 });
  expect(await store.netChanges({ ...query, limit: 2 })).toHaveLength(2);
});
