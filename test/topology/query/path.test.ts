import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Element, linkOf, type Node, type NodeKind } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { liveSource } from "../../../topology/query/graph-source.ts";
import { GrowingGraph } from "../../../topology/query/growing-graph.ts";
import { explain, hopsFrom, TUNNEL_COST } from "../../../topology/query/hops.ts";
import { loadedSource } from "../../../topology/query/loaded-source.ts";
import type { PastPart } from "../../../topology/query/past-source.ts";
import { cheapestPath, type Path } from "../../../topology/query/path.ts";
import { areJoined, tunnelEndOf } from "../../../topology/query/tunnels.ts";
import { pastOf, someWork } from "./evaluating.ts";
import { NODE_IDS, randomGraph } from "./random-graph.ts";

const HOSTS = ["c-1", "c-2", "c-3"] as const;
const addressOf = (host: string): string => `192.0.2.${host.slice(2)}`;

describe("the path between two machines", () => {
  test("goes from tap over bridges and the tunnel to the other tap, and says why", async () => {
    const source = liveSource(new LiveGraph(cloud().values()));
    const path = await cheapestPath(source, [vmOf("c-1"), vmOf("c-2")], someWork());
    expect(kindsOf(path)).toEqual([
      ...["vm", "tap", "ovs-port", "ovs-bridge", "ovs-port", "ovs-port", "ovs-bridge", "vxlan"],
      ...["vxlan", "ovs-bridge", "ovs-port", "ovs-port", "ovs-bridge", "ovs-port", "tap", "vm"],
    ]);
    const texts = reasonsOf(path);
    expect(texts).toContain("tunnel from 192.0.2.1 to 192.0.2.2");
    expect(texts).toContain("ovs-port patch-tun and ovs-port patch-int: joined by a patch cord");
    expect(texts[0]).toBe("vm web-c-1 and tap tap-c-1: the interface is attached to the machine");
  });

  test("does not use a tunnel that only one end knows of", async () => {
    const halfOpen = new Map(cloud());
    const end = halfOpen.get(tunnelOf("c-2"));
    if (end === undefined) throw new Error("no tunnel end");
    halfOpen.set(end.id, { ...end, attributes: { ...end.attributes, peers: [addressOf("c-3")] } });
    const path = await cheapestPath(
      liveSource(new LiveGraph(halfOpen.values())),
      [vmOf("c-1"), vmOf("c-2")],
      someWork(),
    );
    expect(reasonsOf(path)).not.toContain("tunnel from 192.0.2.1 to 192.0.2.2");
    expect(reasonsOf(path)).toContain("tunnel from 192.0.2.1 to 192.0.2.3");
  });

  test("of the past needs the two hosts and none beside", async () => {
    const read: PastPart[] = [];
    const then = cloud();
    const path = await cheapestPath(
      pastOf(then, new Map(), undefined, read),
      [tapOf("c-1"), tapOf("c-2")],
      someWork(),
      0,
    );
    expect(kindsOf(path)).toHaveLength(14);
    const hosts = read.flatMap((part) => ("hosts" in part ? part.hosts : []));
    expect(new Set(hosts)).toEqual(new Set(["c-1", "c-2"]));
    expect(read.filter((part) => Object.keys(part).length === 0)).toEqual([]);
  });

  test("of an element to itself has no hops, to what is apart there is none", async () => {
    const source = liveSource(
      new LiveGraph([...cloud().values(), node(elementIdOf("switch", "s"), "switch", undefined)]),
    );
    expect((await cheapestPath(source, [vmOf("c-1"), vmOf("c-1")], someWork()))?.stops).toHaveLength(1);
    expect(await cheapestPath(source, [vmOf("c-1"), elementIdOf("switch", "s")], someWork())).toBeUndefined();
  });

  test("is refused when too much has to be looked at", async () => {
    const source = liveSource(new LiveGraph(cloud().values()));
    await expect(cheapestPath(source, [vmOf("c-1"), vmOf("c-2")], someWork(5))).rejects.toThrow("too much");
  });
});

const end = fc.record({
  id: fc.constantFrom(...NODE_IDS),
  local: fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.3"),
  peers: fc.uniqueArray(fc.constantFrom("192.0.2.1", "192.0.2.2", "192.0.2.3"), { maxLength: 3 }),
});
const graphWithTunnels = fc.tuple(randomGraph, fc.array(end, { maxLength: 4 })).map(([graph, ends]): Topology => {
  const result = new Map(graph);
  for (const { id, local, peers } of ends) {
    const known = graph.get(id);
    if (known !== undefined) result.set(id, { ...known, attributes: { ...known.attributes, local_ip: local, peers } });
  }
  return result;
});
const twoIds = fc.tuple(fc.constantFrom(...NODE_IDS), fc.constantFrom(...NODE_IDS));

describe("laws of paths", () => {
  test("a path costs what a search of everything finds, and each hop leads on from the one before", async () => {
    await fc.assert(
      fc.asyncProperty(graphWithTunnels, twoIds, async (topology, [from, to]) => {
        fc.pre(topology.has(from) && topology.has(to));
        const path = await cheapestPath(loadedSource(new GrowingGraph(topology.values())), [from, to], someWork());
        expect(path?.cost).toBe(slowCost(topology, from, to, Number.POSITIVE_INFINITY));
        expectToHold(topology, path, [from, to]);
      }),
      { numRuns: 500 },
    );
  });

  test("with too many peers to try, paths with one tunnel are still found", async () => {
    await fc.assert(
      fc.asyncProperty(graphWithTunnels, twoIds, async (topology, [from, to]) => {
        fc.pre(topology.has(from) && topology.has(to));
        const path = await cheapestPath(loadedSource(new GrowingGraph(topology.values())), [from, to], someWork(), 0);
        expect(path?.cost).toBe(slowCost(topology, from, to, 1));
      }),
      { numRuns: 500 },
    );
  });
});

