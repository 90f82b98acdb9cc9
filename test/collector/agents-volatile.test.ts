import { afterEach, beforeEach, expect, test } from "vitest";
import { Ledger } from "../../agent/session/ledger.ts";
import { startTopologySession } from "../../agent/session/topology-session.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { watchInvariants } from "../../topology/invariants/watch-invariants.ts";
import { NO_EVENTS } from "../agent/fake-collector.ts";
import { eventually } from "../fixtures/eventually.ts";
import { siteOfEachTest } from "../fixtures/site-of-each-test.ts";
import { digestOf, type SiteOptions } from "../fixtures/topology-site.ts";
import { hostNode, nic } from "../topology/arbitrary.ts";

const { site, start, restart, agent } = siteOfEachTest();

let lifetime: Lifetime;

/** A collector that has been restarted since it took these full states. */
async function restartedWith(states: { readonly [host: string]: readonly Element[] }, options: SiteOptions = {}) {
  await start();
  for (const [host, elements] of Object.entries(states)) {
    const one = agent();
    await one.hello(host);
    await one.full(elements);
  }
  await restart(options);
}

beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

const eth0 = interfaceId("a", undefined, "eth0");
const state = [hostNode("a"), nic("a", "eth0", { mtu: 1500, ifindex: 2 })];
const digest = digestOf(state);
const told = (fields: object = {}) => {
  const values = { [eth0]: { ifindex: 2 } };
  return { batch: 1, last: true, at: Date.now(), clock_offset_ms: 0, values, ...fields };
};
const ifindex = () => site().recorder.graph.get(eth0)?.attributes.ifindex;

test("the first session after a restart is asked for volatile attributes, which come back without a revision", async () => {
  await restartedWith({ a: state });
  const revision = site().recorder.revision();
  expect(ifindex()).toBeUndefined();
  const one = agent();
  expect(await one.hello("a", { digest })).toMatchObject({ kind: "resume", wants_volatile: true });
  expect(await one.say("volatile", told())).toMatchObject({ kind: "ack", batch: 1 });
  expect([ifindex(), site().recorder.revision()]).toEqual([2, revision]);
  expect(await agent().hello("a", { digest })).toMatchObject({ kind: "resume", wants_volatile: false });
  expect(site().agents.counts()).toMatchObject({ sessionsResumed: 2, fullStates: 0, volatileStates: 1, refused: 0 });
});

test("an agent whose full state this process took is not asked", async () => {
  await start();
  const one = agent();
  await one.hello("a");
  await one.full(state);
  expect(await agent().hello("a", { digest })).toMatchObject({ kind: "resume", wants_volatile: false });
  expect(site().agents.counts()).toMatchObject({
    sessionsFull: 1,
    sessionsResumed: 1,
    fullStates: 1,
    volatileStates: 0,
  });
});

test("what was told in part only is asked for again", async () => {
  await restartedWith({ a: state });
  const one = agent();
  await one.hello("a", { digest });
  expect(await one.say("volatile", told({ last: false }))).toMatchObject({ kind: "ack" });
  one.close();
  expect(await agent().hello("a", { digest })).toMatchObject({ wants_volatile: true });
});

test("an agent that does not know of this goes on with changes", async () => {
  await restartedWith({ a: state });
  const one = agent();
  expect(await one.hello("a", { protocol: 0, digest })).toMatchObject({ kind: "resume" });
  const revision = site().recorder.revision();
  expect(await one.changes([nic("a", "eth0", { mtu: 9000, ifindex: 3 })])).toMatchObject({ kind: "ack" });
  expect([ifindex(), site().recorder.revision()]).toEqual([3, revision + 1]);
});

test("volatile attributes take turns with full states, and keep their turn from part to part", async () => {
  await restartedWith({ a: state }, { limits: { fullStates: 1 } });
  const [a, b] = [agent(), agent()];
  await a.hello("a", { digest });
  expect(await b.hello("b")).toMatchObject({ kind: "full" });
  expect(await a.say("volatile", told())).toMatchObject({ kind: "later", retry_after_ms: expect.any(Number) });
  expect(ifindex()).toBeUndefined();
  await b.full([hostNode("b")]);
  expect(await a.say("volatile", told({ last: false }))).toMatchObject({ kind: "ack" });
  expect(await agent().hello("c")).toMatchObject({ kind: "later" });
  expect(await a.say("volatile", told())).toMatchObject({ kind: "ack" });
  expect(await agent().hello("c")).toMatchObject({ kind: "full" });
  expect(site().agents.counts()).toMatchObject({ toldToWait: 2 });
});

