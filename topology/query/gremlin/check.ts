import { expectValues, filterOf, isNamed, keyIn, textIn, wholeNumberIn } from "./arguments.ts";
import { momentOf, refuseWindow } from "./moment.ts";
import { badQuery } from "./problem.ts";
import { refusalOfStep } from "./refused.ts";
import { type Direction, EVERYTHING, type Filter, type Step, type StepBody } from "./steps.ts";
import type { Call, Traversal, Value } from "./syntax.ts";

/**
 * What each call of a traversal means. Errors: `gremlin.invalid` (400) for wrong arguments, `gremlin.unsupported` (400)
 * for what Skydive has and this has not, naming what to use instead.
 */
export function stepsOf({ calls }: Traversal): readonly Step[] {
  return calls.map((call) => {
    const name = call.name.toLowerCase();
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read === undefined) throw refusalOfStep(call.name) ?? unknownStep(call);
    return { ...read(call), name: call.name, position: call.position };
  });
}

const OWNERSHIP: Filter = {
  needs: "all",
  conditions: [{ key: "RelationType", predicate: { kind: "equals", value: "ownership" } }],
};

const READERS: { readonly [name: string]: (call: Call) => StepBody } = {
  g: () => ({ kind: "graph" }),
  v: (call) => ({ kind: "all", of: "nodes", filter: idsOrFilter(call) }),
  e: (call) => ({ kind: "all", of: "edges", filter: idsOrFilter(call) }),
  has: (call) => ({ kind: "filter", filter: neededFilter(call) }),
  haseither: (call) => ({ kind: "filter", filter: neededFilter(call, "one") }),
  haskey: (call) => ({ kind: "filter", filter: keyFilter(call, "present") }),
  hasnot: (call) => ({ kind: "filter", filter: keyFilter(call, "absent") }),
  out: adjacent("out"),
  in: adjacent("in"),
  both: adjacent("both"),
  oute: adjacentEdges("out"),
  ine: adjacentEdges("in"),
  bothe: adjacentEdges("both"),
  outv: ends("out"),
  inv: ends("in"),
  bothv: ends("both"),
  descendants: (call) => ({ kind: "kin", direction: "out", ...kinOf(call, OWNERSHIP) }),
  ascendants: (call) => ({ kind: "kin", direction: "in", ...kinOf(call, OWNERSHIP) }),
  neighbors: (call) => ({ kind: "kin", direction: "both", ...kinOf(call, EVERYTHING) }),
  shortestpathto: shortestPath,
  dedup: (call) => ({ kind: "dedup", keys: call.values.map((value) => keyIn(call, value)) }),
  at: momentStep,
  context: momentStep,
  diff: (call) => {
    expectValues(call, 2);
    return { kind: "diff", from: momentOf(call, call.values[0]), to: momentOf(call, call.values[1]) };
  },
  count: bare({ kind: "count" }),
  limit: (call) => {
    expectValues(call, 1);
    return { kind: "range", from: 0, to: wholeNumberIn(call, call.values[0]) };
  },
  range: (call) => {
    expectValues(call, 2);
    return { kind: "range", from: wholeNumberIn(call, call.values[0]), to: wholeNumberIn(call, call.values[1]) };
  },
  sort: sortStep,
  values: (call) => ({ kind: "values", key: onlyKey(call) }),
  valuemap: (call) => ({ kind: "value map", keys: call.values.map((value) => keyIn(call, value)) }),
  keys: bare({ kind: "keys" }),
  sum: (call) => ({ kind: "sum", key: onlyKey(call) }),
  subgraph: bare({ kind: "sub graph" }),
  as: (call) => {
    expectValues(call, 1);
    return { kind: "as", label: textIn(call, call.values[0], "a name in quotes") };
  },
  select: (call) => {
    if (call.values.length === 0) throw badQuery(call.position, "Select takes at least one name given by As");
    return { kind: "select", labels: call.values.map((value) => textIn(call, value, "names in quotes")) };
  },
};

