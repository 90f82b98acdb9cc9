import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, linkId } from "../../../core/element-id.ts";
import type { Statement } from "../../../topology/statement.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { hostNode, nic } from "../../topology/arbitrary.ts";
import { SetClock } from "../../topology/fakes.ts";

/** Half past two in the morning; everything happens in the minutes after. */
const T0 = Date.parse("2026-01-31T02:30:00Z");
const clock = new SetClock(T0 + 3_600_000);
const minutes = (count: number) => T0 + count * 60_000;
const [eth0, eth1, wan] = [
  interfaceId("a", undefined, "eth0"),
  interfaceId("a", undefined, "eth1"),
  interfaceId("a", undefined, "wan"),
];
const bridge: Element = { ...nic("a", "br0"), kind: "bridge" };
const link: Element = {
  id: linkId("layer2", bridge.id, nic("a", "eth1").id),
  kind: "layer2",
  from: bridge.id,
  to: nic("a", "eth1").id,
  attributes: {},
};
const netns = elementIdOf("host", "a", "netns", "n1");

const folder = newFolder();
let site: TopologySite;

async function record(
  minute: number,
  fields: Partial<Extract<Statement, { kind: "changes" }>>,
  host = "a",
): Promise<void> {
  const owner = { kind: "agent", host } as const;
  await site.recorder.record({
    kind: "changes",
    owner,
    at: epochMsOf(minutes(minute)),
    put: [],
    remove: [],
    ...fields,
  });
}

async function agentSession(minute: number, session: string): Promise<void> {
  const node: Element = {
    id: elementIdOf("agent", "b"),
    kind: "agent",
    name: "b",
    cluster: "main",
    host: "b",
    parent: hostId("b"),
    attributes: { session },
  };
  const owner = { kind: "recorder", host: "b" } as const;
  await site.recorder.record({ kind: "changes", owner, at: epochMsOf(minutes(minute)), put: [node], remove: [] });
}

/** r1 02:31 host, eth0 · r2 02:32 eth1 · r3 02:33 eth0 down · r4 02:34 eth0 → wan · r5 02:35 bridge with link ·
 * r6 02:36 eth1 moves into a namespace · r7, r8: agent of b connected 02:31, silent 02:37 · r9 02:38 wan's MTU, and back (r10 02:39) */
beforeAll(async () => {
  site = await startSite(folder.path, { clock });
  await record(1, { put: [hostNode("a"), nic("a", "eth0", { operstate: "up", ifindex: 2 })] });
  await record(2, { put: [nic("a", "eth1")] });
  await record(3, { put: [nic("a", "eth0", { operstate: "down" })] });
  await record(4, { put: [nic("a", "wan", { operstate: "down" })], remove: [eth0], renamed: new Map([[wan, eth0]]) });
  await record(5, { put: [bridge, link] });
  await record(6, { put: [{ ...nic("a", "eth1"), parent: netns }] });
  await agentSession(1, "connected");
  await agentSession(7, "silent");
  await record(8, { put: [nic("a", "wan", { operstate: "down", mtu: 9000 })] });
  await record(9, { put: [nic("a", "wan", { operstate: "down" })] });
});
afterAll(async () => {
  await site.stop();
  folder.remove();
});

const idsIn = (body: unknown) => (body as { elements: Element[] }).elements.map(({ id }) => id).sort();

