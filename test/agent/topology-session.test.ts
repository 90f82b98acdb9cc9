import { afterEach, beforeEach, expect, test } from "vitest";
import { Ledger } from "../../agent/session/ledger.ts";
import { startTopologySession } from "../../agent/session/topology-session.ts";
import { MAX_AGENT_MESSAGE_BYTES, MAX_ELEMENTS_PER_BATCH } from "../../core/agent-protocol.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type FakeCollector, NO_EVENTS, startFakeCollector } from "./fake-collector.ts";
import { recordedLog } from "./recorded-log.ts";

let lifetime: Lifetime;
let collector: FakeCollector;

beforeEach(async () => {
  lifetime = new Lifetime();
  collector = await startFakeCollector(lifetime);
});
afterEach(() => lifetime.end());

const id = (name: string) => interfaceId("h", undefined, name);
const nic = (name: string, mtu = 1500): Element => ({
  id: id(name),
  kind: "nic",
  name,
  cluster: "",
  host: "h",
  attributes: { mtu },
});
const now = () => epochMsOf(systemClock.now());

function start(options: { readonly token?: string; readonly cluster?: string } = {}) {
  const { log, entries } = recordedLog();
  const ledger = new Ledger();
  const changed = startTopologySession(
    {
      collectorUrl: collector.url,
      token: options.token,
      host: "h",
      cluster: options.cluster,
      bootId: "boot-1",
      version: "1.2.3",
      refusedRetryMs: 50,
      replyTimeoutMs: 1_000,
    },
    ledger,
    { events: NO_EVENTS, clock: systemClock, log, random: () => 0 },
    lifetime,
  );
  const show = (elements: readonly Element[], at = now(), renamed = new Map<ElementId, ElementId>()) => {
    ledger.update(elements, at, renamed);
    changed();
  };
  return { ledger, entries, show };
}
const knows = (...names: readonly string[]) =>
  eventually(
    () => {
      const known = [...collector.elements.values()].map((it) => ("name" in it ? it.name : it.id));
      return known.toSorted().join() === names.toSorted().join();
    },
    { what: `the collector to know ${names.join(", ")}` },
  );
const settled = (ledger: Ledger) =>
  eventually(() => ledger.nextDifference(1) === undefined, { what: "every difference told" });

test.each([["blue"], [undefined]])(
  "a host says the cluster it was told it belongs to, or none: %s",
  async (cluster) => {
    const { show } = start(cluster === undefined ? {} : { cluster });
    show([nic("a")]);
    await knows("a");
    expect(collector.hellos[0]?.cluster ?? undefined).toBe(cluster);
  },
);

test("the first conversation tells who this is and everything there is; then only what changed", async () => {
  const { show, ledger } = start();
  show([nic("a"), nic("b")]);
  await knows("a", "b");
  expect(collector.hellos[0]).toMatchObject({
    protocol: 1,
    host: "h",
    boot_id: "boot-1",
    agent_version: "1.2.3",
    last_ack: 0,
  });
  expect(collector.hellos[0]?.digest ?? undefined).toBeUndefined();
  expect(collector.fulls).toHaveLength(1);
  await settled(ledger);
  show([nic("a", 9000), nic("c")], epochMsOf(777), new Map([[id("c"), id("b")]]));
  await knows("a", "c");
  expect(collector.changes).toEqual([
    expect.objectContaining({
      at: 777,
      put: [
        { ...nic("a", 9000), cluster: "test" },
        { ...nic("c"), cluster: "test" },
      ],
      remove: [id("b")],
      renamed: { [id("c")]: id("b") },
    }),
  ]);
  await settled(ledger);
});

test("nothing is said before there is something to say", async () => {
  const { show } = start();
  await eventually(() => collector.connections() > 0, { what: "the connection" });
  expect(collector.hellos).toEqual([]);
  show([nic("a")]);
  await knows("a");
});

test("a large state goes in parts of one batch", async () => {
  const { show, ledger } = start();
  show(Array.from({ length: MAX_ELEMENTS_PER_BATCH * 2 + 1 }, (_, n) => nic(`if${n}`)));
  await settled(ledger);
  expect(collector.fulls.map(({ batch, part, parts, elements }) => [batch, part, parts, elements.length])).toEqual([
    [1, 0, 3, 2000],
    [1, 1, 3, 2000],
    [1, 2, 3, 1],
  ]);
});

test("after a short loss both agree, and only what happened meanwhile is told, with its time", async () => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.expectedDigest = ledger.digest;
  collector.disconnectAll();
  show([nic("a"), nic("b")], epochMsOf(555));
  await knows("a", "b");
  expect(collector.hellos.at(-1)).toMatchObject({ digest: collector.expectedDigest, last_ack: 1 });
  expect(collector.fulls).toHaveLength(1);
  expect(collector.changes.map(({ at }) => at)).toEqual([555]);
});

test("a collector that hangs up in order is come back to", async () => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.hangUp();
  show([nic("a"), nic("b")]);
  await knows("a", "b");
  expect(collector.hellos).toHaveLength(2);
});

test("when they do not agree the whole state is told again", async () => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.elements.clear();
  collector.disconnectAll();
  await knows("a");
  expect(collector.fulls).toHaveLength(2);
});

test("a batch whose answer was lost is told again after the reconnection", async () => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.expectedDigest = ledger.digest;
  collector.batchReplies.push("drop");
  show([nic("a"), nic("b")], epochMsOf(555));
  await knows("a", "b");
  expect(collector.fulls).toHaveLength(1);
  expect(collector.changes.map(({ at }) => at)).toEqual([555]);
});

