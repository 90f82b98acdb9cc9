import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Attributes, type Element, linkOf, type NodeKind } from "../../../core/element.ts";
import { type ElementId, hostId, interfaceId } from "../../../core/element-id.ts";
import { GraphDataResponse, GraphFieldsResponse } from "../../../web/api/node-graph.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { SetClock } from "../../topology/fakes.ts";

const T0 = 1_700_000_000_000;
const HOUR = 3_600_000;
const HOST = hostId("c-1");
const ETH0 = interfaceId("c-1", undefined, "eth0");
const BR0 = interfaceId("c-1", undefined, "br0");
const URL = "grafana/nodegraph/api";

function node(id: ElementId, kind: NodeKind, parent?: ElementId, attributes: Attributes = {}): Element {
  return { id, kind, name: id.split("/").at(-1) ?? "", cluster: "main", host: "c-1", parent, attributes };
}

const ajv = new Ajv({ strict: false });
const isData = ajv.compile(GraphDataResponse);
const isFields = ajv.compile(GraphFieldsResponse);

describe("the surroundings of a host for Grafana's node graph", () => {
  const folder = newFolder();
  const clock = new SetClock(T0);
  let site: TopologySite;

  beforeAll(async () => {
    site = await startSite(folder.path, { clock });
    const wired = [
      node(HOST, "host"),
      node(ETH0, "nic", HOST, { operstate: "up", addresses: ["192.0.2.1/24", "2001:db8::1/64"] }),
      node(BR0, "bridge", HOST, { operstate: "down" }),
      linkOf("layer2", ETH0, BR0),
    ];
    await say(wired);
    clock.set(T0 + HOUR);
    await say(wired.slice(0, 2));
    clock.set(T0 + 2 * HOUR);
  });
  afterAll(async () => {
    await site.stop();
    folder.remove();
  });
  const say = (elements: readonly Element[]) =>
    site.recorder.record({ kind: "full", owner: { kind: "agent", host: "c-1" }, at: clock.now(), elements });

  interface Data {
    readonly at: number;
    readonly nodes: readonly { readonly id: string }[];
    readonly edges: readonly { readonly id: string; readonly source: string; readonly target: string }[];
  }
  const data = async (query: string): Promise<Data> => {
    const reply = await site.app.inject({ method: "GET", url: `/api/v1/${URL}/graph/data?${query}` });
    expect(reply.statusCode, reply.body).toBe(200);
    const body = reply.json() as unknown;
    expect(isData(body), JSON.stringify(isData.errors)).toBe(true);
    return body as Data;
  };
  const refusal = async (query: string) => {
    const reply = await site.app.inject({ method: "GET", url: `/api/v1/${URL}/graph/data?${query}` });
    return [reply.statusCode, (reply.json() as { code: string }).code];
  };

  test("live: what is there, and what stands in what", async () => {
    expect(await data("host=c-1")).toEqual({
      at: T0 + 2 * HOUR,
      nodes: [
        {
          ...{ id: HOST, title: "c-1", subTitle: "host", mainStat: "", color: "blue" },
          ...{ detail__id: HOST, detail__host: "c-1", detail__addresses: "" },
        },
        {
          ...{ id: ETH0, title: "eth0", subTitle: "nic", mainStat: "up", color: "green" },
          ...{ detail__id: ETH0, detail__host: "c-1", detail__addresses: "192.0.2.1/24 2001:db8::1/64" },
        },
      ],
      edges: [{ id: `in ${ETH0}`, source: ETH0, target: HOST, mainStat: "in" }],
    });
  });

  test("at a time: as it was, with the links of then", async () => {
    const { at, nodes, edges } = await data(`host=c-1&at=${T0 + HOUR / 2}`);
    expect(at).toBe(T0 + HOUR / 2);
    expect(nodes.map(({ id }) => id).toSorted()).toEqual([HOST, BR0, ETH0].toSorted());
    expect(nodes.find(({ id }) => id === BR0)).toMatchObject({ mainStat: "down", color: "red" });
    expect(edges).toContainEqual({
      ...{ id: expect.any(String), source: ETH0, target: BR0, mainStat: "layer2" },
    });
    expect(edges).toHaveLength(3);
  });

  test("every edge ends at nodes of the answer, and ids are unique", async () => {
    for (const query of [`host=c-1&depth=1&at=${T0 + 1}`, `root=${encodeURIComponent(ETH0)}&depth=1&at=${T0 + 1}`]) {
      const { nodes, edges } = await data(query);
      const ids = nodes.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
      for (const { source, target } of edges) expect(ids).toEqual(expect.arrayContaining([source, target]));
    }
  });

  test("a time to come is now, as Grafana's `now` may be ahead of ours", async () => {
    expect((await data(`host=c-1&at=${T0 + 3 * HOUR}`)).nodes).toHaveLength(2);
  });

  test("fields name what nodes and edges of an answer have, and nothing else", async () => {
    const reply = await site.app.inject({ method: "GET", url: `/api/v1/${URL}/graph/fields` });
    const fields = reply.json() as { nodes_fields: { field_name: string }[]; edges_fields: { field_name: string }[] };
    expect(isFields(fields), JSON.stringify(isFields.errors)).toBe(true);
    const { nodes, edges } = await data("host=c-1");
    const names = (of: readonly { readonly field_name: string }[]) => of.map(({ field_name }) => field_name).toSorted();
    expect(names(fields.nodes_fields)).toEqual(Object.keys(nodes[0] ?? {}).toSorted());
    expect(names(fields.edges_fields)).toEqual(Object.keys(edges[0] ?? {}).toSorted());
  });

  test("the plugin's test succeeds", async () => {
    const reply = await site.app.inject({ method: "GET", url: `/api/v1/${URL}/health` });
    expect([reply.statusCode, reply.json()]).toEqual([200, { status: "ok" }]);
  });

  test("what cannot be answered says what to do", async () => {
    expect(await refusal("")).toEqual([400, "topology.root_needed"]);
    expect(await refusal("host=c-9")).toEqual([404, "topology.element_unknown"]);
    expect(await refusal(`host=c-1&at=${T0 - HOUR}`)).toEqual([404, "topology.element_unknown"]);
    expect(await refusal("root=%2F%2F")).toEqual([400, "topology.id_invalid"]);
    expect(await refusal("host=c-1&depth=9")).toEqual([400, "http.invalid"]);
  });

  test("a host with more than can be drawn is refused, not drawn in part", async () => {
    const many = Array.from({ length: 3_001 }, (_, n) => node(interfaceId("c-1", undefined, `t${n}`), "tap", HOST));
    await say([node(HOST, "host"), ...many]);
    expect(await refusal("host=c-1&depth=1")).toEqual([422, "topology.too_many_neighbours"]);
  });
});
