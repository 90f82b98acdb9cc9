import { giveBack } from "../core/array-memory.ts";
import type { EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Series } from "../core/series.ts";
import type { Expr } from "./ast.ts";
import { TYPE_NAMES } from "./ast.ts";
import { Budget } from "./budget.ts";
import { typeOf } from "./check-types.ts";
import { createEvaluation } from "./create-evaluation.ts";
import { type Grid, timeAt, timesOf } from "./grid.ts";
import { parseQuery } from "./parse.ts";
import { QueryMemory } from "./query-memory.ts";
import { repeatsSelector } from "./repeated-selectors.ts";
import { type InstantSample, runsInRange, samplesOf, seriesOf } from "./results.ts";
import { labelTableOf, SharedReads } from "./shared-reads.ts";
import { QUERY_DEFAULTS, type QueryContext } from "./source.ts";

export type InstantResult =
  | { readonly kind: "vector"; readonly samples: readonly InstantSample[] }
  /** A range selector or subquery asked for by itself: its samples. */
  | MatrixResult
  | { readonly kind: "scalar"; readonly at: EpochMs; readonly value: number }
  | { readonly kind: "string"; readonly at: EpochMs; readonly value: string };

export interface MatrixResult {
  readonly kind: "matrix";
  readonly series: readonly Series[];
}

/** For whoever has read a large result and wants its memory back at once; it may, but need not be called. */
export function giveBackResult(result: InstantResult): void {
  if (result.kind === "matrix") giveBack(result.series.flatMap(({ timesMs, values }) => [timesMs, values]));
}

export interface RangeOfQuery {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly stepMs: number;
}

/**
 * Evaluates at one instant. `query` is text or, to parse once and evaluate often, what `parseQuery` answered.
 * Errors: `promql.invalid` (400), `promql.failed` (422), whatever the source throws, the signal's reason.
 */
export async function evaluateInstant(
  query: string | Expr,
  at: EpochMs,
  context: QueryContext,
): Promise<InstantResult> {
  const expr = typeof query === "string" ? parseQuery(query) : query;
  const { evaluation, end } = evaluationOf(expr, { fromMs: at, stepMs: 1, count: 1 }, context);
  try {
    switch (typeOf(expr)) {
      case "string":
        return { kind: "string", at, value: evaluation.string(expr) };
      case "scalar":
        return { kind: "scalar", at, value: (await evaluation.scalar(expr))[0] ?? Number.NaN };
      case "vector":
        return { kind: "vector", samples: await samplesOf(await evaluation.vector(expr), at, evaluation) };
      case "matrix":
        return await evaluation.withRanges(expr, async (ranges) => {
          return { kind: "matrix", series: await runsInRange(ranges, evaluation) };
        });
    }
  } finally {
    end();
  }
}

/**
 * Evaluates at `from`, `from + stepMs`, … up to `to`, with one select for each selector of the query.
 * Errors: as `evaluateInstant`.
 */
export async function evaluateRange(
  query: string | Expr,
  range: RangeOfQuery,
  context: QueryContext,
): Promise<MatrixResult> {
  const expr = typeof query === "string" ? parseQuery(query) : query;
  const grid = gridOf(range, context);
  const type = typeOf(expr);
  if (type === "string" || type === "matrix") {
    const problem = `invalid expression type ${JSON.stringify(TYPE_NAMES[type])} for range query`;
    throw invalidRange(`${problem}, must be Scalar or instant Vector`, "apply a function such as rate() to the range");
  }
  const { evaluation, end } = evaluationOf(expr, grid, context);
  try {
    if (type === "vector") return { kind: "matrix", series: await seriesOf(await evaluation.vector(expr), evaluation) };
    const values = await evaluation.scalar(expr);
    return { kind: "matrix", series: [{ labels: {}, timesMs: timesOf(grid), values }] };
  } finally {
    end();
  }
}

/** `end` is to be called when its result is made. */
function evaluationOf(expr: Expr, grid: Grid, context: QueryContext) {
  const { maxSamples, maxSeries } = { ...QUERY_DEFAULTS.limits, ...context.limits };
  const { source, warn } = context;
  const own = context.shared === undefined && repeatsSelector(expr) ? new SharedReads(source) : undefined;
  const shared = context.shared ?? own;
  const memory = new QueryMemory();
  const query = {
    source,
    shared,
    warn,
    table: shared?.table ?? labelTableOf(source),
    maxSeries,
    budget: new Budget(maxSamples, context.signal),
    memory,
    lookbackMs: context.lookbackMs ?? QUERY_DEFAULTS.lookbackMs,
    startMs: grid.fromMs,
    endMs: timeAt(grid, grid.count - 1),
  };
  const evaluation = createEvaluation(grid, query, context.defaultStepMs ?? QUERY_DEFAULTS.defaultStepMs);
  const end = () => {
    memory.end();
    own?.end();
  };
  return { evaluation, end };
}

function gridOf({ from, to, stepMs }: RangeOfQuery, context: QueryContext): Grid {
  const { maxPointsPerSeries } = { ...QUERY_DEFAULTS.limits, ...context.limits };
  if (!(stepMs > 0))
    throw invalidRange("zero or negative query resolution step widths are not accepted", "use step=15s");
  if (to < from) throw invalidRange("end timestamp must not be before start time", "swap start and end");
  if ((to - from) / stepMs > maxPointsPerSeries) {
    throw invalidRange(
      `exceeded maximum resolution of ${maxPointsPerSeries} points per timeseries`,
      "try decreasing the query resolution (?step=XX)",
    );
  }
  return { fromMs: from, stepMs, count: Math.floor((to - from) / stepMs) + 1 };
}

function invalidRange(message: string, hint: string): OperatorError {
  return new OperatorError({ code: "promql.invalid", message, hint, status: 400 });
}
