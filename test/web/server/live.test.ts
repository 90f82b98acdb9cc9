import type { connect } from "node:net";
import type { Socket } from "socket.io-client";
import { afterEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, hostId } from "../../../core/element-id.ts";
import { apply, type Change } from "../../../topology/model/change.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import type { LiveChanges, LiveCounts, SubscribeReply } from "../../../web/api/live.ts";
import { MAX_QUEUED_BATCHES } from "../../../web/server/live-subscriber.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { siteOfEachTest } from "../../fixtures/site-of-each-test.ts";
import { livePage } from "../../fixtures/topology-site.ts";
import { hostNode, nic } from "../../topology/arbitrary.ts";

const { site, start } = siteOfEachTest();

const LIMIT_MS = 20_000;

let pages: Socket[] = [];

/** A page that applies what it is told. */
async function page(request: unknown = { at: "live" }) {
  const socket = livePage(site().url);
  pages.push(socket);
  const batches: LiveChanges[] = [];
  const events: string[] = [];
  socket.on("changes", (batch: LiveChanges) => batches.push(batch));
  socket.on("resync", () => events.push("resync"));
  socket.on("incidents", () => events.push("incidents"));
  const subscribe = (what = request): Promise<SubscribeReply> =>
    socket.timeout(LIMIT_MS).emitWithAck("subscribe", what);
  const reply = await subscribe();
  const state = () => {
    if (reply.kind !== "full") throw new Error(reply.detail);
    const changes = batches.flatMap((batch) => batch.changes as readonly Change[]);
    return apply(topologyOf(reply.elements as readonly Element[]), changes);
  };
  return { socket, reply, batches, events, state, subscribe };
}

const put = (host: string, elements: readonly Element[]) =>
  site().recorder.record({
    kind: "changes",
    owner: { kind: "agent", host },
    at: epochMsOf(Date.now()),
    put: elements,
    remove: [],
  });
const live = () => new Map(Array.from(site().recorder.graph.elements(), (element) => [element.id, element]));

afterEach(() => {
  for (const socket of pages) socket.disconnect();
  pages = [];
});

describe("a page", () => {
  test("gets the full state, then numbered batches that lead to the live state, volatile attributes included", async () => {
    await start();
    await put("a", [hostNode("a"), nic("a", "eth0", { ifindex: 2 })]);
    const one = await page();
    expect(one.reply).toMatchObject({ kind: "full", cluster: "main", revision: 1, sequence: 0 });
    // All said in one turn: what travels together then does not depend on how fast this machine commits.
    await Promise.all(Array.from({ length: 200 }, (_, mtu) => put("a", [nic("a", "eth0", { mtu, ifindex: mtu })])));
    await eventually(() => one.batches.at(-1)?.revision === 201);
    expect(one.state()).toEqual(live());
    expect(one.batches.map(({ sequence }) => sequence)).toEqual(one.batches.map((_, index) => index + 1));
    expect(one.batches.length).toBeLessThan(200);
  });

  test("that comes later starts at a number the next batch follows", async () => {
    await start();
    const first = await page();
    await put("a", [hostNode("a")]);
    await eventually(() => first.batches.length === 1);
    await put("a", [nic("a", "eth0")]);
    const second = await page();
    await put("a", [nic("a", "eth1")]);
    await eventually(() => first.state().size === 3 && second.state().size === 3);
    const [next] = second.batches;
    expect(second.reply).toMatchObject({ sequence: (next?.sequence ?? 0) - 1 });
    expect([first.state(), second.state()]).toEqual([live(), live()]);
  });

  test("looking at one host hears of that host only", async () => {
    await start();
    await put("a", [hostNode("a")]);
    await put("b", [hostNode("b")]);
    const one = await page({ at: "live", cluster: "main", root: "host/a" });
    expect(one.reply).toMatchObject({ elements: [{ id: hostId("a") }] });
    await put("b", [nic("b", "eth0")]);
    await put("a", [nic("a", "eth0")]);
    await eventually(() => one.batches.length > 0);
    expect([...one.state().keys()]).toEqual(["host/a", "host/a/if/eth0"]);
  });

  test("of the whole cloud follows the counters of its places", async () => {
    await start();
    const rack = elementIdOf("region", "r", "zone", "z", "rack", "k");
    await put("a", [{ ...hostNode("a"), parent: rack }, nic("a", "eth0", { operstate: "up", admin_up: true })]);
    const one = await page({ at: "live", scope: { aggregate: true } });
    const counts: LiveCounts[] = [];
    one.socket.on("counts", (batch: LiveCounts) => counts.push(batch));
    expect(one.reply).toMatchObject({ kind: "counts", sequence: 0, places: { [rack]: { host: 1, nic: 1 } } });
    await put("a", [nic("a", "eth0", { operstate: "down", admin_up: true }), nic("a", "eth1")]);
    await eventually(() => counts.length > 0);
    const deltas = [
      { place: rack, counter: "down", delta: 1 },
      { place: rack, counter: "nic", delta: 1 },
    ];
    expect(counts).toMatchObject([{ sequence: 1, cluster: "main", deltas }]);
    expect(one.batches).toEqual([]);
  });

  test("is told when incidents change", async () => {
    await start();
    const one = await page();
    site().live.notifyIncidents();
    await eventually(() => one.events.includes("incidents"));
  });
});

