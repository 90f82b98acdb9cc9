import { type Element, isLink, LINK_KINDS, NODE_KINDS, type Node } from "../../../core/element.ts";

/** Spellings that mean another type. */
const SAME_TYPE: { readonly [type: string]: string } = { tuntap: "tun" };

/** What Skydive calls some of our kinds; the others have the same name in both. */
const TYPE_OF_KIND: { readonly [kind in Node["kind"]]?: string } = {
  nic: "device",
  loopback: "device",
  vf: "device",
  tap: "tun",
  "ovs-bridge": "ovsbridge",
  "ovs-port": "ovsport",
  domain: "libvirt",
};

/** Types of a port's interface that Open vSwitch itself provides: where Skydive has a node for it, we have the port only. */
const WITHOUT_DEVICE: ReadonlySet<string> = new Set([
  "patch",
  "vxlan",
  "gre",
  "geneve",
  "stt",
  "lisp",
  "erspan",
  "gtpu",
]);

const RELATION_OF_KIND: { readonly [kind: string]: string } = {
  owns: "ownership",
  "veth-pair": "layer2",
  patch: "layer2",
  "vlan-of": "layer2",
  "vf-of": "vf",
  attached: "vlayer2",
  implements: "mapping",
};

/** Skydive's `Type` of an edge of layer 2. */
const TYPE_OF_LINK: { readonly [kind: string]: string } = { "veth-pair": "veth", "vlan-of": "vlan" };

/** The `Type` of each of the Skydive nodes that an element stands for; the first is the one to show. */
export function typesOf(element: Element): readonly string[] {
  if (isLink(element)) return [TYPE_OF_LINK[element.kind] ?? element.kind];
  switch (element.kind) {
    case "interface": {
      const { device_type: type } = element.attributes;
      if (type !== "openvswitch") return [typeof type === "string" ? type : "device"];
      return [element.name.startsWith("ovs-") ? "openvswitch" : "internal"];
    }
    case "ovs-port": {
      const { type } = element.attributes;
      if (typeof type !== "string") return ["ovsport"];
      return WITHOUT_DEVICE.has(type) || type.startsWith("dpdk") ? ["ovsport", type] : ["ovsport"];
    }
    default:
      return [TYPE_OF_KIND[element.kind] ?? element.kind];
  }
}

export function normalType(type: string): string {
  return SAME_TYPE[type] ?? type;
}

/** The kinds whose elements may have this `Type`, be it Skydive's word or ours. */
export function kindsOfType(type: string): readonly Element["kind"][] {
  const kinds = NODE_KINDS.filter((kind) => kind === type || (TYPE_OF_KIND[kind] ?? kind) === type);
  const links = LINK_KINDS.filter((kind) => kind === type || TYPE_OF_LINK[kind] === type);
  return [...new Set<Element["kind"]>([...kinds, ...links, "interface", "ovs-port"])];
}

export function relationOf(kind: string): string {
  return RELATION_OF_KIND[kind] ?? kind;
}

export function kindsOfRelation(relation: string): readonly Element["kind"][] {
  return LINK_KINDS.filter((kind) => kind === relation || relationOf(kind) === relation);
}

export function isKind(text: string): text is Element["kind"] {
  return ALL_KINDS.has(text);
}

const ALL_KINDS: ReadonlySet<string> = new Set([...NODE_KINDS, ...LINK_KINDS]);
