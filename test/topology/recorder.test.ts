import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { type Element, linkOf } from "../../core/element.ts";
import { agentId, elementIdOf, hostId, interfaceId, parseElementId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { ELEMENT_LIMITS, type ElementLimits } from "../../topology/limits.ts";
import { apply, withoutVolatile } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { EMPTY_TOPOLOGY } from "../../topology/model/topology.ts";
import { openRecorder, type Recorder } from "../../topology/recorder.ts";
import { elementArbitrary, hostNode, idsOf, nic } from "./arbitrary.ts";
import { MemoryRevisionLog, SetClock } from "./fakes.ts";

const NOW = 1_700_000_000_000;
const owner = (host: string) => ({ kind: "agent", host }) as const;

let lifetime: Lifetime;
let store: MemoryRevisionLog;
let clock: SetClock;
let recorder: Recorder;

const open = (limits?: ElementLimits) => openRecorder({ cluster: "c", store, clock, log: silentLog, limits }, lifetime);
const full = (host: string, elements: readonly Element[], at = NOW) =>
  recorder.record({ kind: "full", owner: owner(host), at: epochMsOf(at), elements });
const put = (host: string, elements: readonly Element[], at = NOW) =>
  recorder.record({ kind: "changes", owner: owner(host), at: epochMsOf(at), put: elements, remove: [] });

beforeEach(async () => {
  lifetime = new Lifetime();
  store = new MemoryRevisionLog();
  clock = new SetClock(NOW);
  recorder = await open();
});
afterEach(() => lifetime.end());

describe("what is recorded", () => {
  test("whatever hosts say, the live graph is what they said last, and so is the log replayed", async () => {
    const statement = fc.record({ host: fc.constantFrom("a", "b"), isFull: fc.boolean() });
    const said = statement.chain(({ host, isFull }) =>
      fc.array(elementArbitrary(host), { maxLength: 6 }).map((elements) => ({ host, isFull, elements })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(said, { maxLength: 8 }), async (statements) => {
        store = new MemoryRevisionLog();
        recorder = await open();
        const expected = new Map<string, Map<string, Element>>();
        for (const { host, isFull, elements } of statements) {
          const known = isFull ? new Map<string, Element>() : (expected.get(host) ?? new Map<string, Element>());
          for (const element of elements) known.set(element.id, "from" in element ? element : { ...element, host });
          expected.set(host, known);
        }
        await Promise.all(statements.map(({ host, isFull, elements }) => (isFull ? full : put)(host, elements)));
        const wanted = new Map([...expected.values()].flatMap((known) => [...known]));
        const graph = new Map(Array.from(recorder.graph.elements(), (element) => [element.id, element]));
        expect(graph).toEqual(wanted);
        const replayed = apply(
          EMPTY_TOPOLOGY,
          store.revisions.flatMap(({ changes }) => changes),
        );
        const versioned = new Map(Array.from(wanted, ([id, element]) => [id, withoutVolatile(element)]));
        expect(replayed).toEqual(versioned);
      }),
      { numRuns: 60 },
    );
  });

  test("a full state removes what it does not name, of its own host only", async () => {
    await full("a", [hostNode("a"), nic("a", "eth0"), nic("a", "eth1")]);
    await full("b", [hostNode("b")]);
    await full("a", [hostNode("a"), nic("a", "eth1")]);
    expect(idsOf(recorder.graph.elements())).toEqual(["host/a", "host/a/if/eth1", "host/b"]);
  });

  test("saying the same again is no revision", async () => {
    expect(await full("a", [hostNode("a"), nic("a", "eth0", { mtu: 1500 })])).toBe(1);
    expect(await full("a", [hostNode("a"), nic("a", "eth0", { mtu: 1500 })])).toBeUndefined();
    expect(recorder.revision()).toBe(1);
  });

  test("volatile differences are current at once, told to listeners, and never versioned", async () => {
    const seen: unknown[] = [];
    recorder.onVolatile(({ changes }) => seen.push(...changes));
    await put("a", [nic("a", "eth0", { mtu: 1500, ifindex: 2 })]);
    expect(await put("a", [nic("a", "eth0", { mtu: 1500, ifindex: 7 })])).toBeUndefined();
    const id = interfaceId("a", undefined, "eth0");
    expect(recorder.graph.get(id)?.attributes).toEqual({ mtu: 1500, ifindex: 7 });
    expect(seen).toEqual([
      { kind: "update", id, subject: { kind: "nic", name: "eth0" }, before: {}, after: { ifindex: 2 } },
      { kind: "update", id, subject: { kind: "nic", name: "eth0" }, before: { ifindex: 2 }, after: { ifindex: 7 } },
    ]);
    expect(JSON.stringify(store.revisions)).not.toContain("ifindex");
  });

  test("a rename is one removal and one addition that names it", async () => {
    await put("a", [nic("a", "eth0")]);
    const [oldId, newId] = [interfaceId("a", undefined, "eth0"), interfaceId("a", undefined, "wan")];
    const renamed = new Map([[newId, oldId]]);
    const at = epochMsOf(NOW);
    await recorder.record({ kind: "changes", owner: owner("a"), at, put: [nic("a", "wan")], remove: [oldId], renamed });
    expect(store.revisions.at(-1)?.changes).toMatchObject([
      { kind: "remove", element: { id: oldId } },
      { kind: "add", element: { id: newId }, renamedFrom: oldId },
    ]);
  });

  test("cluster and host are the session's, whatever the agent wrote", async () => {
    await put("a", [{ ...nic("a", "eth0"), cluster: "elsewhere", host: undefined }]);
    expect(recorder.graph.get(interfaceId("a", undefined, "eth0"))).toMatchObject({ cluster: "c", host: "a" });
  });
});

describe("who may write what", () => {
  const foreign = interfaceId("b", undefined, "eth0");
  const own = interfaceId("a", undefined, "eth0");
  const escaped = parseElementId("host/%61/if/eth0") ?? own;
  const cases: readonly (readonly [string, Element])[] = [
    ["another host's interface", nic("b", "eth0")],
    ["a host whose name begins like its own", hostNode("a2")],
    ["its own agent node", { ...hostNode("a"), id: agentId("a"), kind: "agent" }],
    ["what belongs to nobody", { ...hostNode("a"), id: elementIdOf("vm", "1"), kind: "vm" }],
    ["an element that says it is of another host", { ...nic("a", "eth0"), host: "b" }],
    ["an element below another host's", { ...nic("a", "eth0"), parent: hostId("b") }],
    ["a link that starts elsewhere", { ...linkOf("layer2", own, foreign), from: foreign, to: own }],
    ["its own host written with needless escapes", { ...nic("a", "eth0"), id: escaped }],
  ];
  test.each(cases)("an agent may not write %s", async (_name, element) => {
    await expect(put("a", [element])).rejects.toMatchObject({ code: "topology.not_owner", status: 403 });
    await expect(full("a", [element])).rejects.toMatchObject({ code: "topology.not_owner" });
    expect(recorder.graph.size).toBe(0);
  });

  test("an agent may not remove or rename away what is another's", async () => {
    await put("b", [nic("b", "eth0")]);
    const at = epochMsOf(NOW);
    const remove = recorder.record({ kind: "changes", owner: owner("a"), at, put: [], remove: [foreign] });
    await expect(remove).rejects.toMatchObject({ code: "topology.not_owner" });
    const renamed = new Map([[own, foreign]]);
    await recorder.record({ kind: "changes", owner: owner("a"), at, put: [nic("a", "eth0")], remove: [], renamed });
    expect(recorder.graph.get(foreign)).toBeDefined();
  });

  test("a link may lead to another host's element", async () => {
    await put("a", [linkOf("tunnel", own, foreign)]);
    expect(recorder.graph.size).toBe(1);
  });
});

describe("limits", () => {
  const cases: readonly (readonly [string, Element])[] = [
    ["too many attributes", nic("a", "eth0", Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, i])))],
    ["too long a text", nic("a", "eth0", { text: "x".repeat(5_000) })],
    ["too long a list", nic("a", "eth0", { list: Array.from({ length: 3_000 }, (_, i) => i) })],
    ["too long an attribute name", nic("a", "eth0", { ["n".repeat(300)]: 1 })],
    [
      "too much in all",
      nic("a", "eth0", Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, "x".repeat(4_000)]))),
    ],
  ];
  test.each(cases)("%s is refused by name", async (_name, element) => {
    const refused = expect(put("a", [element])).rejects;
    await refused.toMatchObject({ code: "topology.element_too_large", status: 413 });
    await expect(put("a", [element])).rejects.toThrow("host/a/if/eth0");
  });

  test("a host may have so many elements, also when several statements share a commit", async () => {
    recorder = await open({ ...ELEMENT_LIMITS, elementsPerHost: 2 });
    const results = await Promise.allSettled(["e0", "e1", "e2"].map((name) => put("a", [nic("a", name)])));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(results[2]).toMatchObject({ reason: { code: "topology.too_many_elements" } });
    expect(await put("a", [nic("a", "e1", { mtu: 9000 })])).toBe(3);
  });
});

