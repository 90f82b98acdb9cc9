import { describe, expect, test } from "vitest";
import { type Attributes, type Element, linkOf, type Node, type NodeKind } from "../../../core/element.ts";
import { type ElementId, hostId, interfaceId, netnsId, ovsBridgeId, ovsPortId } from "../../../core/element-id.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { liveSource } from "../../../topology/query/graph-source.ts";
import { answerOf } from "./evaluating.ts";

// What Skydive's own topology tests ask, over what our agent tells of the same commands.

const H = "h";
const bridge = ovsBridgeId(H, "br-test1");
const root = (name: string): ElementId => interfaceId(H, undefined, name);
const port = (name: string, on = "br-test1"): ElementId => ovsPortId(H, on, name);

function node(id: ElementId, kind: NodeKind, parent: ElementId | undefined, attributes: Attributes = {}): Node {
  return { id, kind, name: id.split("/").at(-1) ?? "", cluster: "main", host: H, parent, attributes };
}

const INTERNAL = { device_type: "openvswitch", mac: "02:00:00:00:00:01" };
const UP = { operstate: "up" };
const HOST = node(hostId(H), "host", undefined, {
  "mydict.value": 123,
  "myarrays.integers": [1, 2],
  "myarrays.bools": "true",
});
const OVS_BRIDGE = [
  HOST,
  node(bridge, "ovs-bridge", hostId(H)),
  node(port("br-test1"), "ovs-port", bridge, { type: "internal", ovs_uuid: "u" }),
  node(root("br-test1"), "interface", hostId(H), INTERNAL),
  linkOf("layer2", port("br-test1"), bridge),
  linkOf("layer2", port("br-test1"), root("br-test1")),
];
const NAMESPACE = [HOST, node(netnsId(H, "ns1"), "netns", hostId(H))];
const inNs1 = (name: string): ElementId => interfaceId(H, "ns1", name);
const vethPair = (a: ElementId, b: ElementId, [parentA, parentB]: readonly ElementId[]): readonly Element[] => [
  node(a, "veth", parentA, UP),
  node(b, "veth", parentB, UP),
  linkOf("veth-pair", a, b),
];
const tunnelPort = (type: string): Node => node(port(`${type}-br`), "ovs-port", bridge, { type });

const ROUTED = [
  node(root("eth0"), "veth", undefined, {
    routes: [
      "124.65.92.0/24 via 124.65.91.43 table 2",
      "blackhole 10.9.0.0/16",
      "default via 10.0.0.1",
      "10.7.7.7 via 10.0.0.2",
    ],
    neighbors: ["192.168.33.252 a6:d1:a0:51:03:49"],
  }),
];