function bare(body: StepBody): (call: Call) => StepBody {
  return (call) => {
    if (call.values.length > 0) throw badQuery(call.position, `${call.name} takes nothing`);
    return body;
  };
}

function adjacent(direction: Direction): (call: Call) => StepBody {
  return (call) => ({ kind: "adjacent", direction, filter: optionalFilter(call, call.values) });
}

function adjacentEdges(direction: Direction): (call: Call) => StepBody {
  return (call) => ({ kind: "adjacent edges", direction, filter: optionalFilter(call, call.values) });
}

function ends(direction: Direction): (call: Call) => StepBody {
  return (call) => ({ kind: "ends", direction, filter: optionalFilter(call, call.values) });
}

function optionalFilter(call: Call, values: readonly Value[]): Filter {
  return values.length === 0 ? EVERYTHING : filterOf(call, values);
}

function neededFilter(call: Call, needs?: Filter["needs"]): Filter {
  if (call.values.length === 0) throw badQuery(call.position, `${call.name} takes a key and a value`);
  return filterOf(call, call.values, needs);
}

function keyFilter(call: Call, kind: "present" | "absent"): Filter {
  return { needs: "all", conditions: [{ key: onlyKey(call), predicate: { kind } }] };
}

function onlyKey(call: Call): string {
  expectValues(call, 1);
  return keyIn(call, call.values[0]);
}

/** `V('id')` means one element, `V('Name', 'x')` is `V().Has('Name', 'x')`. */
function idsOrFilter(call: Call): Filter {
  const [only] = call.values;
  if (call.values.length === 1 && only?.kind === "text") {
    return { needs: "all", conditions: [{ key: "id", predicate: { kind: "equals", value: only.text } }] };
  }
  return optionalFilter(call, call.values);
}

/** `Descendants([key, value, …][, depth])`: the pairs say which edges to follow. */
function kinOf(call: Call, usual: Filter): { readonly over: Filter; readonly depth: number } {
  const last = call.values.at(-1);
  const hasDepth = call.values.length % 2 === 1 && last?.kind === "number";
  const pairs = hasDepth ? call.values.slice(0, -1) : call.values;
  const over = pairs.length === 0 ? usual : filterOf(call, pairs);
  const depth = hasDepth ? wholeNumberIn(call, last) : 1;
  return { over, depth: depth === 0 ? Number.POSITIVE_INFINITY : depth };
}

function shortestPath(call: Call): StepBody {
  const [to, over] = call.values.map((value) => {
    if (value.kind === "call" && isNamed(value.call, "metadata")) return filterOf(value.call, value.call.values);
    throw badQuery(call.position, "ShortestPathTo takes Metadata('key', value, …), twice at most");
  });
  if (to === undefined || call.values.length > 2) {
    throw badQuery(call.position, "ShortestPathTo takes where to go and, if you like, over which edges");
  }
  return { kind: "shortest path", to, over: over ?? EVERYTHING };
}

function momentStep(call: Call): StepBody {
  refuseWindow(call);
  expectValues(call, 1);
  return { kind: "at", moment: momentOf(call, call.values[0]) };
}

function sortStep(call: Call): StepBody {
  const [first, second] = call.values;
  const order = first?.kind === "word" ? first.word : undefined;
  if (order !== undefined && order !== "ASC" && order !== "DESC") {
    throw badQuery(call.position, "Sort takes ASC or DESC and a key");
  }
  const rest = order === undefined ? call.values : call.values.slice(1);
  if (rest.length > 1) throw badQuery(call.position, "Sort takes ASC or DESC and one key");
  const key = rest.length === 0 ? "id" : keyIn(call, order === undefined ? first : second);
  return { kind: "sort", isDescending: order === "DESC", key };
}

function unknownStep(call: Call): Error {
  return badQuery(call.position, `there is no step ${call.name}`);
}