test("nobody tells of another host, nor before hello", async () => {
  const other = [hostNode("b"), nic("b", "eth0", { ifindex: 7 })];
  await restartedWith({ a: state, b: other }, { limits: { fullStates: 1 } });
  const one = agent();
  expect(await one.say("volatile", told())).toMatchObject({ code: "agent.hello_first" });
  await one.hello("b", { digest: digestOf(other) });
  expect(await one.say("volatile", told())).toMatchObject({ kind: "refused", code: "topology.not_owner" });
  expect(ifindex()).toBeUndefined();
  expect(await agent().hello("c")).toMatchObject({ kind: "full" });
  expect(await agent().hello("b", { digest: digestOf(other) })).toMatchObject({ wants_volatile: true });
  expect(site().agents.counts()).toMatchObject({ refused: 2 });
});

const many = Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [interfaceId("a", undefined, `e${n}`), {}]));
const hostile: readonly (readonly [string, unknown])[] = [
  ["no message", undefined],
  ["no batch", told({ batch: "1" })],
  ["a time that is none", told({ at: "now" })],
  ["an offset that is none", told({ clock_offset_ms: null })],
  ["an end that is none", told({ last: 1 })],
  ["no values", told({ values: undefined })],
  ["a list of values", told({ values: [] })],
  ["an id that is none", told({ values: { "a//b": {} } })],
  ["an id with a control character", told({ values: { "host/a/if/%1B": {} } })],
  ["a poisoned prototype", told({ values: { [eth0]: JSON.parse('{"__proto__":{"ifindex":1}}') } })],
  ["attributes that are none", told({ values: { [eth0]: 1 } })],
  ["nested attributes", told({ values: { [eth0]: { ifindex: { deep: 1 } } } })],
  ["reserved attributes", told({ values: { [eth0]: { "@name": "x" } } })],
  ["unclean text", told({ values: { [eth0]: { ovs_uuid: "\u001b[2J" } } })],
  ["more elements than fit", told({ values: many })],
];
test("a hostile message is refused by name, changes nothing, keeps no turn, and the session goes on", async () => {
  await restartedWith({ a: state }, { limits: { fullStates: 1 } });
  const one = agent();
  await one.hello("a", { digest });
  for (const [name, message] of hostile) {
    const detail = expect.stringContaining("message volatile");
    expect(await one.say("volatile", message), name).toMatchObject({ code: "agent.message_invalid", detail });
  }
  expect(ifindex()).toBeUndefined();
  const other = agent();
  expect(await other.hello("b")).toMatchObject({ kind: "full" });
  other.close();
  await eventually(async () => ((await one.say("volatile", told())) as { kind: string }).kind === "ack");
  expect(ifindex()).toBe(2);
});

test("an agent that outlived the collector makes known again what findings rest on", async () => {
  const dead = nic("a", "tap1", { mtu: 1500, tag: 4095, ofport: 5 });
  const elements = [hostNode("a"), { ...dead, kind: "ovs-port" as const }];
  await restartedWith({ a: elements });
  const options = { recorder: site().recorder, clock: systemClock, log: silentLog };
  const findings = watchInvariants(options, lifetime);
  await eventually(() => findings.isReady());
  expect([...findings.open()]).toEqual([]);
  const revision = site().recorder.revision();
  const ledger = new Ledger();
  ledger.update(elements, epochMsOf(systemClock.now()), new Map());
  ledger.acknowledgeFull(elements);
  const session = { collectorUrl: site().url, token: undefined, host: "a", bootId: "boot-1", version: "0.1.0" };
  const deps = { events: NO_EVENTS, clock: systemClock, log: silentLog, random: () => 0 };
  startTopologySession(session, ledger, deps, lifetime);
  await eventually(() => [...findings.open()].some(({ invariant }) => invariant === "ovs_dead_vlan"));
  expect(site().recorder.graph.get(dead.id)?.attributes).toEqual(dead.attributes);
  expect(site().agents.counts()).toMatchObject({ sessionsResumed: 1, fullStates: 0, volatileStates: 1 });
  expect(site().recorder.revision()).toBe(revision);
});
