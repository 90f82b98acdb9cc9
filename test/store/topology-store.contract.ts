import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";
import type { ChangePage, ChangeQuery, TopologyStore } from "../../store/topology-store.ts";
import { apply, changedId, diff } from "../../topology/model/change.ts";
import type { RecordedChange, Revision, Snapshot } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { nic } from "../topology/arbitrary.ts";
import { HistoryBuilder, historyArbitrary, naiveLog, naiveStateAt } from "./topology-history.ts";
import { pastContract } from "./topology-store-past.contract.ts";

/** A store under test, new and empty; `reopen` closes it and opens what it left behind. */
export interface OpenedStore {
  readonly store: () => TopologyStore;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const ms = epochMsOf;
const FOREVER = { from: ms(0), to: ms(9_999) };

/** Every `TopologyStore` keeps these promises. Where history is sealed, that must be frequent for them to be tried. */
export function topologyStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as a topology store`, () => {
    let opened: OpenedStore;
    /** Each history goes into a cluster of its own, so that one store serves many runs. */
    let clusters = 0;
    const keep = async (revisions: readonly Revision[], commitSize = 3): Promise<string> => {
      const cluster = `c${++clusters}`;
      for (let i = 0; i < revisions.length; i += commitSize) {
        await opened.store().append(revisions.slice(i, i + commitSize).map((revision) => ({ ...revision, cluster })));
      }
      return cluster;
    };
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    pastContract({ store: () => opened.store(), reopen: () => opened.reopen(), keep });

    test("the state at any moment is what a replay of all that is known by now gives, late arrivals included", async () => {
      await fc.assert(
        fc.asyncProperty(historyArbitrary, fc.integer({ min: 1, max: 4 }), async (revisions, commitSize) => {
          const cluster = await keep(revisions, commitSize);
          const moments = new Set(revisions.flatMap(({ at }) => [at - 1, at]));
          for (const moment of moments) {
            const state = await collected(opened.store().stateAt(cluster, { at: ms(moment) }));
            expect(state).toEqual(naiveStateAt(revisions, ms(moment)));
            const expected = revisions.filter(({ at }) => at <= moment).map(({ revision }) => revision);
            expect(await opened.store().lastRevisionBy(cluster, ms(moment))).toBe(Math.max(0, ...expected));
          }
          expect(await collected(opened.store().latest(cluster))).toEqual(naiveStateAt(revisions, undefined));
        }),
        { numRuns: 10 },
      );
    });

    test("the log is paged in both directions without loss or repetition", async () => {
      await fc.assert(
        fc.asyncProperty(historyArbitrary, fc.integer({ min: 1, max: 7 }), async (revisions, limit) => {
          const cluster = await keep(revisions);
          const expected = naiveLog(revisions).map(keyOf);
          const oldestFirst = await allPages(opened.store(), { cluster, limit, ...FOREVER });
          expect(oldestFirst.map(keyOf)).toEqual(expected);
          const newestFirst = await allPages(opened.store(), { cluster, limit, newestFirst: true, ...FOREVER });
          expect(newestFirst.map(keyOf)).toEqual(expected.toReversed());
        }),
        { numRuns: 8 },
      );
    });

    test("the net changes of a span turn its first state into its last, and name nothing else", async () => {
      const span = fc.tuple(fc.integer({ min: 1_000, max: 1_300 }), fc.integer({ min: 0, max: 100 }));
      await fc.assert(
        fc.asyncProperty(historyArbitrary, span, async (revisions, [start, length]) => {
          const cluster = await keep(revisions);
          const [from, to] = [ms(start), ms(start + length)];
          const changes = await opened.store().netChanges({ cluster, from, to, limit: 100 });
          const [before, after] = [naiveStateAt(revisions, from), naiveStateAt(revisions, to)];
          expect(apply(before, changes)).toEqual(after);
          const expected = new Set(diff(before, after).map(changedId));
          expect(new Set(changes.map(changedId))).toEqual(expected);
        }),
        { numRuns: 10 },
      );
    });

    test("density counts every change of the span once, in the bucket its time falls into", async () => {
      await fc.assert(
        fc.asyncProperty(historyArbitrary, fc.integer({ min: 1, max: 40 }), async (revisions, buckets) => {
          const cluster = await keep(revisions);
          const [from, to] = [ms(1_050), ms(1_333)];
          const density = await opened.store().density({ cluster, from, to, buckets });
          expect(density).toHaveLength(buckets);
          expect([density[0]?.from, density.at(-1)?.to]).toEqual([from, to]);
          for (const bucket of density) {
            const inside = naiveLog(revisions).filter(({ at }) => at >= bucket.from && at < bucket.to);
            const count = (kind: string) => inside.filter(({ change }) => change.kind === kind).length;
            expect(bucket).toMatchObject({ added: count("add"), updated: count("update"), removed: count("remove") });
          }
        }),
        { numRuns: 8 },
      );
    });

    test("questions about a part answer about that part", async () => {
      const history = new HistoryBuilder("c");
      for (const host of ["a", "a-b", "a.c"]) {
        history.put(host, 1_000, [[interfaceId(host, undefined, "e0"), nic(host, "e0")]]);
      }
      history.put("a", 1_001, [[interfaceId("a", undefined, "e1"), nic("a", "e1")]]);
      const cluster = await keep(history.revisions);
      const store = opened.store();
      const root = hostId("a");
      const state = await collected(store.stateAt(cluster, { at: ms(2_000) }, { root }));
      expect([...state.keys()].sort()).toEqual(["host/a/if/e0", "host/a/if/e1"]);
      const element = interfaceId("a", undefined, "e1");
      expect([...(await collected(store.stateAt(cluster, { at: ms(2_000) }, { element }))).keys()]).toEqual([element]);
      const history1 = await store.changes({ cluster, element, limit: 10, ...FOREVER });
      expect(history1.changes.map(keyOf)).toEqual(["1001.4.0"]);
      expect((await store.changes({ cluster, root, limit: 10, ...FOREVER })).changes).toHaveLength(2);
      const [bucket] = await store.density({ cluster, root, buckets: 1, ...FOREVER });
      expect(bucket?.added).toBe(2);
      const changed = await store.netChanges({ cluster, part: { root }, limit: 10, ...FOREVER });
      expect(changed.map(changedId).sort()).toEqual(["host/a/if/e0", "host/a/if/e1"]);
    });

    test("renames are kept with the change and told with what changed", async () => {
      const cluster = `c${++clusters}`;
      const [eth0, wan] = [nic("a", "eth0"), nic("a", "wan")];
      const base = { knownAt: ms(3), cluster, origin: "agent/a" };
      await opened.store().append([
        { ...base, revision: 1, at: ms(1_000), changes: [{ kind: "add", element: eth0 }] },
        {
          ...base,
          revision: 2,
          at: ms(1_001),
          changes: [
            { kind: "remove", element: eth0 },
            { kind: "add", element: wan, renamedFrom: eth0.id },
          ],
        },
      ]);
      const { changes } = await opened.store().changes({ cluster, element: wan.id, limit: 5, ...FOREVER });
      expect(changes.map(({ change }) => change)).toEqual([{ kind: "add", element: wan, renamedFrom: eth0.id }]);
      const net = await opened.store().netChanges({ cluster, from: ms(1_000), to: ms(1_001), limit: 5 });
      expect(net).toContainEqual({ kind: "add", element: wan, renamedFrom: eth0.id });
    });

    test("revisions continue their cluster's numbers without gaps, or none of them is kept", async () => {
      const history = new HistoryBuilder("c");
      for (let i = 1; i <= 4; i++)
        history.put("a", 1_000 + i, [[interfaceId("a", undefined, "e0"), nic("a", "e0", { mtu: i })]]);
      const cluster = await keep(history.revisions.slice(0, 2));
      const [third, fourth] = history.revisions.slice(2).map((revision) => ({ ...revision, cluster }));
      if (third === undefined || fourth === undefined) throw new Error("the history is too short");
      await expect(opened.store().append([fourth])).rejects.toThrow("should be 3");
      await expect(opened.store().append([third, third])).rejects.toThrow("should be 4");
      await expect(opened.store().append([{ ...third, changes: [] }])).rejects.toThrow("no changes");
      expect(await opened.store().lastRevision(cluster)).toBe(2);
      expect(await opened.store().lastRevisionBy(cluster, ms(9_999))).toBe(2);
      await opened.store().append([third, fourth]);
      expect(await opened.store().lastRevision(cluster)).toBe(4);
    });

    test("a cluster nobody wrote is empty, not an error", async () => {
      const store = opened.store();
      expect(await collected(store.latest("nowhere"))).toEqual(new Map());
      expect(await store.lastRevision("nowhere")).toBe(0);
      expect(await store.beginsAt("nowhere")).toBeUndefined();
      expect(await store.revisionAt("nowhere", 1)).toBeUndefined();
      expect(await store.clusters()).not.toContain("nowhere");
      expect(await store.changes({ cluster: "nowhere", limit: 5, ...FOREVER })).toEqual({ changes: [] });
    });

    test("a foreign cursor and too large a comparison are refused with a code", async () => {
      const history = new HistoryBuilder("c");
      history.put("a", 1_000, [[interfaceId("a", undefined, "e0"), nic("a", "e0")]]);
      history.put("a", 1_001, [[interfaceId("a", undefined, "e1"), nic("a", "e1")]]);
      const cluster = await keep(history.revisions);
      const page = opened.store().changes({ cluster, after: "x'; --", limit: 5, ...FOREVER });
      await expect(page).rejects.toMatchObject({ code: "topology.cursor_unknown", status: 400 });
      const changed = opened.store().netChanges({ cluster, limit: 1, ...FOREVER });
      await expect(changed).rejects.toMatchObject({ code: "topology.too_many_changes", status: 422 });
    });

    test("a snapshot has one name in its cluster and can be deleted", async () => {
      const snapshot: Snapshot = {
        name: "before-upgrade",
        cluster: "snapshots",
        at: ms(1_000),
        revision: 7,
        createdAt: ms(1_005),
        createdBy: "ann",
        note: "Neutron 2025.1 → 2025.2, 'quoted'",
      };
      const store = opened.store();
      await store.addSnapshot(snapshot);
      await expect(store.addSnapshot(snapshot)).rejects.toMatchObject({ code: "snapshot.exists", status: 409 });
      await store.addSnapshot({ ...snapshot, cluster: "other" });
      expect(await store.snapshots("snapshots")).toEqual([snapshot]);
      expect(await store.removeSnapshot("snapshots", "before-upgrade")).toBe(true);
      expect(await store.removeSnapshot("snapshots", "before-upgrade")).toBe(false);
      expect(await store.snapshots("snapshots")).toEqual([]);
      expect(await store.snapshots("other")).toHaveLength(1);
    });

    test("reopened, it gives the same answers and goes on numbering", async () => {
      const long = historyArbitrary.filter((revisions) => revisions.length > 15);
      const [revisions = []] = fc.sample(long, { numRuns: 1, seed: 42 });
      const kept = revisions.slice(0, -1);
      const cluster = await keep(kept);
      const answers = async () => {
        const store = opened.store();
        return {
          states: await Promise.all(kept.map(({ at }) => collected(store.stateAt(cluster, { at })))),
          log: await allPages(store, { cluster, limit: 10, ...FOREVER }),
          begins: await store.beginsAt(cluster),
          times: await Promise.all(kept.map(({ revision }) => store.revisionAt(cluster, revision))),
          lastAt: await store.lastAtByOrigin(cluster),
          last: await store.lastRevision(cluster),
        };
      };
      const before = await answers();
      expect(before.times).toEqual(kept.map(({ at }) => at));
      expect(before.begins).toBe(Math.min(...kept.map(({ at }) => at)));
      for (const [origin, at] of before.lastAt) {
        expect(at).toBe(Math.max(...kept.filter((revision) => revision.origin === origin).map((one) => one.at)));
      }
      await opened.reopen();
      expect(await answers()).toEqual(before);
      await opened.store().append(revisions.slice(-1).map((revision) => ({ ...revision, cluster })));
      expect(await opened.store().lastRevision(cluster)).toBe(revisions.length);
    });
  });
}

function keyOf({ at, revision, ordinal }: RecordedChange): string {
  return `${at}.${revision}.${ordinal}`;
}

async function allPages(store: TopologyStore, query: ChangeQuery): Promise<readonly RecordedChange[]> {
  const all: RecordedChange[] = [];
  let after: string | undefined;
  do {
    const page: ChangePage = await store.changes({ ...query, after });
    expect(page.changes.length).toBeLessThanOrEqual(query.limit);
    all.push(...page.changes);
    after = page.next;
  } while (after !== undefined);
  return all;
}