/** Dijkstra without a queue over (node, tunnels used), looking at every node each time. */
function slowCost(topology: Topology, from: ElementId, to: ElementId, mostTunnels: number): number | undefined {
  const graph = new GrowingGraph(topology.values());
  const limit = Math.min(mostTunnels, 5);
  const ends = [...topology.values()].flatMap((element) => tunnelEndOf(element) ?? []);
  const costs = new Map<string, number>([[`0 ${from}`, 0]]);
  for (let round = 0; round < 200; round++) {
    let changed = false;
    for (const [state, cost] of [...costs]) {
      const tunnels = Number(state.slice(0, 1));
      const id = state.slice(2) as ElementId;
      const own = ends.find((each) => each.node.id === id);
      const joined = own === undefined ? [] : ends.filter((each) => areJoined(own, each));
      const next = [
        ...Array.from(hopsFrom(graph, id), (hop) => [`${tunnels} ${hop.to}`, cost + hop.cost] as const),
        ...(tunnels < limit
          ? joined.map((each) => [`${tunnels + 1} ${each.node.id}`, cost + TUNNEL_COST] as const)
          : []),
      ];
      for (const [key, total] of next) {
        if (total >= (costs.get(key) ?? Number.POSITIVE_INFINITY)) continue;
        costs.set(key, total);
        changed = true;
      }
    }
    if (!changed) break;
  }
  const reached = [...costs].filter(([state]) => state.slice(2) === to).map(([, cost]) => cost);
  return reached.length === 0 ? undefined : Math.min(...reached);
}

function expectToHold(topology: Topology, path: Path | undefined, [from, to]: readonly [ElementId, ElementId]): void {
  if (path === undefined) return;
  expect(path.stops[0]?.node.id).toBe(from);
  expect(path.stops.at(-1)?.node.id).toBe(to);
  for (const [index, { node: here, reason }] of path.stops.entries()) {
    const before = path.stops[index - 1]?.node;
    if (before === undefined || reason === undefined) continue;
    if (reason.kind === "link")
      expect(new Set([reason.link.from, reason.link.to])).toEqual(new Set([before.id, here.id]));
    if (reason.kind === "parent") expect(before.parent).toBe(here.id);
    if (reason.kind === "child") expect(here.parent).toBe(before.id);
    if (reason.kind === "tunnel") expect(tunnelEndOf(topology.get(before.id))?.localIp).toBe(reason.localIp);
  }
}

function kindsOf(path: Path | undefined): readonly string[] {
  return path?.stops.map((stop) => stop.node.kind) ?? [];
}

function reasonsOf(path: Path | undefined): readonly string[] {
  return (path?.stops ?? []).flatMap(({ node: here, reason }, index, stops) => {
    const before = stops[index - 1]?.node;
    return before === undefined || reason === undefined ? [] : [explain(before, here, reason)];
  });
}

const tapOf = (host: string): ElementId => interfaceId(host, undefined, `tap-${host}`);
const vmOf = (host: string): ElementId => elementIdOf("vm", `vm-${host}`);
const tunnelOf = (host: string): ElementId => elementIdOf("host", host, "ovs", "br-tun", "tunnel", "vxlan");

/** Three hosts, a VM each, in a full mesh, and the logical network that holds the VMs' ports. */
function cloud(): Topology {
  return topologyOf(HOSTS.flatMap(hostElements));
}

function hostElements(host: string): readonly Element[] {
  const [brInt, brTun] = [ovsBridgeId(host, "br-int"), ovsBridgeId(host, "br-tun")];
  const [port, toTun, toInt] = [
    ovsPortId(host, "br-int", `tap-${host}`),
    ovsPortId(host, "br-int", "patch-tun"),
    ovsPortId(host, "br-tun", "patch-int"),
  ];
  const peers = HOSTS.filter((other) => other !== host).map(addressOf);
  const tunnel = node(tunnelOf(host), "vxlan", brTun, host, { local_ip: addressOf(host), peers });
  const network = elementIdOf("neutron", "network", "n");
  return [
    node(hostId(host), "host", elementIdOf("region", "r", "zone", "z", "rack", "k"), host),
    node(brInt, "ovs-bridge", hostId(host), host),
    node(brTun, "ovs-bridge", hostId(host), host),
    node(tapOf(host), "tap", hostId(host), host),
    node(port, "ovs-port", brInt, host),
    node(toTun, "ovs-port", brInt, host),
    node(toInt, "ovs-port", brTun, host),
    tunnel,
    { ...node(vmOf(host), "vm", undefined, host), name: `web-${host}` },
    node(network, "network", undefined),
    node(elementIdOf("neutron", "port", `p-${host}`), "port", network),
    linkOf("layer2", port, tapOf(host)),
    linkOf("patch", toTun, toInt),
    linkOf("implements", port, elementIdOf("neutron", "port", `p-${host}`)),
    linkOf("attached", tapOf(host), vmOf(host)),
  ];
}

function node(
  id: ElementId,
  kind: NodeKind,
  parent?: ElementId,
  host?: string,
  attributes: Node["attributes"] = {},
): Node {
  return { id, kind, name: id.split("/").at(-1) ?? "", cluster: "main", host, parent, attributes };
}
