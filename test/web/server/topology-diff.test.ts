import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { agentId, hostId, interfaceId } from "../../../core/element-id.ts";
import { silentLog } from "../../../core/log.ts";
import type { TopologyPart, TopologyStore } from "../../../store/topology-store.ts";
import { compare } from "../../../topology/model/comparison/compare.ts";
import type { DiffResponse } from "../../../web/api/topology.ts";
import { createHttpServer } from "../../../web/server/http.ts";
import { registerDiffRoute } from "../../../web/server/topology-diff-route.ts";
import { diffJson, diffNdjson } from "../../../web/server/topology-diff-stream.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { changesOf, host, node, rackId, vmOnHost } from "../../topology/comparison/cloud.ts";
import { SetClock } from "../../topology/fakes.ts";

const T0 = Date.parse("2026-01-31T02:00:00Z");
const minutes = (count: number): EpochMs => epochMsOf(T0 + count * 60_000);
const folder = newFolder();
const clock = new SetClock(minutes(60));
let site: TopologySite;

/** Tells which states were read. */
function watched(store: TopologyStore, partsRead: (TopologyPart | undefined)[]): TopologyStore {
  return new Proxy(store, {
    get: (target, name, receiver) => {
      if (name !== "stateAt" && name !== "momentAt") return Reflect.get(target, name, receiver);
      return (cluster: string, moment: { at: EpochMs }, part?: TopologyPart) => {
        partsRead.push(part);
        return name === "stateAt" ? target.stateAt(cluster, moment, part) : target.momentAt(cluster, moment, part);
      };
    },
  });
}

async function tell(name: string, minute: number, put: readonly Element[], remove: readonly Element["id"][] = []) {
  const at = minutes(minute);
  const own = put.filter((element) => element.kind !== "agent");
  const agents = put.filter((element) => element.kind === "agent");
  if (own.length + remove.length > 0) {
    await site.recorder.record({ kind: "changes", owner: { kind: "agent", host: name }, at, put: own, remove });
  }
  if (agents.length > 0) {
    await site.recorder.record({
      kind: "changes",
      owner: { kind: "recorder", host: name },
      at,
      put: agents,
      remove: [],
    });
  }
}

const agent = (name: string, session: string): Element =>
  node({ id: agentId(name), kind: "agent", name, host: name, parent: hostId(name), attributes: { session } });
const eth0 = (name: string) => interfaceId(name, undefined, "eth0");
const nic = (name: string, attributes: Element["attributes"]): Element =>
  node({ id: eth0(name), kind: "nic", name: "eth0", host: name, parent: hostId(name), attributes });

/**
 * 1: hosts a and b in rack k1, c in k2, a VM on a · 10: b goes silent · 11: b (late) loses eth0 · 12: a VM from a to c ·
 * 13: c moves to k3 · 14: eth0 of a: MTU, carrier, an external id · 20: b is back
 */
beforeAll(async () => {
  site = await startSite(folder.path, { clock });
  await tell("a", 1, [...host("a", "k1"), ...vmOnHost(1, "a")]);
  await tell("b", 1, host("b", "k1"));
  await tell("c", 1, host("c", "k2"));
  await tell("b", 10, [agent("b", "silent")]);
  await tell("b", 11, [], [eth0("b")]);
  await tell(
    "a",
    12,
    [],
    vmOnHost(1, "a").map(({ id }) => id),
  );
  await tell("c", 12, vmOnHost(1, "c"));
  await tell("c", 13, [host("c", "k3")[0] ?? nic("c", {})]);
  await tell("a", 14, [nic("a", { mtu: 9000, mac: "m-a", carrier: false, "external_ids.x": "1" })]);
  await tell("b", 20, [agent("b", "connected")]);
});
afterAll(async () => {
  await site.stop();
  folder.remove();
});

async function diff(query: string): Promise<DiffResponse> {
  const { status, body } = await site.get(`/diff?${query}`);
  expect(status).toBe(200);
  return body as DiffResponse;
}
const span = (from: number, to: number) => `from=${minutes(from)}&to=${minutes(to)}`;
const place = (rack: string) => `root=${encodeURIComponent(rackId(rack))}`;
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort();

describe("GET /topology/diff by cause", () => {
  test("a VM that moved is one group, its elements are neither added nor removed", async () => {
    const answer = await diff(span(11.5, 12.5));
    expect([answer.added, answer.removed]).toEqual([[], []]);
    expect(answer.moved).toHaveLength(6);
    expect(answer.moved.every(({ former, element }) => former !== undefined && element !== undefined)).toBe(true);
    expect(answer.groups).toMatchObject([
      { cause: { kind: "moved", from: "host/a", to: "host/c" }, counts: { moved: 6 }, besides: [] },
    ]);
    expect(new Set(answer.groups?.[0]?.members)).toEqual(new Set(ids(answer.moved)));
  });

  test("what is missing while the agent is silent is unknown, in either order of the moments", async () => {
    const there = await diff(span(9, 11));
    expect(there).toMatchObject({ removed: [], unknown: [{ id: eth0("b") }], unknown_hosts: ["b"] });
    expect(there.groups?.map(({ cause }) => cause.kind)).toContain("silent");
    const back = await diff(span(11, 9));
    expect(back).toMatchObject({ unknown: [], unknown_hosts: ["b"], added: [{ element: { id: eth0("b") } }] });
  });

  test("an agent that was silent all the time is found though nothing tells of it", async () => {
    expect(await diff(span(10.5, 11.5))).toMatchObject({ removed: [], unknown: [{ id: eth0("b") }] });
    expect(await diff(`${span(10.5, 11.5)}&root=host%2Fb`)).toMatchObject({
      removed: [],
      unknown: [{ id: eth0("b") }],
    });
    // Of a part, nothing tells that the agent came back.
    expect(await diff(`${span(10.5, 30)}&root=host%2Fb`)).toMatchObject({ removed: [], unknown: [{ id: eth0("b") }] });
    expect(await diff(`${span(10.5, 11.5)}&hosts=b`)).toMatchObject({ removed: [], unknown: [{ id: eth0("b") }] });
  });

  test("reads no states but of single elements", async () => {
    const partsRead: (TopologyPart | undefined)[] = [];
    const app = await createHttpServer({ version: "0", log: silentLog });
    const recorders = new Map([["main", site.recorder]]);
    registerDiffRoute(app, { recorders, store: watched(site.store, partsRead), clock });
    for (const query of [span(2, 30), span(30, 2), span(10.5, 11.5), `${span(2, 30)}&${place("k1")}`]) {
      const { statusCode } = await app.inject({ method: "GET", url: `/api/v1/topology/diff?${query}` });
      expect(statusCode).toBe(200);
    }
    await app.close();
    expect(partsRead.length).toBeGreaterThan(0);
    expect(partsRead.every((part) => part?.element !== undefined)).toBe(true);
  });
});