const cases: readonly (readonly [test: string, elements: readonly Element[], query: string, count: number])[] = [
  [
    "BridgeOVS",
    OVS_BRIDGE,
    "G.V().Has('Type', 'ovsbridge', 'Name', 'br-test1').Out('Type', 'ovsport', 'Name', 'br-test1').Out('Type', 'internal', 'Name', 'br-test1', 'Driver', 'openvswitch').Dedup()",
    1,
  ],
  [
    "PatchOVS",
    [
      ...OVS_BRIDGE,
      node(port("patch-br-test2"), "ovs-port", bridge, { type: "patch" }),
      node(port("patch-br-test1", "br-test2"), "ovs-port", ovsBridgeId(H, "br-test2"), { type: "patch" }),
      linkOf("patch", port("patch-br-test2"), port("patch-br-test1", "br-test2")),
    ],
    "G.V().Has('Type', 'patch', 'Name', 'patch-br-test1', 'Driver', 'openvswitch').Both('Type', 'patch', 'Name', 'patch-br-test2', 'Driver', 'openvswitch')",
    1,
  ],
  [
    "InterfaceOVS",
    [...OVS_BRIDGE],
    "G.V().Has('Type', 'internal', 'Name', 'br-test1', 'Driver', 'openvswitch').HasKey('MAC')",
    1,
  ],
  [
    "InterfaceOVS: the UUID is the port's",
    OVS_BRIDGE,
    "G.V().Has('Type', 'ovsport', 'Name', 'br-test1').HasKey('UUID')",
    1,
  ],
  [
    "Veth",
    vethPair(root("vm1-veth0"), root("vm1-veth1"), []),
    "G.V().Has('Type', 'veth', 'Name', 'vm1-veth0').Both('Type', 'veth', 'Name', 'vm1-veth1')",
    1,
  ],
  [
    "Bridge",
    [
      node(root("br-test"), "bridge", hostId(H)),
      node(root("intf1"), "tap", hostId(H)),
      linkOf("layer2", root("intf1"), root("br-test")),
    ],
    "G.V().Has('Type', 'bridge', 'Name', 'br-test').Out('Name', 'intf1')",
    1,
  ],
  [
    "MacNameUpdate",
    [node(root("vm1-veth2"), "veth", undefined, { mac: "00:00:00:00:00:aa" })],
    "G.V().Has('Name', 'vm1-veth2', 'MAC', '00:00:00:00:00:aa')",
    1,
  ],
  ["MacNameUpdate: the old name", [node(root("vm1-veth2"), "veth", undefined)], "G.V().Has('Name', 'vm1-veth1')", 0],
  ["NameSpace", NAMESPACE, "G.V().Has('Name', 'ns1', 'Type', 'netns')", 1],
  [
    "NameSpaceVeth",
    [...NAMESPACE, ...vethPair(root("vm1-veth0"), inNs1("vm1-veth1"), [hostId(H), netnsId(H, "ns1")])],
    "G.V().Has('Name', 'ns1', 'Type', 'netns').Out('Name', 'vm1-veth1', 'Type', 'veth')",
    1,
  ],
  [
    "NameSpaceTwoVeth: the namespace of the other end",
    [...NAMESPACE, ...vethPair(root("vm1-veth0"), inNs1("vm1-veth1"), [hostId(H), netnsId(H, "ns1")])],
    "G.V().Has('Name', 'vm1-veth0').Both('Type', 'veth').In('Type', 'netns', 'Name', 'ns1')",
    1,
  ],
  [
    "NameSpaceOVSInterface",
    [...NAMESPACE, node(inNs1("intf1"), "interface", netnsId(H, "ns1"), INTERNAL)],
    "G.V().Has('Name', 'ns1', 'Type', 'netns').Out('Name', 'intf1', 'Type', 'internal')",
    1,
  ],
  [
    "NameSpaceOVSInterface: moved, not doubled",
    [...NAMESPACE, node(inNs1("intf1"), "interface", netnsId(H, "ns1"), INTERNAL)],
    "G.V().Has('Name', 'intf1', 'Type', 'internal')",
    1,
  ],
  ...["patch", "gre", "vxlan", "geneve"].map(
    (type) =>
      [
        `OVSOwnershipLink: ${type}`,
        [...OVS_BRIDGE, tunnelPort(type)],
        `G.V().Has('Name', '${type}-br', 'Type', NE('ovsport')).InE().Has('RelationType', 'ownership').InV().Has('Name', 'br-test1')`,
        1,
      ] as const,
  ),
  [
    "OVSOwnershipLink: internal",
    OVS_BRIDGE,
    "G.V().Has('Name', 'br-test1', 'Type', NE('ovsport')).InE().Has('RelationType', 'ownership').InV().Has('Type', 'host')",
    2,
  ],
  ["AgentMetadata", [HOST], "G.V().Has('mydict.value', 123, 'myarrays.integers', 1)", 1],
  [
    "InterfaceFeatures",
    [node(root("br-features"), "bridge", undefined, { features: ["highdma", "scatter-gather"] })],
    "G.V().Has('Name', 'br-features', 'Features.highdma', TRUE)",
    1,
  ],
  [
    "InterfaceFeatures: one that is off, and a device that tells none",
    [node(root("br-features"), "bridge", undefined, { features: ["highdma"] }), node(root("v"), "veth", undefined)],
    "G.V().Has('Features.lro', FALSE)",
    1,
  ],
  ["RouteTable", ROUTED, "G.V().HasKey('RoutingTables')", 1],
  ["RouteTableHistory", ROUTED, "G.V().Has('RoutingTables.ID', 2)", 1],
  ["RouteTable: the main table, with and without its name", ROUTED, "G.V().Has('RoutingTables.ID', 254)", 1],
  [
    "RouteTable: prefixes",
    ROUTED,
    "G.V().Has('RoutingTables.Routes.Prefix', '124.65.92.0/24').Has('RoutingTables.Routes.Prefix', '10.9.0.0/16')",
    1,
  ],
  [
    "RouteTable: the default and a single address in full",
    ROUTED,
    "G.V().Has('RoutingTables.Routes.Prefix', '0.0.0.0/0').Has('RoutingTables.Routes.Prefix', '10.7.7.7/32')",
    1,
  ],
  ["Neighbors", ROUTED, "G.V().Has('Neighbors.IP', '192.168.33.252', 'Neighbors.MAC', 'a6:d1:a0:51:03:49')", 1],
  ["Neighbors: another", ROUTED, "G.V().Has('Neighbors.IP', '192.168.33.253')", 0],
  [
    "RouteTable: by address",
    [node(root("eth0"), "veth", undefined, { addresses: ["124.65.91.42/24"] })],
    "G.V().Has('IPV4', '124.65.91.42/24')",
    1,
  ],
  [
    "LibvirtBasic",
    [
      node(`${hostId(H)}/domain/d` as ElementId, "domain", hostId(H), { state: "running" }),
      node(root("testintf"), "tap", hostId(H)),
      linkOf("attached", root("testintf"), `${hostId(H)}/domain/d` as ElementId),
    ],
    "G.V().Has('Type', 'libvirt').BothE('RelationType', 'vlayer2').InV('Type', 'tun', 'Name', 'testintf')",
    1,
  ],
  ["EdgeRule", OVS_BRIDGE, "G.E().Has('RelationType', 'layer2')", 2],
  ["Descendants", OVS_BRIDGE, "G.V().Has('Type', 'host').Descendants(2)", 4],
];

