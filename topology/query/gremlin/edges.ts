import { type Element, isLink, type Link, linkOf } from "../../../core/element.ts";
import { type ElementId, parseElementId } from "../../../core/element-id.ts";
import type { LocalGraph } from "../graph-source.ts";
import type { Direction } from "./steps.ts";

/** A link with its direction as Skydive reads it: from bridge to port, from port to device, from lower to upper. */
export interface Edge {
  readonly link: Link;
  readonly parent: ElementId;
  readonly child: ElementId;
}

/** What holds others together on layer 2; the edge leads from it to its ports. */
const HUBS: ReadonlySet<string> = new Set(["bridge", "ovs-bridge", "bond"]);
/** Devices that stand on another; the edge leads from the lower one to them. */
const UPPER: ReadonlySet<string> = new Set(["vlan", "vxlan", "macvlan", "macvtap"]);

export function edgeOf(graph: LocalGraph, link: Link): Edge {
  return isReversed(graph, link)
    ? { link, parent: link.to, child: link.from }
    : { link, parent: link.from, child: link.to };
}

function isReversed(graph: LocalGraph, { kind, from, to }: Link): boolean {
  if (kind === "vlan-of" || kind === "vf-of" || kind === "located-in") return true;
  if (kind !== "layer2") return false;
  return HUBS.has(graph.get(to)?.kind ?? "") || UPPER.has(graph.get(from)?.kind ?? "");
}

/** A node's edges: its links, and `owns` from its parent and to its children, which the model keeps in `parent`. */
export function* edgesAt(graph: LocalGraph, id: ElementId, direction: Direction): Iterable<Edge> {
  const node = graph.get(id);
  if (node === undefined || isLink(node)) return;
  for (const link of graph.linksAt(id)) {
    const edge = edgeOf(graph, link);
    if (direction === "both" || (direction === "out" ? edge.parent === id : edge.child === id)) yield edge;
  }
  if (direction !== "out") {
    const edge = ownershipOf(graph, node);
    if (edge !== undefined) yield edge;
  }
  if (direction === "in") return;
  for (const child of graph.childrenOf(id)) {
    // What is its own parent has come as that already.
    if (child === id && direction === "both") continue;
    const edge = ownsEdge(id, child);
    if (graph.get(edge.link.id) === undefined) yield edge;
  }
}

/** The edge that stands in an element's `parent`; undefined when the parent is not there, or the edge is there as a link. */
export function ownershipOf(graph: LocalGraph, element: Element): Edge | undefined {
  if (isLink(element) || element.parent === undefined || graph.get(element.parent) === undefined) return undefined;
  const edge = ownsEdge(element.parent, element.id);
  return graph.get(edge.link.id) === undefined ? edge : undefined;
}

function ownsEdge(parent: ElementId, child: ElementId): Edge {
  return { link: linkOf("owns", parent, child), parent, child };
}

/** The children that an id of an `owns` edge may mean. */
export function childrenNamedBy(id: ElementId): readonly ElementId[] {
  const match = /^(host\/[^/]+\/)?(.*)\/owns\/([^/]+)$/.exec(id);
  if (match?.[3] === undefined) return [];
  const rest = decodeURIComponent(match[3]);
  const named = [rest, `${match[1] ?? ""}${rest}`].map(parseElementId);
  return [...new Set(named.filter((each) => each !== undefined))];
}
