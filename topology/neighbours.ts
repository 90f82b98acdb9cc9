import { type Element, isLink } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { GraphSource, LocalGraph } from "./query/graph-source.ts";

/**
 * The element, what is reached from it within `depth` hops over links, parent and children, and the links between all
 * of them. Undefined when the element is not there; `tooMany` once more than `limit` elements are reached.
 */
export async function neighbourhood(
  source: GraphSource,
  start: ElementId,
  { depth, limit }: { readonly depth: number; readonly limit: number },
): Promise<readonly Element[] | "tooMany" | undefined> {
  const { graph } = source;
  await source.reach([start]);
  if (graph.get(start) === undefined) return undefined;
  const reached = new Set<ElementId>([start]);
  let frontier: readonly ElementId[] = [start];
  for (let hop = 0; hop < depth && frontier.length > 0; hop++) {
    await source.surround(frontier);
    const next: ElementId[] = [];
    for (const from of frontier) {
      for (const id of stepsFrom(graph, from)) {
        if (reached.has(id) || graph.get(id) === undefined) continue;
        reached.add(id);
        next.push(id);
        if (reached.size > limit) return "tooMany";
      }
    }
    frontier = next;
  }
  await source.surround(frontier);
  const elements = [...reached].flatMap((id) => graph.get(id) ?? []);
  const links = elements.flatMap((element) => [...graph.linksAt(element.id)]);
  const between = links.filter(({ from, to }) => reached.has(from) && reached.has(to));
  return [...new Map([...elements, ...between].map((element) => [element.id, element])).values()];
}

function* stepsFrom(graph: LocalGraph, id: ElementId): Iterable<ElementId> {
  const element = graph.get(id);
  if (element === undefined) return;
  if (isLink(element)) {
    yield element.from;
    yield element.to;
    return;
  }
  if (element.parent !== undefined) yield element.parent;
  yield* graph.childrenOf(id);
  for (const link of graph.linksAt(id)) yield link.from === id ? link.to : link.from;
}
