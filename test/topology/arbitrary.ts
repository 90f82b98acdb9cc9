import fc from "fast-check";
import type { Attributes, Element, Link, Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId, linkId } from "../../core/element-id.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { topologyOf } from "../../topology/model/topology.ts";

// Small worlds in which collisions are common: few hosts, few names, few values.

export const HOSTS = ["a", "b"] as const;
const NAMES = ["eth0", "eth1", "br-int", "tap1"] as const;

export const attributesArbitrary: fc.Arbitrary<Attributes> = fc
  .record(
    {
      mtu: fc.constantFrom(1500, 9000),
      operstate: fc.constantFrom("up", "down"),
      addresses: fc.array(fc.constantFrom("10.0.0.1/24", "10.0.0.2/24"), { maxLength: 2 }),
      promisc: fc.boolean(),
      ifindex: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: [] },
  )
  .map((record) => record satisfies Attributes);

export const nodeArbitrary = (host: string): fc.Arbitrary<Node> =>
  fc
    .record({
      ifname: fc.constantFrom(...NAMES),
      kind: fc.constantFrom("nic" as const, "bridge" as const),
      name: fc.constantFrom("x", "y"),
      parent: fc.constantFrom(undefined, hostId(host), elementIdOf("host", host, "netns", "n")),
      attributes: attributesArbitrary,
    })
    .map(({ ifname, ...rest }) => ({ id: interfaceId(host, undefined, ifname), cluster: "c", host, ...rest }));

export const linkArbitrary = (host: string): fc.Arbitrary<Link> =>
  fc
    .record({
      ends: fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES)),
      kind: fc.constantFrom("layer2" as const, "veth-pair" as const),
      attributes: attributesArbitrary,
    })
    .map(({ ends, kind, attributes }) => {
      const [from, to] = [interfaceId(host, undefined, ends[0]), interfaceId(host, undefined, ends[1])];
      return { id: linkId("l", from, to), kind, from, to, attributes };
    });

export const elementArbitrary = (host: string): fc.Arbitrary<Element> =>
  fc.oneof<[fc.Arbitrary<Element>, fc.Arbitrary<Element>]>(nodeArbitrary(host), linkArbitrary(host));

export const elementsArbitrary: fc.Arbitrary<readonly Element[]> = fc.array(
  fc.constantFrom(...HOSTS).chain((host) => elementArbitrary(host)),
  { maxLength: 12 },
);

export const topologyArbitrary: fc.Arbitrary<Topology> = elementsArbitrary.map(topologyOf);

export function nic(host: string, ifname: string, attributes: Attributes = {}): Node {
  return {
    id: interfaceId(host, undefined, ifname),
    kind: "nic",
    name: ifname,
    cluster: "c",
    host,
    parent: hostId(host),
    attributes,
  };
}

export function hostNode(host: string, attributes: Attributes = {}): Node {
  return { id: hostId(host), kind: "host", name: host, cluster: "c", host, attributes };
}

export function idsOf(elements: Iterable<Element>): readonly ElementId[] {
  return Array.from(elements, (element) => element.id).sort();
}
