import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element, Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, ovsPortId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { derivedFrom } from "../../topology/derive/derivation.ts";
import { changedId } from "../../topology/model/change.ts";
import type { PlaceCounts } from "../../topology/model/place-counts.ts";
import { type Topology, topologyOf } from "../../topology/model/topology.ts";
import { type Owner, ownerKeyOf, ownerKeyOfId } from "../../topology/ownership.ts";
import { addCount, countsOf } from "../../topology/place-counts.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import { hostNode, idsOf } from "./arbitrary.ts";
import { CLOUD_HOSTS, cloudArbitrary } from "./cloud.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = 1_700_000_000_000;
const OPENSTACK: Owner = { kind: "openstack", cluster: "c" };
const OWNERS: readonly Owner[] = [
  ...CLOUD_HOSTS.flatMap((host) => [{ kind: "agent", host } as const, { kind: "recorder", host } as const]),
  OPENSTACK,
];

let lifetime: Lifetime;
let store: MemoryRevisionLog;
let recorder: Recorder;

const open = () => openRecorder({ cluster: "c", store, clock: new SetClock(NOW), log: silentLog }, lifetime);
const say = (owner: Owner, elements: readonly Element[], at = NOW) =>
  recorder.record({ kind: "full", owner, at: epochMsOf(at), elements });
const plain = (counts: PlaceCounts) => Object.fromEntries([...counts].sort());

beforeEach(async () => {
  lifetime = new Lifetime();
  store = new MemoryRevisionLog();
  recorder = await open();
});
afterEach(() => lifetime.end());

const RACK = elementIdOf("region", "r", "zone", "z", "rack", "k");
const vm: Node = { id: elementIdOf("vm", "v1"), kind: "vm", name: "web", cluster: "c", host: "a", attributes: {} };
const port: Node = { id: elementIdOf("neutron", "port", "p1"), kind: "port", name: "p1", cluster: "c", attributes: {} };
const ovsPort: Node = {
  id: ovsPortId("a", "br-int", "tap1"),
  kind: "ovs-port",
  name: "tap1",
  cluster: "c",
  host: "a",
  attributes: { "external_ids.iface-id": "p1" },
};

describe("what OpenStack says", () => {
  test("is whole: what a full statement does not name is gone, and hosts' elements stay", async () => {
    await say({ kind: "agent", host: "a" }, [hostNode("a")]);
    await say(OPENSTACK, [vm, port]);
    await say(OPENSTACK, [port]);
    expect(idsOf(recorder.graph.elements())).toEqual(["host/a", "neutron/port/p1"]);
    expect([...recorder.graph.ownedBy(OPENSTACK)]).toEqual([port.id]);
  });

  test("keeps the host it names, and is of its own cluster only", async () => {
    await say(OPENSTACK, [{ ...vm, cluster: "elsewhere" }]);
    expect(recorder.graph.get(vm.id)).toMatchObject({ host: "a", cluster: "c" });
    expect(store.revisions.at(-1)?.origin).toBe("openstack/c");
  });

  test.each<readonly [Owner, ElementId]>([
    [OPENSTACK, hostId("a")],
    [OPENSTACK, RACK],
    [{ kind: "declared", cluster: "c" }, vm.id],
    [{ kind: "declared", cluster: "c" }, elementIdOf("derived", "x")],
    [{ kind: "declared", cluster: "c" }, "host/%61" as ElementId],
    [{ kind: "agent", host: "a" }, elementIdOf("derived", "attached", "host/a")],
  ])("%o may not write %s", async (owner, id) => {
    await expect(say(owner, [{ ...vm, id, host: undefined }])).rejects.toMatchObject({ code: "topology.not_owner" });
  });
});

