import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../core/clock.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { silentLog } from "../../core/log.ts";
import { eventually } from "../fixtures/eventually.ts";
import { siteOfEachTest } from "../fixtures/site-of-each-test.ts";
import { digestOf } from "../fixtures/topology-site.ts";
import { hostNode, nic } from "../topology/arbitrary.ts";

const { site, start, restart, agent } = siteOfEachTest();

const sessionOf = (host: string) =>
  site()
    .agents.statuses()
    .find((status) => status.host === host)?.session;

describe("a session", () => {
  test("hello, full, changes; then resume without a revision when both agree, full when they do not", async () => {
    await start();
    const first = agent();
    expect(await first.hello("a")).toMatchObject({ kind: "full", cluster: "main" });
    expect(await first.full([hostNode("a"), nic("a", "eth0", { ifindex: 2 })])).toMatchObject({
      kind: "ack",
      batch: 1,
    });
    expect(await first.changes([nic("a", "eth1")])).toMatchObject({ kind: "ack", batch: 2 });
    const state = [hostNode("a"), nic("a", "eth0"), nic("a", "eth1")];
    const revision = site().recorder.revision();
    first.close();
    const second = agent();
    expect(await second.hello("a", { digest: digestOf(state), last_ack: 2 })).toMatchObject({ kind: "resume" });
    expect(await agent().hello("a", { digest: "0000000000000000" })).toMatchObject({ kind: "full" });
    expect(site().recorder.revision()).toBe(revision);
  });

  test("after a collector restart the same digest resumes and nothing is recorded", async () => {
    await start();
    const state = [hostNode("a"), nic("a", "eth0", { mtu: 1500, addresses: ["10.0.0.1/24"] })];
    const first = agent();
    await first.hello("a");
    await first.full(state);
    const revision = site().recorder.revision();
    await restart();
    expect(await agent().hello("a", { digest: digestOf(state) })).toMatchObject({ kind: "resume" });
    expect(site().recorder.revision()).toBe(revision);
  });

  test("a full state in several parts is recorded once, with the last one", async () => {
    await start();
    const one = agent();
    await one.hello("a");
    expect(await one.full([hostNode("a")], { batch: 9, part: 0, parts: 2 })).toMatchObject({ kind: "ack" });
    expect(site().recorder.graph.get(hostId("a"))).toBeUndefined();
    expect(await one.full([nic("a", "eth0")], { batch: 9, part: 1, parts: 2 })).toMatchObject({ kind: "ack" });
    expect(site().recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(2);
    expect(await one.full([], { batch: 10, part: 1, parts: 2 })).toMatchObject({ code: "agent.out_of_order" });
    expect(site().recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(2);
  });

  test("protocol version and the one before it are understood, others are refused with both versions named", async () => {
    await start();
    expect(await agent().hello("a", { protocol: 0 })).toMatchObject({ kind: "full" });
    const refusal = await agent().hello("b", { protocol: 7 });
    expect(refusal).toMatchObject({ kind: "refused", code: "agent.protocol_unknown" });
    expect(refusal).toHaveProperty("hint", expect.stringMatching(/7.*0 and 1/));
  });

  test("event times are corrected by the clock offset, and an offset above 1 s shows", async () => {
    const warnings: object[] = [];
    const log: Log = { ...silentLog, warn: (fields, event) => warnings.push({ event, ...fields }) };
    await start({ log });
    const one = agent();
    await one.hello("a", { sent_at: Date.now() + 90_000 });
    const at = Date.now();
    await one.full([hostNode("a")], { at: at + 90_000 - 40, clock_offset_ms: 90_000 });
    const { body } = await site().get("/elements/host%2Fa/history");
    expect(body).toMatchObject({ changes: [{ at: at - 40 }] });
    expect(site().agents.statuses()).toMatchObject([
      { host: "a", session: "connected", clockOffsetMs: expect.closeTo(90_000, -3), version: "0.1.0" },
    ]);
    expect(warnings).toEqual([{ event: "agent clock is off", host: "a", clock_offset_ms: expect.closeTo(90_000, -4) }]);
  });

  test("a newer session of a host replaces the older one, which can write no more", async () => {
    const warnings: string[] = [];
    await start({ log: { ...silentLog, warn: (_, event) => warnings.push(event) } });
    const [older, newer] = [agent(), agent()];
    await older.hello("a");
    await newer.hello("a");
    await eventually(() => older.socket.disconnected);
    expect(warnings).toEqual(["agent session replaced by a newer one"]);
    expect(await newer.full([hostNode("a")])).toMatchObject({ kind: "ack" });
    expect(sessionOf("a")).toBe("connected");
  });
});

describe("silence", () => {
  test("a blip within the grace period records nothing", async () => {
    await start({ limits: { silenceGraceMs: 60_000 } });
    const one = agent();
    await one.hello("a");
    await one.full([hostNode("a")]);
    const revision = site().recorder.revision();
    one.close();
    await eventually(() => site().agents.connections() === 0);
    await agent().hello("a", { digest: digestOf([hostNode("a")]) });
    expect([site().recorder.revision(), sessionOf("a")]).toEqual([revision, "connected"]);
  });

  test("past it the agent is silent as of when it was lost; its elements stay; coming back is one more revision", async () => {
    await start({ limits: { silenceGraceMs: 60 } });
    const one = agent();
    await one.hello("a");
    await one.full([hostNode("a")]);
    one.close();
    await eventually(() => sessionOf("a") === "silent");
    expect(site().recorder.graph.get(hostId("a"))).toBeDefined();
    const history = await site().get("/elements/agent%2Fa/history");
    expect(history.body).toMatchObject({
      changes: [
        { change: { kind: "add" } },
        { change: { before: { session: "connected" }, after: { session: "silent" } } },
      ],
    });
    const [, silent] = (history.body as { changes: { at: number; known_at: number }[] }).changes;
    expect((silent?.known_at ?? 0) - (silent?.at ?? 0)).toBeGreaterThanOrEqual(50);
    const revision = site().recorder.revision();
    await agent().hello("a");
    expect([site().recorder.revision(), sessionOf("a")]).toEqual([revision + 1, "connected"]);
  });

  test("after a collector restart, hosts that do not return within the grace period turn silent", async () => {
    await start();
    const [a, b] = [agent(), agent()];
    await a.hello("a");
    await b.hello("b");
    let monotonicMs = 0;
    const clock: Clock = { now: systemClock.now, monotonicMs: () => monotonicMs };
    await restart({ clock, limits: { silenceGraceMs: 50 } });
    expect([sessionOf("a"), sessionOf("b")]).toEqual(["connected", "connected"]);
    await agent().hello("b");
    expect(sessionOf("a")).toBe("connected");
    monotonicMs += 50;
    await eventually(() => sessionOf("a") === "silent", { withinMs: 20_000 });
    expect(sessionOf("b")).toBe("connected");
  });
});

describe("bounds", () => {
  test("so many full states at once; others are told when to come back, and get their turn", async () => {
    await start({ limits: { fullStates: 1 } });
    const [a, b, c] = [agent(), agent(), agent()];
    expect(await a.hello("a")).toMatchObject({ kind: "full" });
    const later = await b.hello("b");
    expect(later).toMatchObject({ kind: "later", retry_after_ms: expect.any(Number) });
    await a.full([hostNode("a")]);
    expect(await b.hello("b")).toMatchObject({ kind: "full" });
    expect(await c.hello("c")).toMatchObject({ kind: "later" });
    b.close();
    await eventually(async () => (await c.hello("c")).kind === "full");
  });

  test("an abandoned full state gives its place back after a while", async () => {
    await start({ limits: { fullStates: 1, fullStateMs: 50 } });
    await agent().hello("a");
    const b = agent();
    await eventually(async () => (await b.hello("b")).kind === "full");
  });

  test("acknowledged only once durable: a full disk means later, nothing shown, and then it works without a gap", async () => {
    let isFull = false;
    await start({
      wrapStore: (store) => ({
        ...store,
        append: async (revisions) => {
          if (isFull) throw new OperatorError({ code: "store.full", message: "full", hint: "free some", status: 503 });
          await store.append(revisions);
        },
      }),
    });
    const one = agent();
    await one.hello("a");
    const revision = site().recorder.revision();
    isFull = true;
    expect(await one.full([hostNode("a")])).toMatchObject({ kind: "later", retry_after_ms: expect.any(Number) });
    expect(await one.changes([nic("a", "eth0")])).toMatchObject({ kind: "later" });
    expect(await agent().hello("b")).toMatchObject({ kind: "later" });
    expect(site().recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(0);
    isFull = false;
    expect(await one.full([hostNode("a")])).toMatchObject({ kind: "ack" });
    expect(await one.changes([nic("a", "eth0")])).toMatchObject({ kind: "ack" });
    expect(site().recorder.revision()).toBe(revision + 2);
    expect(site().recorder.graph.get(interfaceId("a", undefined, "eth0"))).toBeDefined();
  });
});