describe("GET /topology", () => {
  test("gives the state at a moment, its revision, and when history begins", async () => {
    const { status, body } = await site.get(`?at=${minutes(2)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ cluster: "main", at: minutes(2), revision: 7, history_begins_at: minutes(1) });
    expect(idsIn(body)).toEqual(["agent/b", "host/a", "host/a/if/eth0", "host/a/if/eth1"]);
  });

  test("before history begins it is empty and says when it begins", async () => {
    const { body } = await site.get(`?at=${minutes(0)}`);
    expect(body).toEqual({ cluster: "main", at: minutes(0), revision: 0, history_begins_at: minutes(1), elements: [] });
  });

  test("every way to write a moment means the same", async () => {
    const wanted = idsIn((await site.get(`?at=${minutes(3)}`)).body);
    for (const at of ["2026-01-31T02:33:00Z", String(minutes(3) / 1_000), "now-57m", "main@r3"]) {
      expect(idsIn((await site.get(`?at=${encodeURIComponent(at)}`)).body), at).toEqual(wanted);
    }
  });

  test("without a moment it is the live state, volatile attributes and all", async () => {
    const { body } = await site.get("");
    expect(body).toMatchObject({ at: clock.now(), revision: 10 });
    expect(idsIn(body)).toEqual([...site.recorder.graph.elements()].map(({ id }) => id).sort());
    expect(idsIn((await site.get("?at=now")).body)).toEqual(idsIn(body));
  });

  test("root, depth and kinds narrow it, live and in the past alike", async () => {
    for (const at of ["now", String(minutes(9))]) {
      const ask = async (query: string) => idsIn((await site.get(`?at=${at}&${query}`)).body);
      expect(await ask("root=host/a&depth=0")).toEqual(["host/a"]);
      expect(await ask("kinds=bridge,layer2")).toEqual([bridge.id, link.id].sort());
      expect(await ask("root=host/a/if&kinds=bridge")).toEqual([bridge.id]);
      expect(await ask("root=host/b")).toEqual([]);
      expect(await ask("depth=0")).toContain("host/a");
      expect(await ask("depth=0")).not.toContain(bridge.id);
    }
  });

  test("as NDJSON: one line about it, then one line an element", async () => {
    const reply = await site.app.inject({ url: "/api/v1/topology", headers: { accept: "application/x-ndjson" } });
    expect(reply.headers["content-type"]).toContain("application/x-ndjson");
    const [head, ...elements] = reply.body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(head).toMatchObject({ cluster: "main", revision: 10 });
    expect(elements.map(({ id }) => id).sort()).toEqual(idsIn((await site.get("")).body));
    const empty = await site.app.inject({ url: "/api/v1/topology?at=0", headers: { accept: "application/x-ndjson" } });
    expect(empty.body.trimEnd().split("\n")).toHaveLength(1);
  });

  const refusals: readonly (readonly [string, number, string])[] = [
    ["?at=yesterday%20evening", 400, "time.unknown_form"],
    ["?at=no-such-snapshot", 404, "snapshot.unknown"],
    ["?at=main@r99", 404, "topology.revision_unknown"],
    ["?at=other@r1", 404, "topology.cluster_unknown"],
    ["?cluster=other", 404, "topology.cluster_unknown"],
    ["?cluster=main&at=other@r1", 400, "topology.one_cluster_only"],
    ["?root=..%2F%2Fx", 400, "topology.id_invalid"],
    ["?depth=99", 400, "http.invalid"],
    ["/diff", 400, "http.invalid"],
    ["/changes?limit=100000", 400, "http.invalid"],
    ["/changes?after=x", 400, "topology.cursor_unknown"],
    ["/density?from=now&to=now-1h", 400, "time.span_empty"],
    ["/elements/host%2Fz", 404, "topology.element_unknown"],
    ["/elements/%2F%2F", 400, "topology.id_invalid"],
  ];
  test.each(refusals)("%s is refused with %d %s and a hint", async (path, status, code) => {
    const reply = await site.get(path);
    expect(reply).toMatchObject({ status, body: { code, status, hint: expect.stringMatching(/.{10}/) } });
  });
});

describe("GET /topology/diff", () => {
  const diff = async (from: number | string, to: number | string, more = "") =>
    (await site.get(`/diff?from=${from}&to=${to}${more}`)).body;

  test("a rename is one row, a move is not an update, net nothing is left out", async () => {
    expect(await diff(minutes(3), minutes(10))).toMatchObject({
      cluster: "main",
      from: minutes(3),
      to: minutes(10),
      added: [
        { element: { id: wan }, renamed_from: eth0 },
        { element: { id: bridge.id } },
        { element: { id: link.id } },
      ],
      removed: [],
      updated: [{ element: { id: "agent/b" } }],
      moved: [{ element: { id: eth1 }, before: { "@parent": "host/a" }, after: { "@parent": netns } }],
      unknown_hosts: ["b"],
    });
  });

  test("down to single attributes, and `ignore` leaves some out", async () => {
    const update = { element: { id: eth0 }, before: { operstate: "up" }, after: { operstate: "down" } };
    expect(await diff(minutes(2), minutes(3))).toMatchObject({ added: [], updated: [update], unknown_hosts: [] });
    expect(await diff(minutes(2), minutes(3), "&ignore=mtu,operstate")).toMatchObject({ updated: [] });
  });

  test("backwards it is the other way round", async () => {
    const backwards = await diff(minutes(4), minutes(2));
    expect(backwards).toMatchObject({
      added: [{ element: { id: eth0, attributes: { operstate: "up" } }, renamed_from: wan }],
      removed: [],
    });
    expect(await diff(minutes(5), minutes(4))).toMatchObject({
      added: [],
      removed: [{ id: bridge.id }, { id: link.id }],
    });
  });

  test("of a moment with itself, or of a part nothing happened in, it is empty", async () => {
    const nothing = { added: [], removed: [], updated: [], moved: [] };
    expect(await diff(minutes(5), minutes(5))).toMatchObject(nothing);
    expect(await diff(minutes(1), "now", "&root=host/b")).toMatchObject({ ...nothing, unknown_hosts: ["b"] });
    expect(await diff(minutes(1), "now", "&root=host/c")).toMatchObject({ ...nothing, unknown_hosts: [] });
  });
});

describe("the change log", () => {
  test("is paged by when things happened, oldest or newest first", async () => {
    const revisions = async (query: string) => {
      const found: number[] = [];
      let after = "";
      do {
        const { body } = await site.get(`/changes?limit=2${query}${after}`);
        const page = body as { changes: { revision: number }[]; next?: string };
        found.push(...page.changes.map(({ revision }) => revision));
        after = page.next === undefined ? "" : `&after=${page.next}`;
      } while (after !== "");
      return found;
    };
    expect(await revisions("")).toEqual([1, 1, 7, 2, 3, 4, 4, 5, 5, 6, 8, 9, 10]);
    expect(await revisions("&order=desc")).toEqual([10, 9, 8, 6, 5, 5, 4, 4, 3, 2, 7, 1, 1]);
    expect(await revisions(`&from=${minutes(2)}&to=${minutes(4)}`)).toEqual([3, 4, 4]);
    expect(await revisions("&root=agent")).toEqual([7, 8]);
  });

  test("says who said it, when it happened and when we learned it", async () => {
    const { body } = await site.get(`/changes?from=${minutes(2)}&limit=1`);
    expect(body).toMatchObject({
      changes: [
        {
          revision: 3,
          ordinal: 0,
          at: minutes(3),
          known_at: clock.now(),
          cluster: "main",
          origin: "agent/a",
          change: { kind: "update", id: eth0 },
        },
      ],
      next: expect.any(String),
    });
  });

  test("density counts it in buckets", async () => {
    const { body } = await site.get(`/density?from=${minutes(0)}&to=${minutes(10)}&buckets=5`);
    const { buckets } = body as { buckets: { from: number; added: number; updated: number; removed: number }[] };
    expect(buckets.map(({ added, updated, removed }) => [added, updated, removed])).toEqual([
      [3, 0, 0],
      [1, 1, 0],
      [3, 0, 1],
      [0, 2, 0],
      [0, 2, 0],
    ]);
    expect(buckets.map(({ from }) => from)).toEqual([0, 2, 4, 6, 8].map(minutes));
    const all = (await site.get("/density")).body as { buckets: unknown[] };
    expect(all.buckets).toHaveLength(60);
  });
});

describe("an element", () => {
  test("now and then, with its id as one segment or as it is written", async () => {
    expect((await site.get(`/elements/${wan}`)).body).toMatchObject({
      element: { id: wan, attributes: { operstate: "down" } },
    });
    const then = await site.get(`/elements/${encodeURIComponent(eth0)}?at=${minutes(2)}`);
    expect(then.body).toEqual({
      at: minutes(2),
      element: { ...nic("a", "eth0", { operstate: "up" }), cluster: "main" },
    });
    expect((await site.get(`/elements/${eth0}`)).status).toBe(404);
  });

  test("its history goes on after it is gone", async () => {
    const { body } = await site.get(`/elements/${eth0}/history?order=desc`);
    expect(body).toMatchObject({
      changes: [{ change: { kind: "remove" } }, { change: { kind: "update" } }, { change: { kind: "add" } }],
    });
  });

  test("its neighbours within some hops, now and then", async () => {
    for (const at of ["now", String(minutes(10))]) {
      const near = await site.get(`/elements/${encodeURIComponent(bridge.id)}/neighbours?at=${at}`);
      expect(idsIn(near.body)).toEqual(["host/a", bridge.id, eth1, link.id].sort());
    }
    const far = await site.get(`/elements/${encodeURIComponent(bridge.id)}/neighbours?depth=2`);
    expect(idsIn(far.body)).toContain(wan);
    expect(idsIn((await site.get(`/elements/${eth1}/neighbours?at=${minutes(2)}`)).body)).toEqual(["host/a", eth1]);
  });
});

describe("snapshots", () => {
  const post = (body: object) => site.app.inject({ method: "POST", url: "/api/v1/topology/snapshots", payload: body });

  test("name a moment that can then be asked for, compared and forgotten", async () => {
    const made = await post({ name: "before-upgrade", at: "main@r3", note: "Neutron" });
    expect(made.statusCode).toBe(201);
    const snapshot = {
      name: "before-upgrade",
      cluster: "main",
      at: minutes(3),
      created_at: clock.now(),
      note: "Neutron",
    };
    expect(made.json()).toMatchObject(snapshot);
    expect((await site.get("/snapshots")).body).toMatchObject({ snapshots: [snapshot] });
    expect((await site.get("?at=before-upgrade")).body).toMatchObject({ at: minutes(3) });
    expect((await site.get("/diff?from=before-upgrade&to=now")).body).toMatchObject({
      from: minutes(3),
      to: clock.now(),
    });
    const remove = { method: "DELETE", url: "/api/v1/topology/snapshots/before-upgrade" } as const;
    expect((await site.app.inject(remove)).statusCode).toBe(204);
    expect((await site.app.inject(remove)).json()).toMatchObject({ status: 404, code: "snapshot.unknown" });
  });

  test("a name is used once, is no time, has no odd characters and no moment to come", async () => {
    expect((await post({ name: "twice" })).statusCode).toBe(201);
    expect((await post({ name: "twice" })).json()).toMatchObject({ status: 409, code: "snapshot.exists" });
    expect((await post({ name: "1700000000" })).json()).toMatchObject({ code: "snapshot.name_is_a_time" });
    expect((await post({ name: "a b" })).json()).toMatchObject({ status: 400 });
    expect((await post({ name: "soon", at: String(clock.now() + 1) })).json()).toMatchObject({
      code: "snapshot.not_yet",
    });
  });
});

test("every topology route says who may call it, writing ones the operator", async () => {
  const spec = (await site.app.inject("/docs/json")).json() as {
    paths: { [path: string]: { [method: string]: { tags?: string[]; summary?: string } } };
  };
  const paths = Object.entries(spec.paths).filter(([path]) => path.startsWith("/api/v1/topology"));
  expect(paths.length).toBeGreaterThanOrEqual(7);
  for (const [, methods] of paths) {
    for (const operation of Object.values(methods))
      expect(operation).toMatchObject({ tags: ["topology"], summary: expect.any(String) });
  }
});
