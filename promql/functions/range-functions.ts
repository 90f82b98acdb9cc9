import { type Column, emptyColumn, mergeColumns, setAt, timeAt } from "../column.ts";
import type { Evaluation, RangeVector, SampleRun } from "../evaluation.ts";
import { withoutName } from "../labels.ts";
import { avg, count, max, min, quantile, type Statistic, stddev, stdvar, sum } from "../statistics.ts";
import { changes, delta, idelta, increase, irate, rate, resets } from "./rate.ts";
import { deriv, predictLinear } from "./regression.ts";
import type { RangeFunction, Window } from "./window.ts";

const overTime =
  (statistic: Statistic): RangeFunction =>
  ({ values, from, to }) =>
    statistic(values, from, to);

/** Functions of one range vector and at most one number. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ["avg_over_time", overTime(avg)],
  ["changes", changes],
  ["count_over_time", overTime(count)],
  ["delta", delta],
  ["deriv", deriv],
  ["first_over_time", ({ values, from }) => values[from]],
  ["idelta", idelta],
  ["increase", increase],
  ["irate", irate],
  ["last_over_time", ({ values, to }) => values[to - 1]],
  ["max_over_time", overTime(max)],
  ["min_over_time", overTime(min)],
  ["predict_linear", predictLinear],
  ["present_over_time", () => 1],
  ["quantile_over_time", ({ values, from, to }, phi) => quantile(phi, values, from, to)],
  ["rate", rate],
  ["resets", resets],
  ["stddev_over_time", overTime(stddev)],
  ["stdvar_over_time", overTime(stdvar)],
  ["sum_over_time", overTime(sum)],
]);

/** These give a sample back as it is, and so keep its name. */
const KEEP_NAME: ReadonlySet<string> = new Set(["first_over_time", "last_over_time"]);

/** Applies a range function at every instant. `parameters`: one for each instant. */
export async function applyRangeFunction(
  name: string,
  apply: RangeFunction,
  input: { readonly ranges: RangeVector; readonly parameters: Float64Array },
  evaluation: Evaluation,
): Promise<readonly Column[]> {
  const columns: Column[] = [];
  for (const run of input.ranges.series) {
    const labels = KEEP_NAME.has(name) ? run.labels : withoutName(run.labels);
    const column = emptyColumn(labels, evaluation.grid.count);
    for (const [step, window] of windowsOf(run, input.ranges, evaluation)) {
      const value = apply(window, input.parameters[step] ?? 0);
      if (value !== undefined) setAt(column, step, value);
      if (evaluation.budget.work(window.to - window.from)) await evaluation.budget.breathe();
    }
    columns.push(column);
  }
  return mergeColumns(columns, evaluation.budget);
}

/** The non-empty windows of a series, by step. The same object is handed out each time, moved on. */
function* windowsOf(run: SampleRun, ranges: RangeVector, { grid }: Evaluation): Generator<[number, Window]> {
  const { timesMs, values } = run;
  const window: Window = { timesMs, values, from: 0, to: 0, startMs: 0, endMs: 0, nowMs: 0 };
  for (let step = 0; step < grid.count; step++) {
    window.endMs = ranges.endsMs[step] ?? 0;
    window.startMs = window.endMs - ranges.rangeMs;
    window.nowMs = timeAt(grid, step);
    while ((timesMs[window.to] ?? Number.POSITIVE_INFINITY) <= window.endMs) window.to += 1;
    while (window.from < window.to && (timesMs[window.from] ?? 0) <= window.startMs) window.from += 1;
    if (window.from < window.to) yield [step, window];
  }
}

/** 1 at every instant where no series has a sample in its range. */
export function absentOverTime(ranges: RangeVector, evaluation: Evaluation): Uint8Array {
  const absent = new Uint8Array(evaluation.grid.count).fill(1);
  for (const run of ranges.series) {
    for (const [step] of windowsOf(run, ranges, evaluation)) absent[step] = 0;
  }
  return absent;
}
