import type { Change } from "../../model/change.ts";
import type { GraphSource } from "../graph-source.ts";
import type { Work } from "../work.ts";
import { changeTestOf } from "./changes.ts";
import { fromEdges, fromNodes } from "./element-steps.ts";
import { badQuery, cannotFollow } from "./problem.ts";
import { selectEdges, selectNodes } from "./select.ts";
import type { Answer, Graph, Shown, State } from "./state.ts";
import type { Filter, Step } from "./steps.ts";

/** What a query is asked of. */
export interface TopologyMoments {
  /** The graph at a moment, as people write moments; left out, now. */
  at(moment: string | undefined): Promise<GraphSource>;
  /** What happened between two moments, folded: one change, or a removal and an addition, for each element. */
  changesBetween(from: string, to: string): Promise<readonly Change[]>;
}

/**
 * Evaluates steps one after the other; filters and limits that follow `V()` and `E()` are folded into them, so that an
 * index or an early end spares the rest. Errors: `gremlin.invalid` (400) when a step cannot follow the one before,
 * `topology.query_too_expensive` (422), and what the moments say.
 */
export async function evaluate(steps: readonly Step[], moments: TopologyMoments, work: Work): Promise<Answer> {
  let state: State = { kind: "graph", source: await firstSource(steps, moments), named: new Map() };
  for (let at = 0; at < steps.length; ) {
    const step = steps[at];
    if (step === undefined) break;
    if (step.kind === "all" && state.kind === "graph") {
      const folded = foldedInto(step.filter, steps.slice(at + 1));
      state = await selected(state, step.of, folded, work);
      at += 1 + folded.steps;
    } else {
      state = await next(state, step, moments, work);
      at += 1;
    }
    work.add(1);
  }
  return answerOf(state);
}

/** A query that begins with `At` or `Diff` does not ask for the graph of now. */
function firstSource(steps: readonly Step[], moments: TopologyMoments): Promise<GraphSource> {
  const [first] = steps;
  return moments.at(first?.kind === "at" ? first.moment : undefined);
}

/** How much of what follows `V()` can be done while the elements are read. */
interface Folded {
  readonly filters: readonly Filter[];
  readonly steps: number;
  readonly atMost: number | undefined;
  readonly onlyCount: boolean;
}

function foldedInto(filter: Filter, rest: readonly Step[]): Folded {
  const filters = [filter];
  let steps = 0;
  for (const step of rest) {
    if (step.kind !== "filter") break;
    filters.push(step.filter);
    steps++;
  }
  const after = rest[steps];
  if (after?.kind === "count") return { filters, steps: steps + 1, atMost: undefined, onlyCount: true };
  // The range itself stays a step of its own: it may begin later.
  return { filters, steps, atMost: after?.kind === "range" ? after.to : undefined, onlyCount: false };
}

async function selected({ source, named }: Graph, of: "nodes" | "edges", folded: Folded, work: Work): Promise<State> {
  const options = { ...folded, work };
  if (of === "nodes") {
    const { elements, count } = await selectNodes(source, options);
    return folded.onlyCount ? { kind: "count", count } : { kind: "nodes", source, named, elements };
  }
  const { elements, count } = await selectEdges(source, options);
  return folded.onlyCount ? { kind: "count", count } : { kind: "edges", source, named, elements };
}

function next(state: State, step: Step, moments: TopologyMoments, work: Work): State | Promise<State> {
  switch (state.kind) {
    case "graph":
      return fromGraph(state, step, moments);
    case "nodes":
      return fromNodes(state, step, work);
    case "edges":
      return fromEdges(state, step, work);
    case "paths":
      if (step.kind === "count") return { kind: "count", count: state.paths.length };
      return fromNodes({ ...state, kind: "nodes", elements: state.paths.flat() }, step, work);
    case "values":
      return fromValues(state.values, step);
    case "changes":
      return fromChanges(state.changes, step);
    case "count":
      throw cannotFollow(step, "a number");
  }
}

async function fromGraph(state: Graph, step: Step, moments: TopologyMoments): Promise<State> {
  switch (step.kind) {
    case "at":
      return { kind: "graph", source: await moments.at(step.moment), named: state.named };
    case "diff":
      return { kind: "changes", changes: await moments.changesBetween(step.from, step.to) };
    case "graph":
      return state;
    default:
      throw cannotFollow(step, "the graph");
  }
}

function fromValues(values: readonly Shown[], step: Step): State {
  switch (step.kind) {
    case "count":
      return { kind: "count", count: values.length };
    case "range":
      return { kind: "values", values: values.slice(step.from, step.to) };
    case "dedup":
      return { kind: "values", values: [...new Map(values.map((value) => [JSON.stringify(value), value])).values()] };
    default:
      throw cannotFollow(step, "values");
  }
}

function fromChanges(changes: readonly Change[], step: Step): State {
  switch (step.kind) {
    case "count":
      return { kind: "count", count: changes.length };
    case "filter":
      return { kind: "changes", changes: changes.filter(changeTestOf(step.filter)) };
    case "range":
      return { kind: "changes", changes: changes.slice(step.from, step.to) };
    default:
      throw cannotFollow(step, "changes");
  }
}

function answerOf(state: State): Answer {
  switch (state.kind) {
    case "graph":
      if (state.elements !== undefined) return { kind: "elements", elements: state.elements };
      throw badQuery(0, "the query ends without saying what of the graph it wants", "add V() for nodes, E() for edges");
    case "nodes":
    case "edges":
      return { kind: "elements", elements: state.elements };
    case "values":
      return { kind: "values", values: state.values };
    case "count":
      return { kind: "count", count: state.count };
    case "paths":
      return { kind: "paths", paths: state.paths };
    case "changes":
      return { kind: "changes", changes: state.changes };
  }
}
