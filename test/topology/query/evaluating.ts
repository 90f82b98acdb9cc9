import type { Element } from "../../../core/element.ts";
import { type ElementId, isWithin, ownerHostOf } from "../../../core/element-id.ts";
import { OperatorError } from "../../../core/errors.ts";
import { identifiersOf } from "../../../topology/identifiers.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import type { Change } from "../../../topology/model/change.ts";
import { withoutVolatile } from "../../../topology/model/change.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import type { GraphSource } from "../../../topology/query/graph-source.ts";
import { stepsOf } from "../../../topology/query/gremlin/check.ts";
import { evaluate } from "../../../topology/query/gremlin/evaluate.ts";
import { parseTraversal } from "../../../topology/query/gremlin/parse.ts";
import type { Answer } from "../../../topology/query/gremlin/state.ts";
import type { Step } from "../../../topology/query/gremlin/steps.ts";
import { createPastHints } from "../../../topology/query/past-hints.ts";
import { type PastPart, pastSource } from "../../../topology/query/past-source.ts";
import { Work } from "../../../topology/query/work.ts";

export function stepsIn(query: string): readonly Step[] {
  return stepsOf(parseTraversal(query));
}

export function someWork(limit = 1_000_000): Work {
  return new Work(limit, () => new OperatorError({ code: "test.limit", message: "too much", hint: "none" }));
}

export async function answerOf(source: GraphSource, query: string): Promise<Answer> {
  const moments = { at: async () => source, changesBetween: async () => [] };
  return evaluate(stepsIn(query), moments, someWork());
}

/** Ids in order, or a number. */
export async function answerText(source: GraphSource, query: string): Promise<readonly string[] | number> {
  const answer = await answerOf(source, query);
  if (answer.kind === "count") return answer.count;
  if (answer.kind !== "elements") throw new Error(`an answer of ${answer.kind}`);
  return answer.elements.map(({ id }) => id).sort();
}

/** What a store answers for a part. */
export function partOf(topology: Topology, part: PastPart): readonly Element[] {
  return [...topology.values()].filter(({ id }) => {
    if ("hosts" in part) return part.hosts.includes(ownerHostOf(id) ?? "");
    if ("root" in part) return isWithin(id, part.root);
    return "element" in part ? id === part.element : true;
  });
}

/** A past that is read in parts, and every part that was read. */
export function pastOf(
  then: Topology,
  now: Topology,
  changes: readonly Change[] | undefined,
  read: PastPart[] = [],
): GraphSource {
  const kept = topologyOf([...then.values()].map(withoutVolatile));
  return pastSource({
    live: new LiveGraph(now.values()),
    read: async function* (part) {
      read.push(part);
      const elements = partOf(kept, part);
      yield elements.slice(0, 3);
      yield elements.slice(3);
    },
    hints: createPastHints({
      changesSince: async () => changes,
      onceIdentifiedBy: async (token) => lostOrThere(then, token),
    }),
  });
}

function lostOrThere(then: Topology, token: string): readonly ElementId[] {
  return [...then.values()].filter((element) => identifiersOf(element).includes(token)).map(({ id }) => id);
}
