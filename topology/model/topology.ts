import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";

/** A whole topology at one moment. Never changed in place; `LiveGraph` is the one that changes. */
export type Topology = ReadonlyMap<ElementId, Element>;

export const EMPTY_TOPOLOGY: Topology = new Map();

export function topologyOf(elements: Iterable<Element>): Topology {
  const map = new Map<ElementId, Element>();
  for (const element of elements) map.set(element.id, element);
  return map;
}

/** A state that comes in chunks, whole. For parts that are known to be small, and for tests. */
export async function collected(chunks: AsyncIterable<readonly Element[]>): Promise<Topology> {
  const map = new Map<ElementId, Element>();
  for await (const chunk of chunks) for (const element of chunk) map.set(element.id, element);
  return map;
}