describe("queries of Skydive's topology tests", () => {
  test.each(cases)("%s", async (_name, elements, query, count) => {
    const answer = await answerOf(liveSource(new LiveGraph(elements)), query);
    expect(answer.kind === "elements" && answer.elements).toHaveLength(count);
  });
});

describe("what the steps show", () => {
  const source = liveSource(new LiveGraph(OVS_BRIDGE));
  const shown: readonly (readonly [query: string, expected: unknown])[] = [
    ["G.V().Values('Type').Dedup().Count()", { kind: "count", count: 4 }],
    ["G.V().Has('Type', 'host').Values('mydict.value')", { kind: "values", values: [123] }],
    ["G.V().Has('Type', 'host').ValueMap('Name', 'Type')", { kind: "values", values: [{ Name: "h", Type: "host" }] }],
    ["G.V().Sum('mydict.value')", { kind: "values", values: [123] }],
    [
      "G.V().Has('Type', 'ovsbridge').Keys()",
      { kind: "values", values: ["id", "kind", "name", "cluster", "host", "parent"] },
    ],
    ["G.V().Sort(DESC, 'Name').Limit(1).Values('Name')", { kind: "values", values: ["h"] }],
    [
      "G.V().Has('Type', 'host').As('a').G.V().Has('Type', 'ovsbridge').As('b').Select('a', 'b').Values('Name')",
      { kind: "values", values: ["h", "br-test1"] },
    ],
    ["G.V().Has('Host', 'h').SubGraph().E().Count()", { kind: "count", count: 5 }],
    [
      "G.V().Has('Type', 'internal').ShortestPathTo(Metadata('Type', 'ovsbridge'), Metadata('RelationType', 'layer2')).Count()",
      { kind: "count", count: 1 },
    ],
    ["G.V().Has('Type', 'internal').ShortestPathTo(Metadata('Type', 'vm'))", { kind: "paths", paths: [] }],
  ];
  test.each(shown)("%s", async (query, expected) => {
    expect(await answerOf(source, query)).toEqual(expected);
  });

  test("a path is its nodes in order", async () => {
    const answer = await answerOf(
      source,
      "G.V().Has('Type', 'internal').ShortestPathTo(Metadata('Type', 'ovsbridge'))",
    );
    expect(answer.kind === "paths" && answer.paths.map((path) => path.map(({ kind }) => kind))).toEqual([
      ["interface", "ovs-port", "ovs-bridge"],
    ]);
  });

  test.each([
    ["G", /ends without saying what/],
    ["G.V().Count().Count()", /Count cannot follow a number/],
    ["G.V().InV()", /InV cannot follow nodes/],
    ["G.E().Out()", /Out cannot follow edges/],
    ["G.V().At('now-1m')", /At cannot follow nodes/],
    ["G.V().Select('a')", /nothing is called "a"/],
    ["G.V().Sum('Name')", /not a number everywhere/],
  ])("%s is refused", async (query, message) => {
    await expect(answerOf(source, query)).rejects.toThrow(message);
  });
});
