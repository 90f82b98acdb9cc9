import { aggregate } from "./aggregate.ts";
import type { Expr, Subquery } from "./ast.ts";
import { binaryScalar, binaryVector } from "./binary.ts";
import type { Evaluation, RangeVector, SampleRuns } from "./evaluation.ts";
import { callScalar, callVector } from "./functions/call.ts";
import { type Grid, timeAt } from "./grid.ts";
import { failedQuery } from "./invalid-query.ts";
import { withoutNames } from "./merge-rows.ts";
import { readInstant, readRanges, type SelectorContext, shiftedTimes } from "./selectors.ts";
import { mapValues, type Vector } from "./vector.ts";

/** An evaluation on a grid. Subqueries evaluate what they hold on a grid of their own. */
export function createEvaluation(grid: Grid, query: SelectorContext, defaultStepMs: number): Evaluation {
  const { budget, table } = query;
  const evaluation: Evaluation = {
    grid,
    budget,
    table,
    scalar: (expr) => scalarOf(expr, evaluation),
    async vector(expr) {
      const vector = expr.kind === "selector" ? readInstant(expr, grid, query, "value") : vectorOf(expr, evaluation);
      const made = await vector;
      // Between two operators on many rows others get their turn, and the signal is looked at.
      await budget.breathe();
      return made;
    },
    async ranges(expr) {
      if (expr.kind === "range") return readRanges(expr, grid, query);
      if (expr.kind === "subquery") return subquery(expr, grid, query, defaultStepMs);
      throw mistyped(expr, "range vector");
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
      return withoutNames(
        mapValues(operand, (value) => -value, evaluation.budget),
        evaluation,
      );
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
async function subquery(
  expr: Subquery,
  outer: Grid,
  query: SelectorContext,
  defaultStepMs: number,
): Promise<RangeVector> {
  const endsMs = shiftedTimes(expr, outer, query);
  const stepMs = expr.stepMs ?? defaultStepMs;
  const firstMs = (endsMs[0] ?? 0) - expr.rangeMs;
  const fromMs = (Math.floor(firstMs / stepMs) + 1) * stepMs;
  const count = Math.floor(((endsMs.at(-1) ?? 0) - fromMs) / stepMs) + 1;
  if (count <= 0) return { runs: [], rangeMs: expr.rangeMs, endsMs };
  if (count > MAX_SUBQUERY_STEPS) {
    throw failedQuery(
      `a subquery would be evaluated at ${count} instants, more than ${MAX_SUBQUERY_STEPS}`,
      "use a larger step in the subquery",
    );
  }
  const grid: Grid = { fromMs, stepMs, count };
  const vector = await createEvaluation(grid, query, defaultStepMs).vector(expr.expr);
  query.budget.hold(vector.values.length);
  return { runs: [runsOf(vector, grid)], rangeMs: expr.rangeMs, endsMs };
}

const MAX_SUBQUERY_STEPS = 1_000_000;

function runsOf({ ids, names, count, values, present }: Vector, grid: Grid): SampleRuns {
  const total = present.reduce((sum, flag) => sum + flag, 0);
  const runs = {
    begins: new Uint32Array(ids.length + 1),
    timesMs: new Float64Array(total),
    values: new Float64Array(total),
  };
  let at = 0;
  for (let row = 0; row < ids.length; row++) {
    for (let step = 0; step < count; step++) {
      if (present[row * count + step] === 0) continue;
      runs.timesMs[at] = timeAt(grid, step);
      runs.values[at++] = values[row * count + step] ?? 0;
    }
    runs.begins[row + 1] = at;
  }
  return { ids, names, ...runs };
}
