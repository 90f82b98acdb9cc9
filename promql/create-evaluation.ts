import { aggregate } from "./aggregate.ts";
import type { Expr, Subquery } from "./ast.ts";
import { binaryScalar, binaryVector } from "./binary.ts";
import type { Computing, Evaluation, RangeVector, SampleRuns } from "./evaluation.ts";
import { callScalar, callVector } from "./functions/call.ts";
import { type Grid, timeAt, timesOf } from "./grid.ts";
import { failedQuery } from "./invalid-query.ts";
import { withoutNames } from "./merge-rows.ts";
import { QueryMemory } from "./query-memory.ts";
import { readInstant, readWindows, type SelectorContext, shiftedTimes, withSelectedRanges } from "./selectors.ts";
import { mapValues, type Vector } from "./vector.ts";

/** An evaluation on a grid. Subqueries evaluate what they hold on a grid of their own. */
export function createEvaluation(grid: Grid, query: SelectorContext, defaultStepMs: number): Evaluation {
  const { budget, table, memory } = query;
  const evaluation: Evaluation = {
    grid,
    budget,
    memory,
    table,
    scalar: (expr) => scalarOf(expr, evaluation),
    async vector(expr) {
      const vector = expr.kind === "selector" ? readInstant(expr, grid, query, "value") : vectorOf(expr, evaluation);
      const made = await vector;
      // Between two operators on many rows others get their turn, and the signal is looked at.
      await budget.breathe();
      return made;
    },
    async withRanges(expr, use) {
      if (expr.kind === "range") return withSelectedRanges(expr, { grid, context: query }, use);
      if (expr.kind === "subquery") return withSubquery(expr, { outer: grid, query, defaultStepMs }, use);
      throw mistyped(expr, "range vector");
    },
    sourceRanges({ selector, rangeMs }, name, parameters) {
      const endsMs = shiftedTimes(selector, grid, query);
      return readWindows(selector, { apply: name, parameters, rangeMs, endsMs, nowsMs: timesOf(grid) }, query);
    },
    string(expr) {
      if (expr.kind !== "string") throw mistyped(expr, "string");
      return expr.value;
    },
    sampleTimes: (selector) => readInstant(selector, grid, query, "seconds"),
  };
  return evaluation;
}

async function scalarOf(expr: Expr, evaluation: Evaluation): Promise<Float64Array> {
  switch (expr.kind) {
    case "number":
      return new Float64Array(evaluation.grid.count).fill(expr.value);
    case "unary":
      return (await evaluation.scalar(expr.operand)).map((value) => (expr.op === "-" ? -value : value));
    case "binary":
      return binaryScalar(expr, evaluation);
    case "call":
      return callScalar(expr, evaluation);
    default:
      throw mistyped(expr, "scalar");
  }
}

async function vectorOf(expr: Expr, evaluation: Evaluation): Promise<Vector> {
  switch (expr.kind) {
    case "unary": {
      const operand = await evaluation.vector(expr.operand);
      if (expr.op === "+") return operand;
      return withoutNames(await mapValues(operand, (value) => -value, evaluation), evaluation);
    }
    case "binary":
      return binaryVector(expr, evaluation);
    case "aggregation":
      return aggregate(expr, evaluation);
    case "call":
      return callVector(expr, evaluation);
    default:
      throw mistyped(expr, "instant vector");
  }
}

/** The types were checked when the query was parsed, so this is a bug. */
function mistyped(expr: Expr, wanted: string): Error {
  return new Error(`a ${expr.kind} expression was evaluated as ${wanted}`);
}

/** Evaluates at multiples of the step that lie in any of the ranges, so that neighbouring queries see the same points. */
async function withSubquery<T>(
  expr: Subquery,
  {
    outer,
    query,
    defaultStepMs,
  }: { readonly outer: Grid; readonly query: SelectorContext; readonly defaultStepMs: number },
  use: (ranges: RangeVector) => Promise<T>,
): Promise<T> {
  const endsMs = shiftedTimes(expr, outer, query);
  const stepMs = expr.stepMs ?? defaultStepMs;
  const firstMs = (endsMs[0] ?? 0) - expr.rangeMs;
  const fromMs = (Math.floor(firstMs / stepMs) + 1) * stepMs;
  const count = Math.floor(((endsMs.at(-1) ?? 0) - fromMs) / stepMs) + 1;
  const ranges = { rangeMs: expr.rangeMs, endsMs, nowsMs: timesOf(outer) };
  if (count <= 0) return use({ ...ranges, runs: [] });
  if (count > MAX_SUBQUERY_STEPS) {
    throw failedQuery(
      `a subquery would be evaluated at ${count} instants, more than ${MAX_SUBQUERY_STEPS}`,
      "use a larger step in the subquery",
    );
  }
  const grid: Grid = { fromMs, stepMs, count };
  const inner = { ...query, memory: new QueryMemory() };
  try {
    const vector = await createEvaluation(grid, inner, defaultStepMs).vector(expr.expr);
    query.budget.hold(vector.values.length);
    return await use({ ...ranges, runs: [await runsOf(vector, grid, inner)] });
  } finally {
    inner.memory.end();
  }
}

const MAX_SUBQUERY_STEPS = 1_000_000;

async function runsOf(
  { ids, names, count, values, present }: Vector,
  grid: Grid,
  { budget, memory }: Pick<Computing, "budget" | "memory">,
): Promise<SampleRuns> {
  // Room for a value at each step; most have one.
  const runs = {
    begins: new Uint32Array(ids.length + 1),
    timesMs: memory.floats(values.length),
    values: memory.floats(values.length),
  };
  let at = 0;
  for (let row = 0; row < ids.length; row++) {
    for (let step = 0; step < count; step++) {
      if (present[row * count + step] === 0) continue;
      runs.timesMs[at] = timeAt(grid, step);
      runs.values[at++] = values[row * count + step] ?? 0;
    }
    runs.begins[row + 1] = at;
    if (budget.work(count)) await budget.breathe();
  }
  return { ids, names, ...runs };
}
