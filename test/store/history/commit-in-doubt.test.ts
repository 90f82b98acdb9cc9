import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { silentLog } from "../../../core/log.ts";
import { type HistoryStore, openHistory } from "../../../store/history/history-store.ts";
import type { SealingSizes } from "../../../store/history/sealer.ts";
import type { SqlDatabase } from "../../../store/sql-database.ts";
import { emptyHistory } from "../fixtures/empty-history.ts";
import { eth0Revision } from "../fixtures/eth0-revision.ts";

/** A database that can keep a commit of appended rows and then say that it failed, and counts what else is done with it. */
class LossyDatabase implements SqlDatabase {
  readonly #inner: SqlDatabase;
  losesNext = false;
  reclaims = 0;
  /** Runs before each read of this lane. */
  beforeBackground: () => Promise<void> = async () => undefined;

  constructor(inner: SqlDatabase) {
    this.#inner = inner;
  }

  get dialect() {
    return this.#inner.dialect;
  }

  async read<T>(...[lane, work]: Parameters<SqlDatabase["read"]>): Promise<T> {
    if (lane === "background") await this.beforeBackground();
    return this.#inner.read(lane, work) as Promise<T>;
  }

  async write<T>(...[lane, work]: Parameters<SqlDatabase["write"]>): Promise<T> {
    const result = (await this.#inner.write(lane, work)) as T;
    if (lane !== "write" || !this.losesNext) return result;
    this.losesNext = false;
    throw new Error("the answer was lost");
  }

  async reclaim(): Promise<void> {
    this.reclaims++;
    await this.#inner.reclaim();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

async function openLossy(sealing: SealingSizes): Promise<{ store: HistoryStore; database: LossyDatabase }> {
  const database = new LossyDatabase(await emptyHistory());
  const store = await openHistory(database, { log: silentLog, sealing });
  onTestFinished(() => store.close());
  return { store, database };
}

async function loseNext(store: HistoryStore, database: LossyDatabase, revision: number): Promise<void> {
  database.losesNext = true;
  await expect(store.append([eth0Revision(revision, "lost")])).rejects.toThrow("lost");
}

async function notes(store: HistoryStore, cluster: string, from: number): Promise<unknown> {
  const { changes } = await store.changes({ cluster, from: epochMsOf(from), to: epochMsOf(1_000), limit: 10 });
  return changes.map(({ revision, change }) => [
    revision,
    change.kind === "update" ? change.after.note : change.element.attributes.note,
  ]);
}

async function noteAt(store: HistoryStore, at: number): Promise<unknown> {
  const elements: Element[] = [];
  for await (const chunk of store.stateAt("c", { at: epochMsOf(at) })) elements.push(...chunk);
  return elements.map(({ attributes }) => attributes.note);
}

test.each([
  ["in memory", undefined],
  ["in its table alone", 0],
])("with a tail %s, retention neither forgets nor writes down what is in doubt", async (_, mostHeldBytes) => {
  const { store, database } = await openLossy({ tailChanges: 1_000, blockChanges: 3, mostHeldBytes });
  for (let revision = 1; revision <= 3; revision++) await store.append([eth0Revision(revision, `note ${revision}`)]);
  const at = epochMsOf(5);
  await store.addSnapshot({ name: "kept", cluster: "c", at, revision: 3, createdAt: at, createdBy: "me", note: "" });
  await loseNext(store, database, 4);
  // All of it lies before this moment, the doubtful revision too.
  const before = epochMsOf(10);
  await store.retain("c", { before });
  expect(await store.lastRevisionBy("c", epochMsOf(1_000))).toBe(3);
  const later = epochMsOf(20);
  await store.append([{ ...eth0Revision(4, "again"), at: later, knownAt: later }]);
  expect(await notes(store, "c", before)).toEqual([[4, "again"]]);
  expect(await noteAt(store, 10)).toEqual(["note 3"]);
  expect(await noteAt(store, 20)).toEqual(["again"]);
  expect(await noteAt(store, 5)).toEqual(["note 3"]);
});

test("a sealing that meets what is in doubt leaves it, and does not try again and again", async () => {
  const { store, database } = await openLossy({ tailChanges: 1, blockChanges: 3, mostHeldBytes: 0 });
  await store.sealed();
  const lost = Promise.withResolvers<void>();
  database.beforeBackground = () => lost.promise;
  await store.append([eth0Revision(1, "note 1")]);
  await loseNext(store, database, 2);
  database.beforeBackground = async () => undefined;
  lost.resolve();
  await store.sealed();
  expect(database.reclaims).toBe(1);
  await store.append([eth0Revision(2, "again")]);
  await store.sealed();
  expect(database.reclaims).toBe(2);
  expect(await notes(store, "c", 0)).toEqual([
    [1, "note 1"],
    [2, "again"],
  ]);
});

test("taking back leaves alone what an import has just brought", async () => {
  const { store, database } = await openLossy({ tailChanges: 1_000, blockChanges: 3 });
  await store.append([eth0Revision(1, "a")]);
  const imported = Array.from({ length: 3 }, (_, i) => eth0Revision(i + 1, `imported ${i + 1}`));
  const base = { at: epochMsOf(0), knownAt: epochMsOf(0), revision: 0, elements: none(), counts: [] };
  let append: Promise<void> | undefined;
  await store.importHistory("x", {
    base,
    revisions: (async function* () {
      yield imported;
      await loseNext(store, database, 2);
      // Comes while the import is finished: it takes back what is in doubt.
      append = store.append([eth0Revision(2, "again")]);
    })(),
  });
  await append;
  expect(await notes(store, "x", 0)).toHaveLength(3);
  expect(await notes(store, "c", 0)).toEqual([
    [1, "a"],
    [2, "again"],
  ]);
});

async function* none() {}
