import type { Expr, MatrixSelector, VectorSelector } from "./ast.ts";
import type { Budget } from "./budget.ts";
import type { Grid } from "./grid.ts";
import type { LabelTable } from "./label-table.ts";
import type { QueryMemory } from "./query-memory.ts";
import type { Names, Vector } from "./vector.ts";

/** What operators on vectors need. */
export interface Computing {
  readonly budget: Budget;
  readonly memory: QueryMemory;
  readonly table: LabelTable;
}

/** One evaluation on one grid, as operators, aggregations and functions see it. */
export interface Evaluation extends Computing {
  readonly grid: Grid;
  /** One value for each instant of the grid. */
  scalar(expr: Expr): Promise<Float64Array>;
  vector(expr: Expr): Promise<Vector>;
  /** Lends samples: they are gone when `use` has ended, and what it answers has memory of its own. */
  withRanges<T>(expr: Expr, use: (ranges: RangeVector) => Promise<T>): Promise<T>;
  /** What the source itself makes of each range, by a function of `RANGE_FUNCTIONS`; undefined when it leaves that to us. */
  sourceRanges(matrix: MatrixSelector, name: string, parameters: readonly Float64Array[]): Promise<Vector | undefined>;
  string(expr: Expr): string;
  /** Like `vector`, but each value is the time of the sample it comes from, in seconds. */
  sampleTimes(selector: VectorSelector): Promise<Vector>;
}

/** Samples of each series, and which of them belong to each instant: those in (endMs − rangeMs, endMs]. */
export interface RangeVector {
  readonly runs: readonly SampleRuns[];
  readonly rangeMs: number;
  /** `endsMs[i]`: where the range of instant i ends. */
  readonly endsMs: Float64Array;
  /** Instant i itself. */
  readonly nowsMs: Float64Array;
}

/** Samples of several series, ascending, without stale markers: those of row i are [begins[i], begins[i + 1]). */
export interface SampleRuns {
  readonly ids: Int32Array;
  readonly names: Names;
  readonly begins: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}
