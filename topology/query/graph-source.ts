import type { Element, Link } from "../../core/element.ts";
import { type ElementId, hostId, isWithin } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";

/** What a query may ask of a graph at one moment, whether all of it is at hand or comes in parts. */
export interface GraphSource {
  /** What is at hand: the whole live graph, or what has been brought in of a past one. */
  readonly graph: LocalGraph;
  /** Makes `graph` know these elements, as far as they exist. */
  reach(ids: Iterable<ElementId>): Promise<void>;
  /** Makes `graph` know the children and links of these elements and what is at the other ends of the links. */
  surround(ids: Iterable<ElementId>): Promise<void>;
  /** In chunks, every element the look-up may mean; others too, so the caller still compares. */
  find(lookup: Lookup): AsyncIterable<readonly Element[]>;
  /** In chunks, every element once. */
  all(): AsyncIterable<readonly Element[]>;
  /** False once something may be missing, because the index of that moment no longer tells all. */
  isComplete(): boolean;
}

export interface LocalGraph {
  get(id: ElementId): Element | undefined;
  childrenOf(id: ElementId): Iterable<ElementId>;
  /** Links that start or end here. */
  linksAt(id: ElementId): Iterable<Link>;
}

/** What an index can answer. */
export type Lookup =
  | { readonly by: "id"; readonly id: ElementId }
  /** A token of `identifiersOf`. */
  | { readonly by: "identifier"; readonly token: string }
  | { readonly by: "host"; readonly host: string }
  | { readonly by: "kind"; readonly kinds: readonly Element["kind"][] };

/** The live graph as queries use it. */
export type IndexedGraph = Pick<
  GraphView,
  "get" | "childrenOf" | "linksAt" | "elements" | "ownedBy" | "ofKind" | "onHost" | "withIdentifier"
>;

const CHUNK = 1_000;

/** The graph as it is now. It goes on changing while a query that takes several turns reads it. */
export function liveSource(graph: IndexedGraph): GraphSource {
  return {
    graph,
    reach: async () => {},
    surround: async () => {},
    find: (lookup) => chunksOf(candidatesIn(graph, lookup)),
    all: () => chunksOf(graph.elements()),
    isComplete: () => true,
  };
}

/** What the indexes of a graph give for a look-up, read at once: the graph may change before the caller goes on. */
export function candidatesIn(graph: IndexedGraph, lookup: Lookup): readonly Element[] {
  switch (lookup.by) {
    case "id":
      return elementsOf(graph, [lookup.id]);
    case "identifier":
      return [...graph.withIdentifier(lookup.token)];
    case "host": {
      const owned = elementsOf(graph, graph.ownedBy({ kind: "agent", host: lookup.host }));
      const { host } = lookup;
      const placed = elementsOf(graph, graph.onHost(host)).filter(({ id }) => !isWithin(id, hostId(host)));
      return [...owned, ...placed];
    }
    case "kind":
      return lookup.kinds.flatMap((kind) => elementsOf(graph, graph.ofKind(kind)));
  }
}

function elementsOf(graph: LocalGraph, ids: Iterable<ElementId>): readonly Element[] {
  const elements: Element[] = [];
  for (const id of ids) {
    const element = graph.get(id);
    if (element !== undefined) elements.push(element);
  }
  return elements;
}

export async function* chunksOf(elements: Iterable<Element>): AsyncIterable<readonly Element[]> {
  let chunk: Element[] = [];
  for (const element of elements) {
    chunk.push(element);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
