import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { addToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { newFigures } from "../../simulator/agents/figures.ts";
import { Player } from "../../simulator/agents/player.ts";
import { parseMeshPlan } from "../../simulator/agents/replies.ts";
import type { SaidEvent } from "../../simulator/day/utterance.ts";
import { type FakeCollector, startFakeCollector } from "../agent/fake-collector.ts";
import { eventually } from "../fixtures/eventually.ts";
import { nic } from "../topology/arbitrary.ts";

let lifetime: Lifetime;
let collector: FakeCollector;
let player: Player | undefined;

beforeEach(async () => {
  lifetime = new Lifetime();
  collector = await startFakeCollector(lifetime);
});
afterEach(async () => {
  player?.fallSilent("stopped");
  await lifetime.end();
});

/** A simulated agent that takes it that its collector knows these elements. */
function play(elements: readonly Element[]) {
  collector.expectedDigest = digestText(elements.reduce(addToDigest, EMPTY_DIGEST));
  const figures = newFigures();
  const part = { host: "h", cluster: undefined, bootId: "b", elements: () => elements };
  const options = { collectorUrl: collector.url, token: undefined, version: "1" };
  player = new Player(part, { ...options, clock: systemClock, random: () => 0, figures });
  player.appear(part, "state");
  player.connect();
  return { figures, player };
}

const eth0 = interfaceId("h", undefined, "eth0");

test("a simulated agent tells its volatile attributes when a restarted collector asks for them", async () => {
  collector.wantsVolatile = true;
  const { figures } = play([nic("h", "eth0", { mtu: 1500, ifindex: 2 }), nic("h", "eth1")]);
  await eventually(() => figures.volatile === 1, { what: "the values" });
  expect(collector.volatiles).toMatchObject([{ last: true, values: { [eth0]: { ifindex: 2 } } }]);
  expect(collector.fulls).toEqual([]);
});

test("told to wait, it tells changes meanwhile", async () => {
  collector.wantsVolatile = true;
  collector.volatileReplies.push({ kind: "later", retry_after_ms: 100, server_at: systemClock.now() });
  const before = nic("h", "eth0", { ifindex: 2 });
  const { figures, player } = play([before]);
  await eventually(() => figures.later === 1, { what: "the first attempt" });
  player.change([{ id: eth0, before, after: nic("h", "eth0", { mtu: 9000, ifindex: 2 }) }], systemClock.now());
  await eventually(() => collector.changes.length === 1, { what: "the change" });
  expect(figures.volatile).toBe(0);
  await eventually(() => figures.volatile === 1, { what: "the second attempt" });
});

test("not asked, it tells none", async () => {
  const { figures } = play([nic("h", "eth0", { ifindex: 2 })]);
  await eventually(() => figures.resumed === 1 && player?.isSettled === true, { what: "the session" });
  expect(collector.volatiles).toEqual([]);
});

const booted: SaidEvent = {
  id: "boot-b",
  kind: "host-booted",
  element: hostId("h"),
  severity: "warning",
  text: "h booted",
  attributes: {},
};

test("what happened is told once the collector takes it, after what changed, by the clock of the host", async () => {
  collector.eventReplies.push({ kind: "later", retry_after_ms: 50, server_at: systemClock.now() });
  const before = nic("h", "eth0");
  const { figures, player } = play([before]);
  await eventually(() => player.isSettled && figures.resumed === 1, { what: "the session" });
  const seenAt = systemClock.now();
  player.setClock(5_000);
  player.tell([booted], seenAt);
  player.change([{ id: eth0, before, after: nic("h", "eth0", { mtu: 9000 }) }], seenAt);
  expect(player.isSettled).toBe(false);
  await eventually(() => collector.events.length === 1, { what: "the event, after it was told to wait" });
  expect(collector.events).toEqual([{ ...booted, at: seenAt + 5_000 }]);
  expect(collector.changes).toHaveLength(1);
  await eventually(() => player.isSettled, { what: "all to be told" });
  expect(figures).toMatchObject({ events: 1, later: 1, refused: 0 });
});

test("events that are refused are left out, and the session goes on", async () => {
  collector.eventReplies.push({ kind: "refused", code: "agent.invalid", detail: "no", hint: "none" });
  const { figures, player } = play([nic("h", "eth0")]);
  player.tell([booted], systemClock.now());
  await eventually(() => figures.refused === 1, { what: "the refusal" });
  player.tell([{ ...booted, id: "other" }], systemClock.now());
  await eventually(() => collector.events.length === 1, { what: "the next event" });
  expect(collector.events.map(({ id }) => id)).toEqual(["other"]);
  expect(collector.hellos).toHaveLength(1);
  expect(figures.events).toBe(1);
});

test("a collector that does not know of events gets none; they wait for one that does", async () => {
  collector.takesEvents = false;
  const { figures, player } = play([nic("h", "eth0")]);
  player.tell([booted], systemClock.now());
  await eventually(() => player.isSettled, { what: "the session" });
  expect(collector.events).toEqual([]);
  collector.takesEvents = true;
  collector.disconnectAll();
  await eventually(() => figures.events === 1, { what: "the event" });
});

test("a plan of the mesh is taken over without the peers that are none, and what is no plan is not", () => {
  const peer = { host: "i", path: "underlay", class: "rack", address: "100.64.0.2", port: 8_643 };
  const plan = { key: "0".repeat(64), interval_ms: 1_000, peers: [peer] };
  expect(parseMeshPlan({ ...plan, peers: [peer, { ...peer, class: "moon" }, "j"] })).toEqual(plan);
  for (const wrong of [undefined, { ...plan, peers: "all" }, { ...plan, interval_ms: 0 }, { ...plan, key: 1 }]) {
    expect(parseMeshPlan(wrong)).toBeUndefined();
  }
});
