import fc from "fast-check";
import { expect, test } from "vitest";
import { type LookKind, PendingHints } from "../../../collector/openstack/pending-hints.ts";

const idsOf = (hints: PendingHints, nowMs: number, kind: LookKind = "port") => {
  const hinted = hints.take(nowMs).get(kind);
  return hinted === undefined ? undefined : hinted.all ? "all" : [...hinted.ids];
};

test("hints of one act are looked at together, each id once", () => {
  const hints = new PendingHints();
  expect(hints.dueMs("others")).toBeUndefined();
  for (const id of ["a", "b", "a"]) hints.add({ kind: "port", id }, 1_000);
  hints.add({ kind: "port", id: "c" }, 1_090);
  expect(hints.dueMs("others")).toBe(1_100);
  expect(idsOf(hints, 1_099)).toBeUndefined();
  expect(idsOf(hints, 1_100)).toEqual(["a", "b", "c"]);
  expect(hints.dueMs("others")).toBeUndefined();
});

test.each<[string, LookKind, string | undefined, number, number]>([
  ["soon", "port", "a", 200, 500],
  ["later when the look itself took long", "server", "a", 3_000, 1_500],
  ["of all of a kind, later", "port", undefined, 200, 5_000],
  ["of what comes in one list", "aggregate", undefined, 100, 5_000],
  ["of a list that takes long, much later", "hypervisor", undefined, 10_000, 40_000],
  ["of projects", "project", undefined, 100, 15_000],
])("between two looks there is a least distance: %s", (_what, kind, id, tookMs, gapMs) => {
  const hints = new PendingHints();
  hints.add({ kind, id }, 0);
  expect(hints.take(100).size).toBe(1);
  hints.looked([kind], 100, 100 + tookMs);
  hints.add({ kind, id }, 101);
  expect(hints.dueMs("others")).toBe(100 + tookMs + gapMs);
  // After a rest the first is seen at once.
  hints.take(1e6);
  hints.add({ kind, id }, 2e6);
  expect(hints.dueMs("others")).toBe(2e6 + 100);
});

test("past five thousand ids all of the kind is looked at, and nothing more is remembered", () => {
  const hints = new PendingHints();
  for (let n = 0; n < 6_000; n++) hints.add({ kind: "port", id: `p${n}` }, 0);
  hints.add({ kind: "router", id: "r" }, 0);
  const taken = hints.take(100);
  expect(taken.get("port")).toMatchObject({ all: true });
  expect(taken.get("port")?.ids.size).toBe(0);
  expect(taken.get("router")?.ids.size).toBe(1);
});

test("what a failed look was to see waits again, with what came meanwhile", () => {
  const hints = new PendingHints();
  hints.add({ kind: "port", id: "a" }, 0);
  hints.add({ kind: "network", id: undefined }, 0);
  const taken = hints.take(100);
  hints.add({ kind: "port", id: "b" }, 150);
  hints.giveBack(taken, 200);
  const again = hints.take(10_000);
  expect([...(again.get("port")?.ids ?? [])].toSorted()).toEqual(["a", "b"]);
  expect(again.get("network")?.all).toBe(true);
});

test("a storm costs so many looks as fit into its time, and each id is looked at after its last hint", () => {
  const arrival = fc.record({ atMs: fc.integer({ min: 0, max: 10_000 }), id: fc.integer({ min: 0, max: 50 }) });
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 300 }), fc.nat(800), (arrivals, tookMs) => {
      const hints = new PendingHints();
      const [lastHint, lastLook] = [new Map<string, number>(), new Map<string, number>()];
      let [looks, busyUntilMs] = [0, 0];
      const queue = arrivals.toSorted((a, b) => a.atMs - b.atMs);
      for (let nowMs = 0; nowMs <= 15_000; nowMs += 10) {
        while (queue[0] !== undefined && queue[0].atMs <= nowMs) {
          const { id } = queue.shift() ?? { id: 0 };
          hints.add({ kind: "port", id: String(id) }, nowMs);
          lastHint.set(String(id), nowMs);
        }
        if (nowMs < busyUntilMs || (hints.dueMs("others") ?? Number.POSITIVE_INFINITY) > nowMs) continue;
        for (const id of hints.take(nowMs).get("port")?.ids ?? []) lastLook.set(id, nowMs);
        busyUntilMs = nowMs + tookMs;
        hints.looked(["port"], nowMs, busyUntilMs);
        looks++;
      }
      expect(looks).toBeLessThanOrEqual(1 + 12_000 / (500 + tookMs));
      for (const [id, atMs] of lastHint) expect(lastLook.get(id)).toBeGreaterThanOrEqual(atMs);
    }),
  );
});