describe("durability", () => {
  test("nothing is applied, told or acknowledged before it is durable", async () => {
    const disk = Promise.withResolvers<void>();
    store.held = disk.promise;
    const events: string[] = [];
    recorder.onRevision(({ revision }) => events.push(`told ${revision}`));
    const acknowledged = put("a", [nic("a", "eth0")]).then((revision) => events.push(`acknowledged ${revision}`));
    await new Promise((resolve) => setImmediate(resolve));
    expect([events, recorder.graph.size, recorder.revision()]).toEqual([[], 0, 0]);
    disk.resolve();
    await acknowledged;
    expect(events).toEqual(["told 1", "acknowledged 1"]);
    expect(recorder.graph.size).toBe(1);
  });

  test("a store that refuses leaves the graph as it was; a later try works and numbers have no gap", async () => {
    await put("a", [nic("a", "eth0")]);
    store.isFull = true;
    const refused = await Promise.allSettled([put("a", [nic("a", "eth1")]), full("b", [hostNode("b")])]);
    expect(refused).toMatchObject([{ reason: { status: 503 } }, { reason: { code: "store.full" } }]);
    expect([recorder.revision(), recorder.graph.size]).toEqual([1, 1]);
    store.isFull = false;
    expect(await put("a", [nic("a", "eth1")])).toBe(2);
    expect(await full("b", [hostNode("b")])).toBe(3);
  });

  test("it says why the store does not take commits until the store takes one again", async () => {
    expect(recorder.failing()).toBeUndefined();
    await put("a", [nic("a", "eth0")]);
    store.isFull = true;
    await expect(put("a", [nic("a", "eth1")])).rejects.toThrow();
    expect(recorder.failing()).toMatchObject({ code: "store.full", hint: "free some" });
    await put("a", [nic("a", "eth0")]);
    expect(recorder.failing(), "nothing to write proves nothing").toMatchObject({ code: "store.full" });
    store.isFull = false;
    await put("a", [nic("a", "eth1")]);
    expect(recorder.failing()).toBeUndefined();
    store.held = Promise.reject(new TypeError("a bug"));
    await expect(put("a", [nic("a", "eth2")])).rejects.toThrow(TypeError);
    expect(recorder.failing()).toMatchObject({
      code: "recorder.commit_failed",
      message: expect.stringContaining("a bug"),
    });
  });

  test("a statement that cannot be decided fails alone, and the recorder goes on", async () => {
    const fail = (): never => {
      throw new TypeError("a bug");
    };
    const bad = { ...nic("a", "eth0"), attributes: new Proxy({}, { ownKeys: fail }) };
    const outcomes = await Promise.allSettled([put("a", [bad]), put("b", [nic("b", "eth0")])]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(recorder.failing()).toBeUndefined();
  });

  test("what arrives while a commit is under way shares the next one, in order", async () => {
    const disk = Promise.withResolvers<void>();
    store.held = disk.promise;
    const told: Revision[] = [];
    recorder.onRevision((revision) => told.push(revision));
    const first = put("a", [nic("a", "e0")]);
    await new Promise((resolve) => setImmediate(resolve));
    const others = Array.from({ length: 50 }, (_, i) => put("a", [nic("a", "e0", { mtu: i })]));
    disk.resolve();
    await Promise.all([first, ...others]);
    expect(store.commits.map(({ length }) => length)).toEqual([1, 50]);
    expect(told.map(({ revision }) => revision)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
  });

  test("past its bounds of waiting statements it refuses, and says to come back", async () => {
    const queue = { statements: 60, elements: 1_000, statementsPerOwner: 20 };
    recorder = await openRecorder({ cluster: "c", store, clock, log: silentLog, queue }, lifetime);
    const disk = Promise.withResolvers<void>();
    store.held = disk.promise;
    const first = put("a", [nic("a", "e0")]);
    await new Promise((resolve) => setImmediate(resolve));
    const taken = async (statements: readonly Promise<unknown>[]) => {
      const settled = Promise.allSettled(statements);
      disk.resolve();
      return (await settled).filter(({ status }) => status === "fulfilled").length;
    };
    const many = (host: string, count: number) =>
      Array.from({ length: count }, (_, i) => put(host, [nic(host, `e${i}`)]));
    const ofOne = many("a", 21);
    await expect(ofOne.at(-1)).rejects.toMatchObject({ code: "recorder.busy", status: 503 });
    const ofAll = [...ofOne, ...many("b", 20), ...many("c", 20), ...many("d", 20)];
    await expect(ofAll.at(-1)).rejects.toMatchObject({ code: "recorder.busy", status: 503 });
    expect(await taken(ofAll)).toBe(60);
    await first;
  });

  test("opened again it knows state, number and times", async () => {
    await full("a", [hostNode("a"), nic("a", "eth0", { mtu: 1500 })], NOW - 5);
    const again = await open();
    expect(again.revision()).toBe(1);
    expect(again.graph.digestOf("a")).toBe(recorder.graph.digestOf("a"));
    await again.record({ kind: "full", owner: owner("a"), at: epochMsOf(NOW - 500), elements: [hostNode("a")] });
    expect(store.revisions.map(({ at }) => at - NOW)).toEqual([-5, -5]);
  });

  test("stopping lets commits finish and refuses what comes after", async () => {
    const last = put("a", [nic("a", "eth0")]);
    await lifetime.end();
    expect(await last).toBe(1);
    await expect(put("a", [nic("a", "eth1")])).rejects.toMatchObject({ code: "recorder.stopped", status: 503 });
    lifetime = new Lifetime();
  });
});