test("`later` is obeyed for hello and for batches", async () => {
  collector.helloReplies.push({ kind: "later", retry_after_ms: 100, server_at: now() });
  collector.batchReplies.push({ kind: "later", retry_after_ms: 100, server_at: now() });
  const { show } = start();
  const startedMs = performance.now();
  show([nic("a")]);
  await knows("a");
  expect(performance.now() - startedMs).toBeGreaterThan(190);
  expect(collector.hellos).toHaveLength(2);
});

test.each(["later", "refused"] as const)("changes that were answered with `%s` are told again", async (kind) => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.expectedDigest = ledger.digest;
  const later = { kind: "later", retry_after_ms: 10, server_at: now() } as const;
  const refused = { kind: "refused", code: "topology.full", detail: "full", hint: "make room" } as const;
  collector.batchReplies.push(kind === "later" ? later : refused);
  show([nic("a"), nic("b")], epochMsOf(555));
  await knows("a", "b");
  expect(collector.changes.map(({ at }) => at)).toEqual([555]);
});

test("the collector can ask for the whole state at any time", async () => {
  const { show, ledger } = start();
  show([nic("a")]);
  await knows("a");
  await settled(ledger);
  collector.elements.clear();
  collector.resync();
  await knows("a");
  expect(collector.hellos).toHaveLength(1);
});

test("a refusal is said with what to do about it, and tried again after a while", async () => {
  const refusal = { kind: "refused", code: "agent.protocol_unknown", detail: "protocol 1", hint: "upgrade" } as const;
  collector.helloReplies.push(refusal);
  const { show, entries } = start();
  show([nic("a")]);
  await knows("a");
  expect(entries.find(({ level }) => level === "error")).toMatchObject({
    event: "topology session refused",
    fields: { code: "agent.protocol_unknown", hint: "upgrade" },
  });
});

test("an agent that is turned away at the door says why, and comes back", async () => {
  collector.token = "right";
  const { show, entries } = start({ token: "wrong" });
  show([nic("a")]);
  const refused = await eventually(() => entries.find(({ level }) => level === "error"), { what: "the refusal" });
  expect(refused.fields).toMatchObject({ code: "access.denied", hint: "give a token" });
  expect(JSON.stringify(entries)).not.toContain("wrong");
  collector.token = "wrong";
  await knows("a");
});

test("an answer that nobody understands is a refusal", async () => {
  collector.helloReplies.push(JSON.parse('{"kind":"dance"}'));
  const { show, entries } = start();
  show([nic("a")]);
  await knows("a");
  expect(entries.find(({ level }) => level === "error")?.fields).toMatchObject({ code: "agent.reply_unknown" });
});

test("an outage is said once, however many attempts it takes", async () => {
  const { show, entries } = start();
  show([nic("a")]);
  await knows("a");
  const port = Number(new URL(collector.url).port);
  await collector.stop();
  await eventually(() => entries.some(({ event }) => event === "topology session lost"), { what: "the loss" });
  collector = await startFakeCollector(lifetime, port);
  await knows("a");
  expect(entries.filter(({ event }) => event === "topology session lost")).toHaveLength(1);
});

test("the agent's clock is measured against the collector's", async () => {
  const aheadMs = 5_000;
  const [askedMs, readingsMs]: [number[], number[]] = [[], []];
  const kept = (times: number[]) => times[times.push(systemClock.monotonicMs()) - 1] ?? 0;
  const ahead = {
    now: () => {
      kept(askedMs);
      return epochMsOf(systemClock.now() + aheadMs);
    },
    monotonicMs: () => kept(readingsMs),
  };
  const ledger = new Ledger();
  ledger.update([nic("a")], ahead.now(), new Map());
  const options = { collectorUrl: collector.url, token: undefined, host: "h", bootId: "b", version: "1" };
  startTopologySession(
    options,
    ledger,
    { events: NO_EVENTS, clock: ahead, log: recordedLog().log, random: () => 0 },
    lifetime,
  );
  await knows("a");
  // Measured with hello, which was the first to be timed: wrong by half of its round trip, the time since `now`, and rounding.
  const [sentMs = 0, answeredMs = 0] = readingsMs;
  const apartMs = sentMs - (askedMs.findLast((ms) => ms <= sentMs) ?? sentMs);
  const errorMs = Math.abs((collector.fulls[0]?.clock_offset_ms ?? 0) - aheadMs);
  expect(errorMs).toBeLessThanOrEqual((answeredMs - sentMs) / 2 + apartMs + 2);
});

test("elements with a thousand routes each go in messages that the collector takes", async () => {
  const long = (n: number, mtu: number): Element => {
    const routes = Array.from({ length: 1_000 }, (_, i) => `10.${n}.0.0/24 via 10.0.0.1 metric ${i}`);
    return { ...nic(`e${n}`), attributes: { mtu, routes } };
  };
  const many = Array.from({ length: 300 }, (_, n) => n);
  const { show } = start();
  show(many.map((n) => long(n, 1)));
  const are = (mtu: number) =>
    eventually(() => [...collector.elements.values()].filter((it) => it.attributes.mtu === mtu).length === many.length);
  await are(1);
  expect(collector.fulls.map(({ part }) => part)).toEqual(collector.fulls.map((_, part) => part));
  const sizes = () => [...collector.fulls, ...collector.changes].map((it) => Buffer.byteLength(JSON.stringify(it)));
  show(many.map((n) => long(n, 2)));
  await are(2);
  expect(Math.max(...sizes())).toBeLessThan(MAX_AGENT_MESSAGE_BYTES / 2);
});