describe("what is derived", () => {
  test("is a revision of its own, right after its cause and in the same commit", async () => {
    await say(OPENSTACK, [port]);
    expect(await say({ kind: "agent", host: "a" }, [{ ...hostNode("a"), parent: RACK }, ovsPort], NOW - 500)).toBe(2);
    expect(store.commits.at(-1)).toMatchObject([
      { revision: 2, origin: "agent/a", at: NOW - 500 },
      { revision: 3, origin: "derived/c", at: NOW - 500 },
    ]);
    const derived = store.revisions[2]?.changes.map(changedId);
    const link = elementIdOf("derived", "implements", ovsPort.id, port.id);
    expect(derived).toEqual(["region/r", "region/r/zone/z", RACK, link]);
    expect(Array.from(recorder.graph.linksAt(port.id), ({ id }) => id)).toEqual([link]);
  });

  test("joins what is said by several in one commit, whoever speaks first", async () => {
    const put = (owner: Owner, elements: readonly Element[]) =>
      recorder.record({ kind: "changes", owner, at: epochMsOf(NOW), put: elements, remove: [] });
    await Promise.all([put(OPENSTACK, [vm]), put({ kind: "agent", host: "a" }, [ovsPort]), put(OPENSTACK, [port])]);
    expect(store.commits.length).toBe(1);
    expect(Array.from(recorder.graph.linksAt(port.id), ({ from }) => from)).toEqual([ovsPort.id]);
  });

  test("never happened before what was derived last", async () => {
    await say({ kind: "agent", host: "a" }, [{ ...hostNode("a"), parent: RACK }], NOW - 100);
    await say({ kind: "agent", host: "b" }, [{ ...hostNode("b"), parent: elementIdOf("region", "q") }], NOW - 900);
    expect(store.revisions.map(({ origin, at }) => [origin, at - NOW])).toEqual([
      ["agent/a", -100],
      ["derived/c", -100],
      ["agent/b", -900],
      ["derived/c", -100],
    ]);
  });
});

describe("a cloud's history", () => {
  const statement = fc.record({ state: cloudArbitrary, owner: fc.constantFrom(...OWNERS), isRefused: fc.boolean() });

  test("derived elements, counters and times hold through statements, refusals of the store and restarts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(statement, { maxLength: 4 }), { maxLength: 5 }), async (rounds) => {
        store = new MemoryRevisionLog();
        recorder = await open();
        for (const [round, statements] of rounds.entries()) {
          store.isFull = statements[0]?.isRefused ?? false;
          const ago = (round * 7_919) % 1_000;
          await Promise.allSettled(statements.map(({ owner, state }) => say(owner, ownedIn(state, owner), NOW - ago)));
          expectWhole(recorder);
          if (round % 2 === 1) recorder = await open();
          expectWhole(recorder);
        }
        expectTimesRise(store);
      }),
      { numRuns: 60 },
    );
  });
});

function ownedIn(state: Topology, owner: Owner): readonly Element[] {
  return [...state.values()].filter(({ id }) => ownerKeyOfId(id) === ownerKeyOf(owner));
}

function expectWhole({ graph }: Recorder): void {
  const told = topologyOf([...graph.elements()].filter(({ id }) => ownerKeyOfId(id) !== "derived"));
  const derived = [...graph.elements()].filter(({ id }) => ownerKeyOfId(id) === "derived");
  expect(idsOf(derived)).toEqual(idsOf(derivedFrom(told, "c")));
  const summed = new Map<ElementId, Record<string, number>>();
  for (const revision of store.revisions) for (const delta of revision.counts ?? []) addCount(summed, delta);
  expect(plain(recorder.counts())).toEqual(plain(countsOf([...told.values()])));
  expect(plain(summed)).toEqual(plain(countsOf([...told.values()])));
}

function expectTimesRise({ revisions }: MemoryRevisionLog): void {
  const last = new Map<ElementId, number>();
  for (const { at, changes } of revisions) {
    for (const id of changes.map(changedId)) {
      expect(at).toBeGreaterThanOrEqual(last.get(id) ?? 0);
      last.set(id, at);
    }
  }
}

test("OpenStack's names of hosts lead to the host, and those that lead nowhere are told", async () => {
  await say({ kind: "agent", host: "a" }, [hostNode("a", { fqdn: "a.example" })]);
  await say(OPENSTACK, [
    { ...vm, host: "A.example" },
    { ...port, attributes: { binding_host: "b.example" } },
  ]);
  expect(recorder.graph.get(vm.id)).toMatchObject({ host: "a" });
  expect([...recorder.graph.onHost("a")].sort()).toEqual(["host/a", "vm/v1"]);
  expect(recorder.hostNames.unresolved()).toEqual([{ name: "b.example", reason: "unknown", saidBy: [port.id] }]);
  const again = await open();
  expect(again.hostNames.unresolved()).toEqual(recorder.hostNames.unresolved());
});
