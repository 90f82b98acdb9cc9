import { isLink, type Link, type Node } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { GraphSource } from "../graph-source.ts";
import type { Work } from "../work.ts";
import { type Edge, edgeOf, edgesAt } from "./edges.ts";
import { testOf } from "./filter.ts";
import { MAX_HELD, tooMany } from "./select.ts";
import type { Direction, Filter } from "./steps.ts";

/** Nodes whose surroundings are brought in at once. */
const STRIDE = 500;

interface Walk {
  readonly direction: Direction;
  readonly filter: Filter;
  readonly work: Work;
}

/** `Out`, `In`, `Both`: a node once for each edge that leads to it, as in Skydive. */
export async function adjacentNodes(
  source: GraphSource,
  nodes: readonly Node[],
  { direction, filter, work }: Walk,
): Promise<readonly Node[]> {
  const passes = testOf(filter);
  const found: Node[] = [];
  await eachEdge(source, nodes, { direction, work }, (edge, from) => {
    const other = nodeAt(source, edge.parent === from ? edge.child : edge.parent);
    if (other !== undefined && passes(other)) hold(found, other);
  });
  return found;
}

/** `OutE`, `InE`, `BothE`. */
export async function adjacentEdges(
  source: GraphSource,
  nodes: readonly Node[],
  { direction, filter, work }: Walk,
): Promise<readonly Link[]> {
  const passes = testOf(filter);
  const found: Link[] = [];
  await eachEdge(source, nodes, { direction, work }, ({ link }) => {
    if (passes(link)) hold(found, link);
  });
  return found;
}

/** `InV` gives the end an edge comes from, `OutV` the one it leads to. */
export async function endsOf(
  source: GraphSource,
  links: readonly Link[],
  { direction, filter, work }: Walk,
): Promise<readonly Node[]> {
  const passes = testOf(filter);
  const found: Node[] = [];
  for (let start = 0; start < links.length; start += STRIDE) {
    const stride = links.slice(start, start + STRIDE);
    await source.reach(stride.flatMap(({ from, to }) => [from, to]));
    work.add(stride.length);
    for (const link of stride) {
      const { parent, child } = edgeOf(source.graph, link);
      const ids = direction === "both" ? [parent, child] : [direction === "in" ? parent : child];
      for (const id of ids) {
        const node = nodeAt(source, id);
        if (node !== undefined && passes(node)) hold(found, node);
      }
    }
    await work.breathe();
  }
  return found;
}

/** The nodes themselves and what is reached from them within `depth` edges that pass `over`, each once. */
export async function kinOf(
  source: GraphSource,
  nodes: readonly Node[],
  walk: { readonly direction: Direction; readonly over: Filter; readonly depth: number; readonly work: Work },
): Promise<readonly Node[]> {
  const passes = testOf(walk.over);
  const reached = new Map<ElementId, Node>(nodes.map((node) => [node.id, node]));
  let frontier: readonly Node[] = [...reached.values()];
  for (let level = 0; level < walk.depth && frontier.length > 0; level++) {
    const next: Node[] = [];
    await eachEdge(source, frontier, walk, (edge, from) => {
      const other = nodeAt(source, edge.parent === from ? edge.child : edge.parent);
      if (other === undefined || reached.has(other.id) || !passes(edge.link)) return;
      reached.set(other.id, other);
      hold(next, other);
      if (reached.size > MAX_HELD) throw tooMany();
    });
    frontier = next;
  }
  return [...reached.values()];
}

/** The edges between nodes, each once. */
export async function edgesAmong(source: GraphSource, nodes: readonly Node[], work: Work): Promise<readonly Link[]> {
  const ids = new Set(nodes.map(({ id }) => id));
  const links = new Map<ElementId, Link>();
  await eachEdge(source, nodes, { direction: "out", work }, ({ link }) => {
    if (ids.has(link.from) && ids.has(link.to)) links.set(link.id, link);
  });
  return [...links.values()];
}

async function eachEdge(
  source: GraphSource,
  nodes: readonly Node[],
  { direction, work }: { readonly direction: Direction; readonly work: Work },
  visit: (edge: Edge, from: ElementId) => void,
): Promise<void> {
  for (let start = 0; start < nodes.length; start += STRIDE) {
    const stride = nodes.slice(start, start + STRIDE);
    await source.surround(stride.map(({ id }) => id));
    for (const { id } of stride) {
      let edges = 0;
      for (const edge of edgesAt(source.graph, id, direction)) {
        edges++;
        visit(edge, id);
      }
      work.add(edges + 1);
    }
    await work.breathe();
  }
}

function nodeAt(source: GraphSource, id: ElementId): Node | undefined {
  const element = source.graph.get(id);
  return element === undefined || isLink(element) ? undefined : element;
}

function hold<T>(held: T[], one: T): void {
  if (held.length >= MAX_HELD) throw tooMany();
  held.push(one);
}
