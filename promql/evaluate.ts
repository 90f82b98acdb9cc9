import type { EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Labels, Series } from "../core/series.ts";
import type { Expr } from "./ast.ts";
import { TYPE_NAMES } from "./ast.ts";
import { Budget } from "./budget.ts";
import { typeOf } from "./check-types.ts";
import { type Column, type Grid, timeAt } from "./column.ts";
import { createEvaluation } from "./create-evaluation.ts";
import { labelsKey } from "./labels.ts";
import { parseQuery } from "./parse.ts";
import { QUERY_DEFAULTS, type QueryContext } from "./source.ts";

export interface InstantSample {
  readonly labels: Labels;
  readonly at: EpochMs;
  readonly value: number;
}

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
  const evaluation = evaluationOf({ fromMs: at, stepMs: 1, count: 1 }, context);
  switch (typeOf(expr)) {
    case "string":
      return { kind: "string", at, value: evaluation.string(expr) };
    case "scalar":
      return { kind: "scalar", at, value: (await evaluation.scalar(expr))[0] ?? Number.NaN };
    case "vector": {
      const columns = (await evaluation.vector(expr)).filter(({ present }) => present[0] === 1);
      return { kind: "vector", samples: columns.map(({ labels, values }) => ({ labels, at, value: values[0] ?? 0 })) };
    }
    case "matrix": {
      const { series, rangeMs, endsMs } = await evaluation.ranges(expr);
      const endMs = endsMs[0] ?? 0;
      const inRange = (ms: number) => ms > endMs - rangeMs && ms <= endMs;
      return { kind: "matrix", series: series.map((run) => filterSamples(run, inRange)).filter(hasSamples) };
    }
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
  const evaluation = evaluationOf(grid, context);
  const type = typeOf(expr);
  switch (type) {
    case "scalar": {
      const present = new Uint8Array(grid.count).fill(1);
      return {
        kind: "matrix",
        series: [seriesOf({ labels: {}, values: await evaluation.scalar(expr), present }, grid)],
      };
    }
    case "vector": {
      const columns = (await evaluation.vector(expr)).map((column) => ({ column, key: labelsKey(column.labels) }));
      columns.sort((a, b) => (a.key < b.key ? -1 : 1));
      return { kind: "matrix", series: columns.map(({ column }) => seriesOf(column, grid)).filter(hasSamples) };
    }
    case "string":
    case "matrix": {
      const problem = `invalid expression type ${JSON.stringify(TYPE_NAMES[type])} for range query`;
      throw invalidRange(
        `${problem}, must be Scalar or instant Vector`,
        "apply a function such as rate() to the range",
      );
    }
  }
}

function evaluationOf(grid: Grid, context: QueryContext) {
  const { maxSamples } = { ...QUERY_DEFAULTS.limits, ...context.limits };
  const query = {
    source: context.source,
    budget: new Budget(maxSamples, context.signal),
    lookbackMs: context.lookbackMs ?? QUERY_DEFAULTS.lookbackMs,
    startMs: grid.fromMs,
    endMs: timeAt(grid, grid.count - 1),
  };
  return createEvaluation(grid, query, context.defaultStepMs ?? QUERY_DEFAULTS.defaultStepMs);
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

function seriesOf({ labels, values, present }: Column, grid: Grid): Series {
  const timesMs = values.map((_, step) => timeAt(grid, step));
  if (!present.includes(0)) return { labels, timesMs, values };
  const keep = (_: number, step: number) => present[step] === 1;
  return { labels, timesMs: timesMs.filter(keep), values: values.filter(keep) };
}

function filterSamples({ labels, timesMs, values }: Series, keep: (ms: number) => boolean): Series {
  return { labels, timesMs: timesMs.filter(keep), values: values.filter((_, i) => keep(timesMs[i] ?? 0)) };
}

function hasSamples(series: Series): boolean {
  return series.values.length > 0;
}