describe("what is turned away", () => {
  test("whoever may not view", async () => {
    await start({ mayView: false });
    const socket = livePage(site().url);
    pages.push(socket);
    const error = await new Promise<unknown>((resolve) => socket.once("connect_error", resolve));
    expect(error).toMatchObject({ data: { code: "access.token_needed", hint: expect.any(String) } });
  });

  test.each([
    [null, "live.request_invalid"],
    [{ at: "yesterday" }, "live.request_invalid"],
    [{ at: "live", cluster: "other" }, "topology.cluster_unknown"],
    [{ at: "live", cluster: { $gt: "" } }, "topology.cluster_unknown"],
    [{ at: "live", root: "//" }, "topology.id_invalid"],
    [{ at: "live", scope: { root: "//" } }, "topology.id_invalid"],
    [{ at: "live", scope: "all" }, "live.request_invalid"],
    [{ at: "live", scope: { depth: 1 } }, "live.request_invalid"],
    [{ at: "live", scope: { kinds: ["no such kind"] } }, "live.request_invalid"],
  ])("%j with %s", async (request, code) => {
    await start();
    const one = await page(request);
    expect(one.reply).toMatchObject({ kind: "refused", code, hint: expect.any(String) });
  });
});

test("a page that stops reading is told to start over, and slows nobody down", async () => {
  await start();
  await put("a", [hostNode("a")]);
  const slow = await page();
  const quick = await page();
  const raw = rawSocketOf(slow.socket);
  raw.pause();
  const notes = (round: number) =>
    Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`note_${index}`, `${round} ${"x".repeat(4_000)}`]));
  for (let round = 0; round < 130; round++) {
    await put(
      "a",
      Array.from({ length: 4 }, (_, index) => nic("a", `eth${index}`, notes(round))),
    );
    await eventually(() => quick.batches.at(-1)?.revision === site().recorder.revision(), { withinMs: LIMIT_MS });
  }
  expect(quick.state()).toEqual(live());
  raw.resume();
  await eventually(() => slow.events.includes("resync"), { withinMs: LIMIT_MS });
  // Only a queue that is over its bound is dropped, and it is dropped whole.
  expect(quick.batches.length - slow.batches.length).toBeGreaterThan(MAX_QUEUED_BATCHES);
  const again = await slow.subscribe();
  expect(again).toMatchObject({ kind: "full", sequence: quick.batches.length });
}, 120_000);

/** The TCP socket below a client's WebSocket. */
function rawSocketOf(socket: Socket): ReturnType<typeof connect> {
  const transport: unknown = socket.io.engine.transport;
  return (transport as { ws: { _socket: ReturnType<typeof connect> } }).ws._socket;
}
