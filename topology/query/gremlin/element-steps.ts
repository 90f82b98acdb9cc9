import type { Element, Link, Node } from "../../../core/element.ts";
import { GrowingGraph } from "../growing-graph.ts";
import { loadedSource } from "../loaded-source.ts";
import type { Work } from "../work.ts";
import { testOf } from "./filter.ts";
import { badQuery, cannotFollow } from "./problem.ts";
import { fewestEdges } from "./reach.ts";
import { keysOfAll, sorted, sumOf, valueMaps, valuesOf, withoutRepeats } from "./show.ts";
import type { Edges, Named, Nodes, State } from "./state.ts";
import { EVERYTHING, type Step } from "./steps.ts";
import { adjacentEdges, adjacentNodes, edgesAmong, endsOf, kinOf } from "./walk.ts";

/** What a step makes of nodes. */
export async function fromNodes(state: Nodes, step: Step, work: Work): Promise<State> {
  const { source, named, elements } = state;
  const nodes = (found: readonly Node[]): State => ({ kind: "nodes", source, named, elements: found });
  switch (step.kind) {
    case "filter":
      return nodes(elements.filter(testOf(step.filter)));
    case "adjacent":
      return nodes(await adjacentNodes(source, elements, { ...step, work }));
    case "adjacent edges":
      return { kind: "edges", source, named, elements: await adjacentEdges(source, elements, { ...step, work }) };
    case "kin":
      return nodes(await kinOf(source, elements, { ...step, work }));
    case "shortest path":
      return { kind: "paths", source, named, paths: await pathsFrom(state, step, work) };
    case "sub graph": {
      return subGraph(named, [...elements, ...(await edgesAmong(source, elements, work))]);
    }
    case "as":
      return { ...state, named: new Map([...named, [step.label, elements]]) };
    case "select":
      return nodes(step.labels.flatMap((label) => namedNodes(named, label, step)));
    case "graph":
      return { kind: "graph", source, named };
    default:
      return fromElements(state, step);
  }
}

async function pathsFrom(
  { source, elements }: Nodes,
  step: Extract<Step, { kind: "shortest path" }>,
  work: Work,
): Promise<readonly (readonly Node[])[]> {
  const journey = { isGoal: testOf(step.to), mayUse: testOf(step.over), work };
  const paths: (readonly Node[])[] = [];
  for (const start of withoutRepeats(elements, [])) {
    const path = await fewestEdges(source, start, journey);
    if (path !== undefined) paths.push(path);
  }
  return paths;
}

function namedNodes(named: Named, label: string, step: Step): readonly Node[] {
  const nodes = named.get(label);
  if (nodes !== undefined) return nodes;
  throw badQuery(step.position, `nothing is called ${JSON.stringify(label)}: As('${label}') has to come before`);
}

/** What a step makes of edges. */
export async function fromEdges(state: Edges, step: Step, work: Work): Promise<State> {
  const { source, named, elements } = state;
  switch (step.kind) {
    case "filter":
      return { ...state, elements: elements.filter(testOf(step.filter)) };
    case "ends":
      return { kind: "nodes", source, named, elements: await endsOf(source, elements, { ...step, work }) };
    case "sub graph": {
      const ends = await endsOf(source, elements, { direction: "both", filter: EVERYTHING, work });
      return subGraph(named, [...ends, ...elements]);
    }
    case "graph":
      return { kind: "graph", source, named };
    default:
      return fromElements(state, step);
  }
}

function subGraph(named: Named, elements: readonly Element[]): State {
  const graph = new GrowingGraph(elements);
  return { kind: "graph", source: loadedSource(graph), named, elements: [...graph.elements()] };
}

/** Steps that are the same for nodes and edges. */
function fromElements(state: Nodes | Edges, step: Step): State {
  const { elements } = state;
  switch (step.kind) {
    case "dedup":
      return replaced(state, (all) => withoutRepeats(all, step.keys));
    case "sort":
      return replaced(state, (all) => sorted(all, step.key, step.isDescending));
    case "range":
      return replaced(state, (all) => all.slice(step.from, step.to));
    case "count":
      return { kind: "count", count: elements.length };
    case "values":
      return { kind: "values", values: valuesOf(elements, step.key) };
    case "value map":
      return { kind: "values", values: valueMaps(elements, step.keys) };
    case "keys":
      return { kind: "values", values: keysOfAll(elements) };
    case "sum":
      return { kind: "values", values: [sumOf(elements, step.key, step.position)] };
    default:
      throw cannotFollow(step, state.kind);
  }
}

function replaced(
  state: Nodes | Edges,
  change: <E extends Node | Link>(elements: readonly E[]) => readonly E[],
): State {
  return state.kind === "nodes"
    ? { ...state, elements: change(state.elements) }
    : { ...state, elements: change(state.elements) };
}
