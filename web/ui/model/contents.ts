import { isLink, type Link, type Node } from "../../../core/element.ts";
import { type ElementId, ownerHostOf, segmentsOf } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { BANDS, type BandName, bandOf } from "./bands.ts";

/** What is inside one host, sorted into what stands alone, what stands in a box, and the cables between. */
export interface Contents {
  readonly host: string;
  /** Nodes that stand alone, by band, in natural order of their names. */
  readonly free: { readonly [band in BandName]: readonly Node[] };
  /** Bridges with their ports, namespaces with their interfaces. */
  readonly boxes: readonly Box[];
  /** Every node on the map, boxed or not. */
  readonly nodes: ReadonlyMap<ElementId, Node>;
  /** Links with both ends on the map. */
  readonly cables: readonly Link[];
}

export interface Box {
  readonly node: Node;
  readonly band: BandName;
  readonly items: readonly BoxItem[];
}

/** An Open vSwitch port and an interface in a namespace are nodes; a port of a Linux bridge is the link that makes it one. */
export interface BoxItem {
  readonly id: ElementId;
  readonly name: string;
}

export function contentsOf(topology: Topology, host: string): Contents {
  const { nodes, links } = elementsOfHost(topology, host);
  const boxes = new Map<ElementId, { node: Node; band: BandName; items: BoxItem[] }>();
  const free = Object.fromEntries(BANDS.map((band): [BandName, Node[]] => [band, []])) as Record<BandName, Node[]>;
  for (const node of nodes.values()) {
    const band = boxBandOf(node, nodes);
    if (band !== undefined) boxes.set(node.id, { node, band, items: [] });
  }
  for (const node of nodes.values()) {
    if (boxes.has(node.id)) continue;
    const holder = holderOf(node, nodes);
    const box = holder === undefined ? undefined : boxes.get(holder);
    if (box !== undefined) box.items.push({ id: node.id, name: node.name });
    else free[freeBandOf(node)].push(node);
  }
  const cables = links.filter((link) => link.kind !== "owns" && nodes.has(link.from) && nodes.has(link.to));
  for (const link of cables) {
    const port = bridgePortOf(link, nodes);
    if (port !== undefined) boxes.get(port.bridge)?.items.push({ id: link.id, name: port.name });
  }
  for (const nodesOfBand of Object.values(free)) nodesOfBand.sort(byName);
  for (const box of boxes.values()) box.items.sort(byName);
  return { host, free, boxes: [...boxes.values()].sort(boxOrder), nodes, cables };
}

/** Every host the topology knows, in natural order. */
export function hostsOf(topology: Topology): readonly string[] {
  const hosts = new Set<string>();
  for (const element of topology.values()) if (!isLink(element) && element.kind === "host") hosts.add(element.name);
  return [...hosts].sort(compareNames);
}

export function compareNames(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const COLLATOR = new Intl.Collator("en", { numeric: true });
const byName = (a: { readonly name: string }, b: { readonly name: string }): number => compareNames(a.name, b.name);

function elementsOfHost(topology: Topology, host: string): { nodes: Map<ElementId, Node>; links: readonly Link[] } {
  const nodes = new Map<ElementId, Node>();
  const links: Link[] = [];
  for (const element of topology.values()) {
    if (isLink(element)) links.push(element);
    else if ((element.host ?? ownerHostOf(element.id)) === host && bandOf(element.kind) !== undefined) {
      nodes.set(element.id, element);
    }
  }
  return { nodes, links };
}

function boxBandOf(node: Node, nodes: ReadonlyMap<ElementId, Node>): BandName | undefined {
  if (node.kind === "netns") return "namespaces";
  if (node.kind !== "bridge" && node.kind !== "ovs-bridge") return undefined;
  return namespaceOf(node, nodes) === undefined ? "bridges" : undefined;
}

/** Where a node without a box stands; a port whose bridge is not known stands with the interfaces. */
function freeBandOf(node: Node): BandName {
  const band = bandOf(node.kind);
  return band === undefined || band === "bridges" || band === "namespaces" ? "virtual" : band;
}

/** The box a node is drawn in: a port's bridge, an interface's namespace. */
function holderOf(node: Node, nodes: ReadonlyMap<ElementId, Node>): ElementId | undefined {
  if (node.kind === "ovs-port") return node.parent;
  return namespaceOf(node, nodes);
}

function namespaceOf(node: Node, nodes: ReadonlyMap<ElementId, Node>): ElementId | undefined {
  let parent = node.parent;
  for (let depth = 0; parent !== undefined && depth < MAX_DEPTH; depth++) {
    const holder = nodes.get(parent);
    if (holder?.kind === "netns") return parent;
    parent = holder?.parent;
  }
  return undefined;
}

const MAX_DEPTH = 8;

/** The bridge and the interface of a link that enslaves one to the other; undefined for every other link. */
export function bridgePortOf(
  link: Link,
  nodes: ReadonlyMap<ElementId, Node>,
): { bridge: ElementId; name: string } | undefined {
  if (link.kind !== "layer2") return undefined;
  const [from, to] = [nodes.get(link.from), nodes.get(link.to)];
  if (from === undefined || to === undefined) return undefined;
  if (isBridge(to) && !isBridge(from) && from.kind !== "ovs-port") return { bridge: to.id, name: from.name };
  if (isBridge(from) && !isBridge(to) && to.kind !== "ovs-port") return { bridge: from.id, name: to.name };
  return undefined;
}

function isBridge(node: Node): boolean {
  return node.kind === "bridge" || node.kind === "ovs-bridge";
}

/** Bridges with few ports first (they are the ones towards the outside), then by name. */
function boxOrder(a: Box, b: Box): number {
  if (a.band !== b.band) return BANDS.indexOf(a.band) - BANDS.indexOf(b.band);
  if (a.band === "bridges" && a.node.kind !== b.node.kind) return a.node.kind === "ovs-bridge" ? -1 : 1;
  return compareNames(a.node.name, b.node.name);
}

/** The name of the namespace an element is in, as its id says; undefined in the host's own namespace. */
export function netnsNameOf(id: ElementId): string | undefined {
  const segments = segmentsOf(id);
  return segments[0] === "host" && segments[2] === "netns" ? segments[3] : undefined;
}
