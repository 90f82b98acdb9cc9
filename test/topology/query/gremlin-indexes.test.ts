import { describe, expect, test } from "vitest";
import type { Element, Node } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, linkId } from "../../../core/element-id.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import { type IndexedGraph, liveSource } from "../../../topology/query/graph-source.ts";
import { evaluate } from "../../../topology/query/gremlin/evaluate.ts";
import type { PastPart } from "../../../topology/query/past-source.ts";
import { answerOf, pastOf, someWork, stepsIn } from "./evaluating.ts";

const HOSTS = 200;
const PORT = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

function nic(host: string, at: number): Node {
  return {
    id: interfaceId(host, undefined, `eth${at}`),
    kind: "nic",
    name: `eth${at}`,
    cluster: "main",
    host,
    parent: hostId(host),
    attributes: { mtu: 1500, operstate: at === 0 ? "up" : "down" },
  };
}

function elements(): readonly Element[] {
  const all = Array.from({ length: HOSTS }, (_, index) => `c-${index}`).flatMap((host): readonly Element[] => [
    { id: hostId(host), kind: "host", name: host, cluster: "main", host, attributes: {} },
    ...Array.from({ length: 10 }, (_, at) => nic(host, at)),
    {
      id: linkId("layer2", nic(host, 0).id, nic(host, 1).id),
      kind: "layer2",
      from: nic(host, 0).id,
      to: nic(host, 1).id,
      attributes: {},
    },
  ]);
  const tap: Node = {
    ...nic("c-7", 99),
    kind: "tap",
    name: "tap-1",
    attributes: { mac: "fa:16:3e:00:00:01", addresses: ["10.1.2.3/24"], "external_ids.iface-id": PORT },
  };
  const vm: Node = {
    id: elementIdOf("vm", PORT),
    kind: "vm",
    name: "web",
    cluster: "main",
    host: "c-7",
    attributes: {},
  };
  return [...all, tap, vm];
}

/** A graph that counts what is taken out of it, and cannot be scanned. */
function counted(graph: IndexedGraph): { readonly graph: IndexedGraph; touched(): number } {
  let touched = 0;
  const count = function* <T>(items: Iterable<T>): Iterable<T> {
    for (const item of items) {
      touched++;
      yield item;
    }
  };
  return {
    touched: () => touched,
    graph: {
      get: (id) => {
        touched++;
        return graph.get(id);
      },
      childrenOf: (id) => count(graph.childrenOf(id)),
      linksAt: (id) => count(graph.linksAt(id)),
      onHost: (host) => count(graph.onHost(host)),
      withIdentifier: (token) => count(graph.withIdentifier(token)),
      ofKind: (kind) => graph.ofKind(kind),
      ownedBy: (owner) => graph.ownedBy(owner),
      elements: () => {
        throw new Error("a full scan");
      },
    },
  };
}

describe("an index spares the full scan", () => {
  const cases: readonly (readonly [query: string, answers: number, touchedAtMost: number])[] = [
    [`V('${nic("c-3", 4).id}')`, 1, 3],
    ["V().Has('MAC', 'FA:16:3E:00:00:01')", 1, 3],
    ["V().Has('IPV4', '10.1.2.3')", 1, 3],
    ["V().Has('IPV4', '10.1.2.3/24')", 1, 3],
    ["V().Has('IPV4', IPV4RANGE('10.1.0.0/20'))", 1, 20],
    [`V().Has('ExtID.iface-id', '${PORT}')`, 1, 5],
    [`V().Has('Neutron.PortID', '${PORT}')`, 1, 5],
    ["V().Has('Name', 'tap-1')", 1, 3],
    ["V().Has('Name', 'web', 'MTU', 1500)", 0, 3],
    ["V().HasNot('MTU').Has('Name', 'c-9')", 1, 3],
    ["V().Has('Name', Within('c-9', 'c-10'))", 2, 6],
    ["V().HasEither('Name', 'c-9', 'MAC', 'fa:16:3e:00:00:01')", 2, 6],
    ["V().Has('Host', 'c-7')", 13, 60],
    ["V().Has('Host', 'c-7', 'Type', 'device', 'Name', 'eth3')", 1, 900],
    ["V().Has('Type', 'tuntap')", 1, 3],
    ["V().Has('kind', 'vm').Count()", 1, 3],
    ["E().Has('RelationType', 'layer2').Limit(1)", 1, 3 * HOSTS + 10],
    ["V().Has('Name', 'c-7').Out('Type', 'device')", 10, 60],
  ];
  test.each(cases)("G.%s", async (query, answers, touchedAtMost) => {
    const { graph, touched } = counted(new LiveGraph(elements()));
    const answer = await answerOf(liveSource(graph), `G.${query}`);
    expect(answer.kind === "count" ? answer.count : answer.kind === "elements" && answer.elements.length).toBe(answers);
    expect(touched()).toBeLessThanOrEqual(touchedAtMost);
  });

  test("and without one the work is bounded", async () => {
    const source = liveSource(new LiveGraph(elements()));
    const moments = { at: async () => source, changesBetween: async () => [] };
    const scan = stepsIn("G.V().Has('MTU', 1500)");
    await expect(evaluate(scan, moments, someWork(1_500))).rejects.toThrow("too much");
    await expect(evaluate(stepsIn("G.V().Has('MTU', 1500).Limit(5)"), moments, someWork(1_500))).resolves.toMatchObject(
      {
        kind: "elements",
      },
    );
  });

  test("of the past only the host is read that the identifier leads to", async () => {
    const read: PastPart[] = [];
    const then = topologyOf(elements());
    const source = pastOf(then, then, [], read);
    const answer = await answerOf(source, "G.V().Has('MAC', 'fa:16:3e:00:00:01').In('Type', 'host')");
    expect(answer).toMatchObject({ kind: "elements", elements: [{ name: "c-7" }] });
    expect(read.filter((part) => "hosts" in part)).toEqual([{ hosts: ["c-7"] }]);
    expect(read.some((part) => Object.keys(part).length === 0)).toBe(false);
  });
});
