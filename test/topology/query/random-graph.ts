import fc from "fast-check";
import type { Attributes, Element, Link, LinkKind, Node, NodeKind } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, linkId, ovsBridgeId } from "../../../core/element-id.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";

// Small clouds in which everything happens: shared names and addresses, links across hosts, parents that are not there.

export const UUIDS = ["0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "1f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1"] as const;
export const HOSTS = ["a", "b"] as const;
export const NAMES = ["eth0", "br-int", "web", "WEB"] as const;
export const MACS = ["fa:16:3e:00:00:01", "FA:16:3E:00:00:02"] as const;
export const ADDRESSES = ["10.0.0.1/24", "10.0.1.2/24", "127.0.0.1/8", "2001:db8::1/64"] as const;

export const NODE_IDS: readonly ElementId[] = [
  ...HOSTS.flatMap((host) => [
    hostId(host),
    interfaceId(host, undefined, "eth0"),
    interfaceId(host, undefined, "eth1"),
    ovsBridgeId(host, "br-int"),
  ]),
  elementIdOf("vm", UUIDS[0]),
  elementIdOf("neutron", "port", UUIDS[1]),
  elementIdOf("region", "r", "zone", "z"),
  elementIdOf("switch", "s"),
];

const attributes: fc.Arbitrary<Attributes> = fc
  .record(
    {
      mtu: fc.constantFrom(1500, 9000),
      mac: fc.constantFrom(...MACS),
      operstate: fc.constantFrom("up", "down"),
      addresses: fc.uniqueArray(fc.constantFrom(...ADDRESSES), { maxLength: 2 }),
      type: fc.constantFrom("patch", "internal"),
      device_type: fc.constantFrom("openvswitch", "dummy"),
      "external_ids.iface-id": fc.constantFrom(...UUIDS),
      vlan_id: fc.constantFrom(100, 200),
      ready: fc.boolean(),
      ifindex: fc.constantFrom(1, 2),
    },
    { requiredKeys: [] },
  )
  .map((record) => record satisfies Attributes);

const node: fc.Arbitrary<Node> = fc.record({
  id: fc.constantFrom(...NODE_IDS),
  kind: fc.constantFrom<NodeKind>(
    "nic",
    "tap",
    "ovs-port",
    "ovs-bridge",
    "bridge",
    "interface",
    "host",
    "vm",
    "macvlan",
  ),
  name: fc.constantFrom(...NAMES),
  cluster: fc.constant("main"),
  host: fc.option(fc.constantFrom(...HOSTS), { nil: undefined }),
  parent: fc.option(fc.constantFrom(...NODE_IDS), { nil: undefined }),
  attributes,
});

const link: fc.Arbitrary<Link> = fc
  .record({
    kind: fc.constantFrom<LinkKind>("layer2", "veth-pair", "patch", "attached", "vlan-of", "owns"),
    from: fc.constantFrom(...NODE_IDS),
    to: fc.constantFrom(...NODE_IDS),
    isDerived: fc.boolean(),
    attributes,
  })
  .map(({ kind, from, to, isDerived, attributes: own }) => {
    const id = isDerived ? elementIdOf("derived", kind, from, to) : linkId(kind, from, to);
    return { id, kind, from, to, attributes: own };
  });

export const randomGraph: fc.Arbitrary<Topology> = fc
  .array(fc.oneof<[fc.Arbitrary<Element>, fc.Arbitrary<Element>]>(node, link), { maxLength: 24 })
  .map(topologyOf);
