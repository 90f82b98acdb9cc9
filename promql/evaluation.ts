import type { Labels } from "../core/series.ts";
import type { Expr, VectorSelector } from "./ast.ts";
import type { Budget } from "./budget.ts";
import type { Column, Grid } from "./column.ts";

/** One evaluation on one grid, as operators, aggregations and functions see it. */
export interface Evaluation {
  readonly grid: Grid;
  readonly budget: Budget;
  /** One value for each instant of the grid. */
  scalar(expr: Expr): Promise<Float64Array>;
  vector(expr: Expr): Promise<readonly Column[]>;
  ranges(expr: Expr): Promise<RangeVector>;
  string(expr: Expr): string;
  /** Like `vector`, but each value is the time of the sample it comes from, in seconds. */
  sampleTimes(selector: VectorSelector): Promise<readonly Column[]>;
}

/** Samples of each series, and which of them belong to each instant: those in (endMs − rangeMs, endMs]. */
export interface RangeVector {
  readonly series: readonly SampleRun[];
  readonly rangeMs: number;
  /** `endsMs[i]`: where the range of instant i ends. */
  readonly endsMs: Float64Array;
}

/** Samples without stale markers, ascending. */
export interface SampleRun {
  readonly labels: Labels;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}
