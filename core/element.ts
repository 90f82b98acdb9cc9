import { type ElementId, linkId } from "./element-id.ts";

export const NODE_KINDS = [
  "region",
  "zone",
  "rack",
  "switch",
  "switchport",
  "host",
  "agent",
  "nic",
  "loopback",
  "bond",
  "vlan",
  "bridge",
  "ovs-bridge",
  "ovs-port",
  "veth",
  "tap",
  "tun",
  "vxlan",
  "geneve",
  "gre",
  "macvtap",
  "macvlan",
  "vf",
  "interface",
  "netns",
  "container",
  "domain",
  "vm",
  "bgp-speaker",
  "vni",
  "network",
  "subnet",
  "router",
  "port",
  "load-balancer",
  "floating-ip",
  "security-group",
  "neutron-agent",
  "service",
  "hypervisor",
  "availability-zone",
  "aggregate",
  "project",
  "volume",
  "note",
] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

export const LINK_KINDS = [
  "owns",
  "layer2",
  "veth-pair",
  "patch",
  "tunnel",
  "vlan-of",
  "vf-of",
  "attached",
  "bgp-session",
  "routes-to",
  "implements",
  "located-in",
] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export type AttributeValue = string | number | boolean | readonly (string | number)[];

/**
 * What is known of an element, flat: `mtu`, `addresses`, `external_ids.iface-id`. Lists are sorted by whoever writes
 * them unless their order means something. A name that starts with `@` is reserved (see topology/model/change.ts).
 */
export type Attributes = { readonly [name: string]: AttributeValue };

export interface Node {
  readonly id: ElementId;
  readonly kind: NodeKind;
  readonly name: string;
  readonly cluster: string;
  readonly host?: string | undefined;
  readonly parent?: ElementId | undefined;
  readonly attributes: Attributes;
}

export interface Link {
  readonly id: ElementId;
  readonly kind: LinkKind;
  readonly from: ElementId;
  readonly to: ElementId;
  readonly attributes: Attributes;
}

export type Element = Node | Link;

export function isLink(element: Element): element is Link {
  return "from" in element;
}

export function linkOf(kind: LinkKind, from: ElementId, to: ElementId, attributes: Attributes = {}): Link {
  return { id: linkId(kind, from, to), kind, from, to, attributes };
}
