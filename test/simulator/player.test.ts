import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { addToDigest, digestText, EMPTY_DIGEST } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { newFigures } from "../../simulator/agents/figures.ts";
import { Player } from "../../simulator/agents/player.ts";
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
