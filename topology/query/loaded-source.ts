import type { Element } from "../../core/element.ts";
import { chunksOf, type GraphSource } from "./graph-source.ts";
import type { GrowingGraph } from "./growing-graph.ts";

/** A small graph that is all there and has no indexes: a `SubGraph`, a fixture of a test. */
export function loadedSource(graph: GrowingGraph): GraphSource {
  const all = (): AsyncIterable<readonly Element[]> => chunksOf(graph.elements());
  return {
    graph,
    reach: async () => {},
    surround: async () => {},
    find: all,
    all,
    isComplete: () => true,
  };
}
