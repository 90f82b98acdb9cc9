import type { EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Labels, Series } from "../core/series.ts";
import type { Expr } from "./ast.ts";
import { TYPE_NAMES } from "./ast.ts";
import { Budget } from "./budget.ts";
import { typeOf } from "./check-types.ts";
import { createEvaluation } from "./create-evaluation.ts";
import type { RangeVector } from "./evaluation.ts";
import { type Grid, timeAt, timesOf } from "./grid.ts";
import type { LabelTable } from "./label-table.ts";
import { labelsKey } from "./labels.ts";
import { parseQuery } from "./parse.ts";
import { labelTableOf } from "./shared-reads.ts";
import { QUERY_DEFAULTS, type QueryContext } from "./source.ts";
import { nameAt, type Vector } from "./vector.ts";

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
    case "vector":
      return { kind: "vector", samples: samplesOf(await evaluation.vector(expr), at, evaluation.table) };
    case "matrix":
      return { kind: "matrix", series: runsInRange(await evaluation.ranges(expr), evaluation.table) };
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
    case "scalar":
      return {
        kind: "matrix",
        series: [{ labels: {}, timesMs: timesOf(grid), values: await evaluation.scalar(expr) }],
      };
    case "vector": {
      const series = seriesOf(await evaluation.vector(expr), grid, evaluation.table);
      const keyed = series.map((one) => ({ one, key: labelsKey(one.labels) }));
      return { kind: "matrix", series: keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ one }) => one) };
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
  const { maxSamples, maxSeries } = { ...QUERY_DEFAULTS.limits, ...context.limits };
  const { source, shared, warn } = context;
  const query = {
    source,
    shared,
    warn,
    table: shared?.table ?? labelTableOf(source),
    maxSeries,
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

function samplesOf({ ids, names, values, present }: Vector, at: EpochMs, table: LabelTable): readonly InstantSample[] {
  const samples: InstantSample[] = [];
  for (let row = 0; row < ids.length; row++) {
    if (present[row] === 0) continue;
    samples.push({ labels: table.fullLabels(ids[row] ?? 0, nameAt(names, row)), at, value: values[row] ?? 0 });
  }
  return samples;
}

function seriesOf({ ids, names, count, values, present }: Vector, grid: Grid, table: LabelTable): readonly Series[] {
  const allTimesMs = timesOf(grid);
  const series: Series[] = [];
  for (let row = 0; row < ids.length; row++) {
    const flags = present.subarray(row * count, (row + 1) * count);
    const own = values.subarray(row * count, (row + 1) * count);
    const labels = table.fullLabels(ids[row] ?? 0, nameAt(names, row));
    const keep = (_: number, step: number) => flags[step] === 1;
    if (!flags.includes(0)) series.push({ labels, timesMs: allTimesMs, values: own });
    else if (flags.includes(1)) series.push({ labels, timesMs: allTimesMs.filter(keep), values: own.filter(keep) });
  }
  return series;
}

/** The samples of a range selector or subquery that is asked for by itself. */
function runsInRange({ runs, rangeMs, endsMs }: RangeVector, table: LabelTable): readonly Series[] {
  const endMs = endsMs[0] ?? 0;
  const series = runs.flatMap(({ ids, names, begins, timesMs, values }) =>
    Array.from(ids, (id, row): Series => {
      const keep = (i: number) => (timesMs[i] ?? 0) > endMs - rangeMs && (timesMs[i] ?? 0) <= endMs;
      const places = Uint32Array.from(
        { length: (begins[row + 1] ?? 0) - (begins[row] ?? 0) },
        (_, i) => (begins[row] ?? 0) + i,
      );
      const kept = places.filter(keep);
      const labels = table.fullLabels(id, nameAt(names, row));
      return {
        labels,
        timesMs: Float64Array.from(kept, (i) => timesMs[i] ?? 0),
        values: Float64Array.from(kept, (i) => values[i] ?? 0),
      };
    }),
  );
  return series.filter((one) => one.values.length > 0);
}