describe("GET /topology/diff of a part", () => {
  test("of a rack is what its hosts did, at either moment", async () => {
    expect(ids((await diff(`${span(12.5, 30)}&${place("k3")}`)).moved)).toEqual(["host/c"]);
    expect(ids((await diff(`${span(12.5, 30)}&${place("k2")}`)).moved)).toEqual(["host/c"]);
    expect(ids((await diff(`${span(12.5, 30)}&${place("k1")}`)).updated)).toEqual(["agent/b", eth0("a")].sort());
  });

  test("of a region is what all its hosts did, of another region nothing", async () => {
    const all = await diff(`${span(12.5, 30)}`);
    expect(await diff(`${span(12.5, 30)}&root=region%2Fr`)).toEqual(all);
    expect((await diff(`${span(12.5, 30)}&root=region%2Fother`)).groups).toEqual([]);
  });

  test("of some hosts, and of some kinds", async () => {
    expect(ids((await diff(`${span(12.5, 30)}&hosts=a`)).updated)).toEqual([eth0("a")]);
    const agents = await diff(`${span(12.5, 30)}&kinds=agent,tap`);
    expect([ids(agents.updated), agents.moved]).toEqual([["agent/b"], []]);
    expect(agents.groups?.flatMap(({ members }) => members)).toEqual(["agent/b"]);
  });

  test.each<[string, readonly string[]]>([
    ["mtu", ["carrier", "external_ids.x"]],
    ["external_ids.*", ["carrier", "mtu"]],
    ["@state", ["external_ids.x", "mtu"]],
    ["@state,mtu,external_ids.*", []],
  ])("ignoring %s", async (ignore, left) => {
    const { updated } = await diff(`${span(13.5, 15)}&ignore=${encodeURIComponent(ignore)}`);
    expect(updated.flatMap(({ after }) => Object.keys(after)).sort()).toEqual(left);
  });
});

describe("a large difference", () => {
  test("comes as NDJSON, a line each, which add up to the whole", async () => {
    const url = `/api/v1/topology/diff?${span(2, 30)}`;
    const reply = await site.app.inject({ method: "GET", url, headers: { accept: "application/x-ndjson" } });
    expect(reply.headers["content-type"]).toContain("application/x-ndjson");
    const [head = "", ...lines] = reply.body.trimEnd().split("\n");
    const whole: Record<string, unknown[]> = {
      added: [],
      removed: [],
      updated: [],
      moved: [],
      unknown: [],
      groups: [],
    };
    for (const line of lines) {
      const [[name, value] = ["", undefined]] = Object.entries(JSON.parse(line));
      whole[name === "group" ? "groups" : name]?.push(value);
    }
    expect({ ...JSON.parse(head), ...whole }).toEqual(await diff(span(2, 30)));
  });

  test("comes whole in either form, however many slices it takes", async () => {
    const names = Array.from({ length: 450 }, (_, index) => ({
      ...nic("a", {}),
      id: interfaceId("a", undefined, `e${index}`),
    }));
    const comparison = compare(changesOf([], names));
    const whole = JSON.parse(await text(diffJson({ cluster: "main" }, comparison, true)));
    expect(whole.added.map(({ element }: { element: Element }) => element)).toEqual(names);
    const lines = (await text(diffNdjson({ cluster: "main" }, comparison, true))).trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 450 + whole.groups.length);
  });

  test("comes without groups when they are not wanted", async () => {
    const flat = await diff(`${span(2, 30)}&group=false`);
    expect(flat.groups).toBeUndefined();
    expect({ ...flat, groups: (await diff(span(2, 30))).groups }).toEqual(await diff(span(2, 30)));
  });

  test("is refused past the limit, with what to do", async () => {
    const { status, body } = await site.get(`/diff?${span(0, 30)}&limit=3`);
    expect([status, body]).toMatchObject([
      422,
      { code: "topology.too_many_changes", hint: expect.stringContaining("root") },
    ]);
  });

  test("counts what its lists hold", async () => {
    const { counts, ...lists } = await diff(span(0, 30));
    expect(counts).toEqual({
      added: lists.added.length,
      removed: lists.removed.length,
      updated: lists.updated.length,
      moved: lists.moved.length,
      unknown: lists.unknown.length,
    });
    expect(counts.added).toBeGreaterThan(10);
  });
});
