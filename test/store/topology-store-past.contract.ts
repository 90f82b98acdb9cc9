import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { ownerHostOf } from "../../core/element-id.ts";
import type { ImportedHistory, TopologyStore } from "../../store/topology-store.ts";
import { apply } from "../../topology/model/change.ts";
import type { RecordedChange, Revision, Snapshot } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { historyArbitrary, MACS, naiveCounts, naiveLog, naiveLosses, naiveStateAt } from "./topology-history.ts";

interface Opened {
  store(): TopologyStore;
  reopen(): Promise<void>;
  /** Puts a history into a cluster of its own and returns its name. */
  keep(revisions: readonly Revision[]): Promise<string>;
}

const ms = epochMsOf;
const END = ms(9_999);
const moment = fc.integer({ min: 1_000, max: 1_350 }).map(ms);
const long = historyArbitrary.filter((revisions) => revisions.length > 5);

/** What was known when, what is forgotten, and what comes from elsewhere. */
export function pastContract({ store, reopen, keep }: Opened): void {
  describe("what was known by a moment", () => {
    test("the state is a replay of the revisions known by then", async () => {
      await fc.assert(
        fc.asyncProperty(
          long,
          fc.array(fc.tuple(moment, fc.nat(40)), { minLength: 6, maxLength: 6 }),
          async (revisions, asked) => {
            const cluster = await keep(revisions);
            for (const [at, step] of asked) {
              const knownAt = ms(1_000_000 + step);
              const found = await store().momentAt(cluster, { at, knownAt });
              expect(await collected(found.elements)).toEqual(naiveStateAt(revisions, at, knownAt));
              const known = revisions.filter((revision) => revision.at <= at && revision.knownAt <= knownAt);
              expect(found.revision).toBe(Math.max(0, ...known.map(({ revision }) => revision)));
              expect(await store().countsAt(cluster, { at, knownAt })).toEqual(naiveCounts(revisions, at, knownAt));
            }
          },
        ),
        { numRuns: 5 },
      );
    });

    test("counters are the sum of what revisions did by then", async () => {
      await fc.assert(
        fc.asyncProperty(long, fc.array(moment, { minLength: 5, maxLength: 5 }), async (revisions, moments) => {
          const cluster = await keep(revisions);
          for (const at of moments) expect(await store().countsAt(cluster, { at })).toEqual(naiveCounts(revisions, at));
        }),
        { numRuns: 5 },
      );
    });

    test("the part of some hosts is what their agents own", async () => {
      await fc.assert(
        fc.asyncProperty(long, fc.subarray(["a", "b", "nobody"]), async (revisions, hosts) => {
          const cluster = await keep(revisions);
          const state = await collected(store().stateAt(cluster, { at: END }, { hosts }));
          const expected = [...naiveStateAt(revisions, END)].filter(([id]) => hosts.includes(ownerHostOf(id) ?? ""));
          expect(state).toEqual(new Map(expected));
        }),
        { numRuns: 5 },
      );
    });

    test("identifiers are told of who lost them and has them no more", async () => {
      await fc.assert(
        fc.asyncProperty(long, async (revisions) => {
          const cluster = await keep(revisions);
          for (const token of [...MACS, "e1", "nobody"]) {
            const found = await store().pastIdentifiers({ cluster, tokens: [token], limit: 100 });
            expect(found.map(({ id, until }) => `${id} ${until}`).sort()).toEqual(
              naiveLosses(revisions, token).toSorted(),
            );
            expect(found.map(({ until }) => until)).toEqual(found.map(({ until }) => until).toSorted((a, b) => b - a));
          }
        }),
        { numRuns: 5 },
      );
    });
  });

  describe("retention", () => {
    test("states from the horizon on are what they were, what was before is forgotten but for snapshots", async () => {
      await fc.assert(
        fc.asyncProperty(long, fc.tuple(moment, moment, moment), fc.nat(20), async (revisions, moments, later) => {
          const kept = revisions.slice(0, Math.max(1, revisions.length - later));
          const cluster = await keep(kept);
          const [before, early, late] = moments;
          const isCut = kept.some(({ at }) => at < before);
          const pinned = early < before ? early : undefined;
          const pinnedState = naiveStateAt(kept, early);
          for (const [name, at] of [
            ["early", early],
            ["late", late],
          ] as const) {
            await store().addSnapshot(snapshotAt(cluster, name, at));
          }
          await store().retain(cluster, { before });
          for (const known of [kept, revisions]) {
            await store().append(known.slice(await store().lastRevision(cluster)).map((one) => ({ ...one, cluster })));
            const horizon = isCut ? before : ms(Math.min(...known.map(({ at }) => at)));
            await expectKept(cluster, known, horizon);
            if (!isCut) continue;
            const forgotten = collected(store().stateAt(cluster, { at: ms(before - 1) }));
            if (before - 1 !== early && before - 1 !== late) {
              await expect(forgotten).rejects.toMatchObject({ code: "topology.forgotten", status: 410 });
            } else await forgotten;
            if (pinned === undefined) continue;
            expect(await collected(store().stateAt(cluster, { at: pinned }))).toEqual(pinnedState);
            const to = ms(Math.max(horizon, late));
            const changes = await store().netChanges({ cluster, from: pinned, to, limit: 100 });
            expect(apply(pinnedState, changes)).toEqual(naiveStateAt(known, to));
          }
        }),
        { numRuns: 8 },
      );
    });

    test("survives being opened again, and a second time moves the horizon on", async () => {
      const [revisions = []] = fc.sample(
        long.filter(({ length }) => length > 20),
        { numRuns: 1, seed: 7 },
      );
      const cluster = await keep(revisions);
      for (const before of [ms(1_110), ms(1_160)]) {
        await store().retain(cluster, { before });
        await reopen();
        await expectKept(cluster, revisions, before);
        await store().retain(cluster, { before: ms(1_050) });
        expect(await store().beginsAt(cluster)).toBe(before);
      }
    });

    async function expectKept(cluster: string, revisions: readonly Revision[], horizon: EpochMs): Promise<void> {
      expect(await store().lastRevision(cluster)).toBe(revisions.length);
      expect(await store().beginsAt(cluster)).toBe(horizon);
      const later = [...new Set(revisions.map(({ at }) => at))].filter((at) => at >= horizon);
      for (const at of [horizon, ...later.slice(-4)]) {
        expect(await collected(store().stateAt(cluster, { at }))).toEqual(naiveStateAt(revisions, at));
        const expected = revisions.filter((revision) => revision.at <= at).map(({ revision }) => revision);
        expect(await store().lastRevisionBy(cluster, at)).toBe(Math.max(0, ...expected));
        expect(await store().countsAt(cluster, { at })).toEqual(naiveCounts(revisions, at));
      }
      const isOwnBegin = !revisions.some(({ at }) => at < horizon);
      for (const { revision, at } of revisions) {
        const told = isOwnBegin || at > horizon ? at : undefined;
        expect([revision, await store().revisionAt(cluster, revision)]).toEqual([revision, told]);
      }
      const log = (await logOf(store(), cluster, ms(0), END)).map(keyOf);
      expect(log).toEqual(
        naiveLog(revisions)
          .filter(({ at }) => isOwnBegin || at > horizon)
          .map(keyOf),
      );
      const [density] = await store().density({ cluster, from: ms(0), to: END, buckets: 1 });
      expect((density?.added ?? 0) + (density?.updated ?? 0) + (density?.removed ?? 0)).toBe(log.length);
    }
  });

  describe("a history that comes from elsewhere", () => {
    test("gives the answers it gave there", async () => {
      await fc.assert(
        fc.asyncProperty(long, moment, moment, async (revisions, one, other) => {
          const [from, to] = one <= other ? [one, other] : [other, one];
          const cluster = await keep(revisions);
          const copy = `${cluster}-copy`;
          await store().importHistory(copy, await exported(store(), { cluster, revisions, from, to }));
          const within = revisions.filter(({ at }) => at > from && at <= to);
          for (const at of new Set([from, to, ...within.slice(0, 4).map((revision) => revision.at)])) {
            expect(await collected(store().stateAt(copy, { at }))).toEqual(naiveStateAt(revisions, at));
            expect(await store().countsAt(copy, { at })).toEqual(naiveCounts(revisions, at));
            expect(await store().lastRevisionBy(copy, at)).toBe(await store().lastRevisionBy(cluster, at));
          }
          const log = async (name: string) =>
            (await logOf(store(), name, from, to)).map((change) => ({ ...change, cluster: "" }));
          expect(await log(copy)).toEqual(await log(cluster));
          const net = async (name: string) => store().netChanges({ cluster: name, from, to, limit: 100 });
          expect(apply(naiveStateAt(revisions, from), await net(copy))).toEqual(naiveStateAt(revisions, to));
          for (const { revision, at } of revisions) {
            const told = at > from && at <= to ? at : undefined;
            expect([revision, await store().revisionAt(copy, revision)]).toEqual([revision, told]);
          }
          expect(await store().beginsAt(copy)).toBe(from);
          expect(await collected(store().latest(copy))).toEqual(naiveStateAt(revisions, to));
        }),
        { numRuns: 5 },
      );
    });

    test("is refused where there is one, and one that breaks off leaves nothing", async () => {
      const [revisions = []] = fc.sample(long, { numRuns: 1, seed: 3 });
      const cluster = await keep(revisions);
      const history = await exported(store(), { cluster, revisions, from: ms(1_000), to: END });
      await expect(store().importHistory(cluster, history)).rejects.toMatchObject({ code: "topology.cluster_exists" });
      const broken = { ...history, revisions: breakingOff(revisions) };
      await expect(store().importHistory(`${cluster}-broken`, broken)).rejects.toThrow("broke off");
      expect(await store().clusters()).not.toContain(`${cluster}-broken`);
      expect(await store().beginsAt(`${cluster}-broken`)).toBeUndefined();
      await store().importHistory(
        `${cluster}-broken`,
        await exported(store(), { cluster, revisions, from: ms(1_000), to: END }),
      );
      expect(await store().clusters()).toContain(`${cluster}-broken`);
    });
  });
}

