import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TopologySite } from "../../fixtures/topology-site.ts";
import { nic } from "../../topology/arbitrary.ts";
import { bridge, clock, eth0, eth1, idsIn, link, minutes, netns, startStory, wan } from "./topology-story.ts";

let site: TopologySite;

beforeAll(async () => {
  site = await startStory();
});
afterAll(() => site.stop());

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
      updated: [{ id: "agent/b", kind: "agent", name: "b", host: "b" }],
      moved: [{ id: eth1, before: { "@parent": "host/a" }, after: { "@parent": netns } }],
      unknown_hosts: ["b"],
    });
  });

  test("down to single attributes, and `ignore` leaves some out", async () => {
    const update = { id: eth0, kind: "nic", name: "eth0", before: { operstate: "up" }, after: { operstate: "down" } };
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
    const children = await site.get("/elements/host%2Fa/neighbours");
    expect(idsIn(children.body)).toEqual(["host/a", bridge.id, wan].sort());
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
