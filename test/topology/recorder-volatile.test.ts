import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Attributes, Element } from "../../core/element.ts";
import { type ElementId, interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { volatileParts } from "../../core/volatile-telling.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import type { VolatileStatement } from "../../topology/statement.ts";
import { elementArbitrary, HOSTS, hostNode, nic } from "./arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = epochMsOf(1_700_000_000_000);
const owner = (host: string) => ({ kind: "agent", host }) as const;
const eth0 = interfaceId("a", undefined, "eth0");

/** A recorder that ends with `use`; the store goes on, as over a restart. */
async function withRecorder(store: MemoryRevisionLog, use: (recorder: Recorder) => Promise<void>): Promise<void> {
  const lifetime = new Lifetime();
  const clock = new SetClock(NOW);
  await use(await openRecorder({ cluster: "c", store, clock, log: silentLog }, lifetime));
  await lifetime.end();
}

const full = (recorder: Recorder, host: string, elements: readonly Element[]) =>
  recorder.record({ kind: "full", owner: owner(host), at: NOW, elements });
const told = (host: string, values: ReadonlyMap<ElementId, Attributes>): VolatileStatement => {
  return { kind: "volatile", owner: owner(host), at: NOW, values };
};
const stateOf = (recorder: Recorder) => new Map(Array.from(recorder.graph.elements(), (it) => [it.id, it]));

test("after a restart the volatile attributes of all hosts make the graph what it was, without a revision", async () => {
  const states = fc.tuple(...HOSTS.map((host) => fc.array(elementArbitrary(host), { maxLength: 8 })));
  await fc.assert(
    fc.asyncProperty(states, fc.integer({ min: 1, max: 4 }), async (elementsByHost, perPart) => {
      const store = new MemoryRevisionLog();
      let before = new Map<ElementId, Element>();
      await withRecorder(store, async (recorder) => {
        for (const [index, host] of HOSTS.entries()) await full(recorder, host, elementsByHost[index] ?? []);
        before = stateOf(recorder);
      });
      const revisions = store.revisions.length;
      await withRecorder(store, async (recorder) => {
        for (const host of HOSTS) {
          const own = [...before.values()].filter(({ id }) => id.startsWith(`host/${host}/`));
          for (const part of volatileParts(own, perPart)) {
            const values = new Map(own.filter(({ id }) => id in part).map(({ id }) => [id, part[id] ?? {}]));
            expect(values.size).toBeLessThanOrEqual(perPart);
            expect(await recorder.record(told(host, values))).toBeUndefined();
          }
        }
        expect(stateOf(recorder)).toEqual(before);
      });
      expect(store.revisions).toHaveLength(revisions);
    }),
    { numRuns: 60 },
  );
});

test("listeners are told what that changed, and versioned attributes are left alone", async () => {
  await withRecorder(new MemoryRevisionLog(), async (recorder) => {
    await full(recorder, "a", [nic("a", "eth0", { mtu: 1500, ifindex: 2, ofport: 1 })]);
    const seen: unknown[] = [];
    recorder.onVolatile(({ at, changes }) => seen.push({ at, changes }));
    await recorder.record(told("a", new Map([[eth0, { mtu: 9000, tag: 4095, ifindex: 2 }]])));
    const subject = { kind: "nic", name: "eth0" };
    const update = { kind: "update", id: eth0, subject, before: { ofport: 1 }, after: { tag: 4095 } };
    expect(seen).toEqual([{ at: NOW, changes: [update] }]);
    expect(recorder.graph.get(eth0)?.attributes).toEqual({ mtu: 1500, ifindex: 2, tag: 4095 });
  });
});

test("what is not there is passed over", async () => {
  await withRecorder(new MemoryRevisionLog(), async (recorder) => {
    await full(recorder, "a", [hostNode("a")]);
    await recorder.record(told("a", new Map([[eth0, { ifindex: 2 }]])));
    expect(recorder.graph.get(eth0)).toBeUndefined();
  });
});

const refusals: readonly (readonly [string, string, ElementId, Attributes])[] = [
  ["another host's element", "topology.not_owner", interfaceId("b", undefined, "eth0"), { ifindex: 9 }],
  ["an element past its limits", "topology.element_too_large", eth0, { ovs_uuid: "u".repeat(5_000) }],
];
test.each(refusals)("%s is refused, and nothing told with it is taken", async (_, code, id, attributes) => {
  await withRecorder(new MemoryRevisionLog(), async (recorder) => {
    await full(recorder, "a", [hostNode("a"), nic("a", "eth0"), nic("a", "eth1")]);
    await full(recorder, "b", [nic("b", "eth0")]);
    const before = stateOf(recorder);
    const values = new Map([
      [interfaceId("a", undefined, "eth1"), { ifindex: 3 } as Attributes],
      [id, attributes],
    ]);
    await expect(recorder.record(told("a", values))).rejects.toMatchObject({ code });
    expect(stateOf(recorder)).toEqual(before);
  });
});
