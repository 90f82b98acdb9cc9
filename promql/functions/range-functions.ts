import type { Call } from "../ast.ts";
import { typeOf } from "../check-types.ts";
import type { Evaluation, RangeVector } from "../evaluation.ts";
import { mergeRows } from "../merge-rows.ts";
import { concatRows } from "../selectors.ts";
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
import { changes, delta, idelta, increase, irate, rate, resets } from "./rate.ts";
import { deriv, predictLinear } from "./regression.ts";
import { doubleExponentialSmoothing } from "./smoothing.ts";
import { type RangeFunction, WindowCursor } from "./window.ts";

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
  return evaluation.withRanges(matrix, (ranges) =>
    applyToRanges(ranges, { apply, parameters, keepsNames: KEEP_NAME.has(call.name) }, evaluation),
  );
}

interface Applying {
  readonly apply: RangeFunction;
  readonly parameters: readonly Float64Array[];
  readonly keepsNames: boolean;
}

async function applyToRanges(
  ranges: RangeVector,
  { apply, parameters, keepsNames }: Applying,
  evaluation: Evaluation,
): Promise<Vector> {
  const [first = NO_PARAMETER, second = NO_PARAMETER] = parameters;
  const { grid, budget } = evaluation;
  const result = emptyVector(rowsOf(ranges, keepsNames, evaluation), grid.count, evaluation);
  let begin = 0;
  for (const runs of ranges.runs) {
    const cursor = new WindowCursor(runs, ranges, grid);
    const { window } = cursor;
    for (let row = 0; row < runs.ids.length; row++, begin += grid.count) {
      cursor.begin(row);
      for (let step = cursor.next(); step !== undefined; step = cursor.next()) {
        const value = apply(window, first[step] ?? 0, second[step] ?? 0);
        if (value !== undefined) {
          result.values[begin + step] = value;
          result.present[begin + step] = 1;
        }
        if (budget.work(STEPS_PER_WINDOW + window.to - window.from)) await budget.breathe();
      }
    }
  }
  const [runs] = ranges.runs;
  // Series of one metric differ by their labels, also without its name.
  const areDistinct = ranges.runs.length === 1 && typeof runs?.names === "string";
  return areDistinct ? result : mergeRows(result, evaluation);
}

const STEPS_PER_WINDOW = 3;
const NO_PARAMETER = new Float64Array(0);

/** The range vector, wherever it stands, and the numbers in their order. */
function argumentsOf(call: Call) {
  const matrix = call.args.find((arg) => typeOf(arg) === "matrix");
  if (matrix === undefined) throw new Error(`${call.name} lost its range vector`);
  return { matrix, numbers: call.args.filter((arg) => arg !== matrix) };
}

/** In memory of their own, because ranges are only lent. */
function rowsOf({ runs }: RangeVector, keepsNames: boolean, { memory }: Evaluation): Pick<Vector, "ids" | "names"> {
  const rows = concatRows(runs, memory);
  return keepsNames ? rows : { ids: rows.ids, names: "" };
}
