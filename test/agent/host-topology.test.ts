import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startHostTopology } from "../../agent/host-topology.ts";
import type { HostView } from "../../agent/probe.ts";
import { createProcReader } from "../../agent/proc-reader.ts";
import { type EpochMs, systemClock } from "../../core/clock.ts";
import { type Element, isLink, type Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { eventually } from "../fixtures/eventually.ts";

const domain: Node = {
  id: elementIdOf("host", "h", "domain", "v"),
  kind: "domain",
  name: "instance-1",
  cluster: "",
  host: "h",
  parent: hostId("h"),
  attributes: { interfaces: ["vf:0000:3b:02.1"] },
};

test("an agent that starts again tells at once what its sources make of what others say: nothing seems to go and come", async () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  let known: ReadonlyMap<ElementId, Element> = new Map();
  /** One source says the machine, another something of each machine it knows of. */
  const contributions = (_: HostView) => [
    { elements: [], attributes: new Map([...known.keys()].map((id) => [id, { joined: true }])) },
    { elements: [domain] },
  ];
  const first = Promise.withResolvers<readonly Element[]>();
  await startHostTopology(
    { host: "h", location: undefined, metadata: {} },
    {
      ...{ proc: createProcReader(), clock: systemClock, log: silentLog, contributions, report: () => {} },
      ...{ sources: () => [], ready: Promise.resolve() },
      onJoined: (elements) => {
        known = elements;
      },
      onState: first.resolve,
    },
    lifetime,
  );
  const told = (await first.promise).filter((it) => !isLink(it));
  expect(told.find(({ id }) => id === domain.id)?.attributes).toMatchObject({ joined: true });
});

test("what a source says while the kernel is being read is not dated before it was said", async () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const first = Promise.withResolvers<EpochMs>();
  const topology = await startHostTopology(
    { host: "h", location: undefined, metadata: {} },
    {
      ...{ proc: createProcReader(), clock: systemClock, log: silentLog, contributions: () => [], report: () => {} },
      ...{ sources: () => [], ready: Promise.resolve(), onJoined: () => {} },
      onState: (_, seenAt) => first.resolve(seenAt),
    },
    lifetime,
  );
  // The sign that the reading goes by is there; the reading is not done yet.
  await wait(10);
  const saidAt = systemClock.now();
  topology.changed();
  expect(await first.promise).toBeGreaterThanOrEqual(saidAt);
});

test("a source that says something new all the time does not keep the agent busy with telling it", async () => {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  let tellings = 0;
  /** Costs 20 ms, as with thousands of elements. */
  const contributions = (_: HostView) => {
    for (const untilMs = performance.now() + 20; performance.now() < untilMs; );
    return [];
  };
  const topology = await startHostTopology(
    { host: "h", location: undefined, metadata: {} },
    {
      ...{ proc: createProcReader(), clock: systemClock, log: silentLog, contributions, report: () => {} },
      ...{ sources: () => [], ready: Promise.resolve(), onJoined: () => {}, onState: () => tellings++ },
    },
    lifetime,
  );
  await eventually(() => tellings > 0);
  // What the kernel says is told with each reading of it, and other tests make it say something.
  const asked = () => tellings - topology.reads;
  const before = asked();
  for (const untilMs = performance.now() + 900; performance.now() < untilMs; ) {
    topology.changed();
    await new Promise(setImmediate);
  }
  // At most each 200 ms; told together only, there would be twenty.
  expect(asked() - before).toBeLessThan(8);
});
