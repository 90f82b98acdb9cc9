import { type Element, isLink, type Link, type Node } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { LocalGraph } from "./graph-source.ts";

/** Why one element of a path stands next to another. */
export type Reason =
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "parent" }
  | { readonly kind: "child" }
  /** Two ends that name each other's address. */
  | { readonly kind: "tunnel"; readonly localIp: string; readonly remoteIp: string };

export interface Hop {
  readonly to: ElementId;
  readonly reason: Reason;
  /** Paths with the least sum win: what carries frames before what merely holds together. */
  readonly cost: number;
}

const LINK_COST: { readonly [kind in Link["kind"]]: number } = {
  patch: 1,
  "veth-pair": 1,
  layer2: 1,
  // A machine with two interfaces seldom forwards between them.
  attached: 4,
  implements: 1,
  "vlan-of": 1,
  "vf-of": 1,
  tunnel: 1,
  "routes-to": 4,
  "bgp-session": 6,
  owns: 10,
  "located-in": 40,
};
export const TUNNEL_COST = 1;
/** A port and its switch, whether physical or Open vSwitch's. */
const PORT_OF_SWITCH_COST = 1;
/** From one interface of a namespace to another: the kernel may route between them. */
const NAMESPACE_COST = 3;
/** The same for the host's own namespace, where it is less likely meant. */
const HOST_COST = 8;
/** Hosts of a rack, ports of a network: this says what belongs together, not where a frame goes. */
const CONTAINMENT_COST = 40;

/** Where one can go from a node in one hop, tunnels left out. The surroundings have to be at hand. */
export function* hopsFrom(graph: LocalGraph, id: ElementId): Iterable<Hop> {
  const node = nodeAt(graph, id);
  if (node === undefined) return;
  for (const link of graph.linksAt(id)) {
    const to = link.from === id ? link.to : link.from;
    if (nodeAt(graph, to) !== undefined) yield { to, reason: { kind: "link", link }, cost: LINK_COST[link.kind] };
  }
  const parent = node.parent === undefined ? undefined : nodeAt(graph, node.parent);
  if (parent !== undefined) yield { to: parent.id, reason: { kind: "parent" }, cost: containmentCost(parent, node) };
  for (const childId of graph.childrenOf(id)) {
    const child = nodeAt(graph, childId);
    if (child !== undefined) yield { to: childId, reason: { kind: "child" }, cost: containmentCost(node, child) };
  }
}

function containmentCost(parent: Node, child: Node): number {
  switch (parent.kind) {
    case "ovs-bridge":
    case "switch":
      return PORT_OF_SWITCH_COST;
    case "netns":
    case "router":
      return NAMESPACE_COST;
    case "host":
      return child.kind === "ovs-bridge" ? CONTAINMENT_COST : HOST_COST;
    default:
      return CONTAINMENT_COST;
  }
}

/** One sentence a person can follow. */
export function explain(from: Node, to: Node, reason: Reason): string {
  switch (reason.kind) {
    case "link":
      return `${nameOf(from)} and ${nameOf(to)}: ${LINK_TEXT[reason.link.kind]}`;
    case "parent":
      return `${nameOf(from)} is part of ${nameOf(to)}`;
    case "child":
      return `${nameOf(to)} is part of ${nameOf(from)}`;
    case "tunnel":
      return `tunnel from ${reason.localIp} to ${reason.remoteIp}`;
  }
}

const LINK_TEXT: { readonly [kind in Link["kind"]]: string } = {
  patch: "joined by a patch cord",
  "veth-pair": "two ends of a veth pair",
  layer2: "joined on layer 2",
  attached: "the interface is attached to the machine",
  implements: "the port of the switch implements the port of Neutron",
  "vlan-of": "a VLAN of the device",
  "vf-of": "a virtual function of the device",
  tunnel: "joined by a tunnel",
  "routes-to": "routed to",
  "bgp-session": "joined by a BGP session",
  owns: "one owns the other",
  "located-in": "one is located in the other",
};

function nameOf(node: Node): string {
  return `${node.kind} ${node.name}`;
}

function nodeAt(graph: LocalGraph, id: ElementId): Node | undefined {
  const element: Element | undefined = graph.get(id);
  return element === undefined || isLink(element) ? undefined : element;
}
