import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element, Node } from "../../core/element.ts";
import { elementIdOf, interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { derivedFrom } from "../../topology/derive/derivation.ts";
import { BreachFeed } from "../../topology/invariants/breach-feed.ts";
import type { BreachSet } from "../../topology/invariants/breach-set.ts";
import { LiveGraph } from "../../topology/live-graph.ts";
import type { Change } from "../../topology/model/change.ts";
import { openRecorder } from "../../topology/recorder.ts";
import { recordingTurns } from "../../topology/recording-turns.ts";
import { hostNode, idsOf } from "./arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = epochMsOf(1_700_000_000_000);
const MACHINES = 700;

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await lifetime.end();
});

const spend = () => {
  while (!recordingTurns.isOver());
};
const microtasks = async () => {
  for (let time = 0; time < 50; time++) await Promise.resolve();
};

async function recorderOf(store: MemoryRevisionLog) {
  return openRecorder({ cluster: "c", store, clock: new SetClock(NOW), log: silentLog }, lifetime);
}

const machines: readonly Node[] = Array.from({ length: MACHINES }, (_, place) => ({
  ...{ id: elementIdOf("vm", `v${place}`), kind: "vm", name: `vm-${place}`, cluster: "c", host: "a" },
  attributes: {},
}));
const taps: readonly Node[] = machines.map((_, place) => ({
  ...{ id: interfaceId("a", undefined, `tap${place}`), kind: "tap", name: `tap${place}`, cluster: "c", host: "a" },
  attributes: { "external_ids.vm-uuid": `v${place}` },
}));
const ofHost: readonly Element[] = [hostNode("a"), ...taps];

test("recorders share the turn: while it is over none of them decides anything", async () => {
  const stores = [new MemoryRevisionLog(), new MemoryRevisionLog()];
  const recorders = await Promise.all(stores.map(recorderOf));
  await nextTurn();
  spend();
  const owner = { kind: "agent", host: "a" } as const;
  const recorded = recorders.map((it) => it.record({ kind: "full", owner, at: NOW, elements: [hostNode("a")] }));
  await microtasks();
  expect(stores.map(({ commits }) => commits.length)).toEqual([0, 0]);
  expect(await Promise.all(recorded)).toEqual([1, 1]);
});

test("a commit that is cut wherever it may be comes to what it comes to in one go", async () => {
  const recorder = await recorderOf(new MemoryRevisionLog());
  let cuts = 0;
  vi.spyOn(recordingTurns, "isOver").mockReturnValue(true);
  vi.spyOn(recordingTurns, "next").mockImplementation(async () => {
    cuts++;
    await nextTurn();
  });
  const agent = { kind: "agent", host: "a" } as const;
  const openstack = { kind: "openstack", cluster: "c" } as const;
  await Promise.all([
    recorder.record({ kind: "full", owner: agent, at: NOW, elements: ofHost }),
    recorder.record({ kind: "changes", owner: openstack, at: NOW, put: machines, remove: [] }),
  ]);
  expect(cuts).toBeGreaterThan(30);
  const said = new Map([...ofHost, ...machines].map((element) => [element.id, element]));
  const derived = derivedFrom(said, "c");
  expect(derived.length).toBe(MACHINES);
  expect(idsOf(recorder.graph.elements())).toEqual(idsOf([...said.values(), ...derived]));
});

test("what is judged has the same turns; a few changes are judged at once all the same", async () => {
  let taken = 0;
  const set = {
    pendingCount: 0,
    take: (changes: readonly Change[]) => {
      taken += changes.length;
    },
    judge: () => [],
  } as unknown as BreachSet;
  const ends: number[] = [];
  const options = { set, graph: new LiveGraph(), onLoaded: () => {}, onTransition: () => {} };
  const feed = new BreachFeed({ ...options, onBatchDone: ({ length }) => ends.push(length) }, lifetime);
  await feed.load({ revision: 0, at: NOW });
  const adds = machines.map((element): Change => ({ kind: "add", element }));
  spend();
  feed.push(adds.slice(0, 5), { revision: 1, at: NOW });
  expect(ends).toEqual([5]);
  feed.push(adds, { revision: 2, at: NOW });
  expect(taken).toBeLessThan(MACHINES);
  while (ends.length < 2) await nextTurn();
  expect([ends, taken]).toEqual([[5, MACHINES], MACHINES + 5]);
});
