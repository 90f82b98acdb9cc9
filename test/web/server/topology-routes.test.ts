import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TopologySite } from "../../fixtures/topology-site.ts";
import { bridge, clock, idsIn, link, minutes, startStory } from "./topology-story.ts";

let site: TopologySite;

beforeAll(async () => {
  site = await startStory();
});
afterAll(() => site.stop());

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
