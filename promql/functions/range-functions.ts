import type { Call } from "../ast.ts";
import { typeOf } from "../check-types.ts";
import { concatRows } from "../concat-rows.ts";
import type { Evaluation, RangeVector } from "../evaluation.ts";
import { withoutNames } from "../merge-rows.ts";
import {
  avg,
  count,
  mad,
  max,
  min,
  quantile,
  type Statistic,
  stddevOverTime,
  stdvarOverTime,
  sum,
} from "../statistics.ts";
import { emptyVector, type Vector } from "../vector.ts";
import { type Applying, fillWindows } from "./fill-windows.ts";
import { changes, delta, idelta, increase, irate, rate, resets } from "./rate.ts";
import { deriv, predictLinear } from "./regression.ts";
import { doubleExponentialSmoothing } from "./smoothing.ts";
import type { RangeFunction } from "./window.ts";

const overTime =
  (statistic: Statistic): RangeFunction =>
  ({ values, from, to }) =>
    statistic(values, from, to);

/** The time of the last sample for which `holds` says that it is the one sought rather than the best before it. */
const timeOf =
  (holds: (value: number, best: number) => boolean): RangeFunction =>
  ({ timesMs, values, from, to }) => {
    let found = from;
    for (let i = from; i < to; i++) {
      const best = values[found] ?? 0;
      if (holds(values[i] ?? 0, best) || Number.isNaN(best)) found = i;
    }
    return (timesMs[found] ?? 0) / 1_000;
  };

/** Functions of one range vector and at most two numbers. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ["avg_over_time", overTime(avg)],
  ["changes", changes],
  ["count_over_time", overTime(count)],
  ["delta", delta],
  ["deriv", deriv],
  ["double_exponential_smoothing", doubleExponentialSmoothing],
  ["first_over_time", ({ values, from }) => values[from]],
  ["idelta", idelta],
  ["increase", increase],
  ["irate", irate],
  ["last_over_time", ({ values, to }) => values[to - 1]],
  ["mad_over_time", overTime(mad)],
  ["max_over_time", overTime(max)],
  ["min_over_time", overTime(min)],
  ["predict_linear", predictLinear],
  ["present_over_time", () => 1],
  ["quantile_over_time", ({ values, from, to }, phi) => quantile(phi, values, from, to)],
  ["rate", rate],
  ["resets", resets],
  ["stddev_over_time", overTime(stddevOverTime)],
  ["stdvar_over_time", overTime(stdvarOverTime)],
  ["sum_over_time", overTime(sum)],
  ["ts_of_first_over_time", ({ timesMs, from }) => (timesMs[from] ?? 0) / 1_000],
  ["ts_of_last_over_time", ({ timesMs, to }) => (timesMs[to - 1] ?? 0) / 1_000],
  ["ts_of_max_over_time", timeOf((value, best) => value >= best)],
  ["ts_of_min_over_time", timeOf((value, best) => value <= best)],
]);

/** These give a sample back as it is, and so keep its name. */
const KEEP_NAME: ReadonlySet<string> = new Set(["first_over_time", "last_over_time"]);

/** Applies a range function at every instant. */
export async function applyRangeFunction(call: Call, apply: RangeFunction, evaluation: Evaluation): Promise<Vector> {
  const { matrix, numbers } = argumentsOf(call);
  const parameters: Float64Array[] = [];
  for (const number of numbers) parameters.push(await evaluation.scalar(number));
  const ofSource = matrix.kind === "range" ? await evaluation.sourceRanges(matrix, call.name, parameters) : undefined;
  const vector =
    ofSource ??
    (await evaluation.withRanges(matrix, (ranges) => applyToRanges(ranges, { apply, parameters }, evaluation)));
  return KEEP_NAME.has(call.name) ? vector : withoutNames(vector, evaluation);
}

/** Rows keep their names. */
async function applyToRanges(ranges: RangeVector, applying: Applying, evaluation: Evaluation): Promise<Vector> {
  const { grid } = evaluation;
  // In memory of their own, because ranges are only lent.
  const result = emptyVector(concatRows(ranges.runs, evaluation.memory), grid.count, evaluation);
  let begin = 0;
  for (const runs of ranges.runs) {
    await fillWindows(runs, ranges, applying, { ...result, begin }, evaluation);
    begin += runs.ids.length * grid.count;
  }
  return result;
}

/** The range vector, wherever it stands, and the numbers in their order. */
function argumentsOf(call: Call) {
  const matrix = call.args.find((arg) => typeOf(arg) === "matrix");
  if (matrix === undefined) throw new Error(`${call.name} lost its range vector`);
  return { matrix, numbers: call.args.filter((arg) => arg !== matrix) };
}