interface Span {
  readonly cluster: string;
  readonly revisions: readonly Revision[];
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What an export takes from a store: the state at the beginning, and the log. */
async function exported(store: TopologyStore, { cluster, revisions, from, to }: Span): Promise<ImportedHistory> {
  const log = await logOf(store, cluster, from, to);
  const counts = [...naiveCounts(revisions, from)].map(([place, { nic }]) => ({ place, counter: "nic", delta: nic }));
  return {
    base: {
      at: from,
      revision: await store.lastRevisionBy(cluster, from),
      knownAt: ms(2_000_000),
      elements: store.stateAt(cluster, { at: from }),
      counts,
    },
    revisions: inBatches(revisionsOf(log, revisions)),
  };
}

function revisionsOf(log: readonly RecordedChange[], revisions: readonly Revision[]): readonly Revision[] {
  return [...Map.groupBy(log, ({ revision }) => revision)].flatMap(([number, changes]) => {
    const [first] = changes;
    if (first === undefined) return [];
    const { change: _change, ordinal: _ordinal, ...rest } = first;
    const counts = revisions.find(({ revision }) => revision === number)?.counts;
    return [{ ...rest, changes: changes.map(({ change }) => change), counts }];
  });
}

async function* inBatches(revisions: readonly Revision[]): AsyncIterable<readonly Revision[]> {
  for (let start = 0; start < revisions.length; start += 4) yield revisions.slice(start, start + 4);
}

async function* breakingOff(revisions: readonly Revision[]): AsyncIterable<readonly Revision[]> {
  yield revisions.slice(0, 3);
  throw new Error("broke off");
}

async function logOf(
  store: TopologyStore,
  cluster: string,
  from: EpochMs,
  to: EpochMs,
): Promise<readonly RecordedChange[]> {
  return (await store.changes({ cluster, from, to, limit: 10_000 })).changes;
}

function keyOf({ at, revision, ordinal }: RecordedChange): string {
  return `${at}.${revision}.${ordinal}`;
}

function snapshotAt(cluster: string, name: string, at: EpochMs): Snapshot {
  return { name, cluster, at, revision: 1, createdAt: END, createdBy: "ann", note: "" };
}
