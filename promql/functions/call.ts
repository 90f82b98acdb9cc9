import type { Call } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { timeAt } from "../grid.ts";
import { withoutNames } from "../merge-rows.ts";
import { mapValues, pickRows, rowOf, type Vector } from "../vector.ts";
import { absent, absentOverTime } from "./absent.ts";
import { argument } from "./argument.ts";
import { histogramFraction, histogramQuantile } from "./histogram.ts";
import { labelJoin, labelReplace } from "./label-functions.ts";
import { clamp, DATE_FUNCTIONS, NUMBER_FUNCTIONS, round } from "./number-functions.ts";
import { applyRangeFunction, RANGE_FUNCTIONS } from "./range-functions.ts";
import { sortByLabel, sortByValue } from "./sorting.ts";

/** A function that answers one number for each instant. */
export async function callScalar(call: Call, evaluation: Evaluation): Promise<Float64Array> {
  const { grid } = evaluation;
  switch (call.name) {
    case "time":
      return evaluationTimes(evaluation);
    case "pi":
      return new Float64Array(grid.count).fill(Math.PI);
    case "scalar":
      return scalarOf(await evaluation.vector(argument(call, 0)), evaluation);
    default:
      throw new Error(`no implementation of the function ${call.name}`);
  }
}

/** A function that answers an instant vector. */
export async function callVector(call: Call, evaluation: Evaluation): Promise<Vector> {
  const ofRange = RANGE_FUNCTIONS.get(call.name);
  if (ofRange !== undefined) return applyRangeFunction(call, ofRange, evaluation);
  const ofNumber = NUMBER_FUNCTIONS.get(call.name);
  if (ofNumber !== undefined) return mapped(await evaluation.vector(argument(call, 0)), ofNumber, evaluation);
  const ofDate = DATE_FUNCTIONS.get(call.name);
  if (ofDate !== undefined) {
    // Whole seconds, as Go takes them: the fraction goes towards 1970.
    const apply = (seconds: number) => ofDate(new Date(Math.trunc(seconds) * 1_000));
    return mapped(await dateArgument(call, evaluation), apply, evaluation);
  }
  return callOther(call, evaluation);
}

async function callOther(call: Call, evaluation: Evaluation): Promise<Vector> {
  switch (call.name) {
    case "absent":
      return absent(argument(call, 0), evaluation);
    case "absent_over_time":
      return absentOverTime(argument(call, 0), evaluation);
    case "clamp":
    case "clamp_max":
    case "clamp_min":
      return clamp(call, evaluation);
    case "histogram_fraction":
      return histogramFraction(call, evaluation);
    case "histogram_quantile":
      return histogramQuantile(call, evaluation);
    case "histogram_avg":
    case "histogram_count":
    case "histogram_stddev":
    case "histogram_stdvar":
    case "histogram_sum":
      // Of native histograms only; floats are left out.
      return pickRows(await evaluation.vector(argument(call, 0)), [], evaluation);
    case "label_join":
      return labelJoin(call.args, evaluation);
    case "label_replace":
      return labelReplace(call.args, evaluation);
    case "round":
      return round(call, evaluation);
    case "sort":
    case "sort_desc":
      return sortByValue(call, evaluation);
    case "sort_by_label":
    case "sort_by_label_desc":
      return sortByLabel(call, evaluation);
    case "timestamp":
      return timestamp(call, evaluation);
    case "vector":
      return rowOf(0, await evaluation.scalar(argument(call, 0)));
    default:
      throw new Error(`no implementation of the function ${call.name}`);
  }
}

async function mapped(
  vector: Vector,
  map: (value: number, step: number) => number,
  evaluation: Evaluation,
): Promise<Vector> {
  return withoutNames(await mapValues(vector, map, evaluation), evaluation);
}

function evaluationTimes({ grid }: Evaluation): Float64Array {
  return Float64Array.from({ length: grid.count }, (_, step) => timeAt(grid, step) / 1_000);
}

async function dateArgument(call: Call, evaluation: Evaluation): Promise<Vector> {
  const arg = call.args[0];
  return arg === undefined ? rowOf(0, evaluationTimes(evaluation)) : evaluation.vector(arg);
}

/** The value of the only row; NaN when there is none or another. */
async function scalarOf({ ids, count, values, present }: Vector, { budget }: Evaluation): Promise<Float64Array> {
  const seen = new Uint8Array(count);
  const scalars = new Float64Array(count).fill(Number.NaN);
  for (let row = 0; row < ids.length; row++) {
    for (let step = 0; step < count; step++) {
      if (present[row * count + step] === 0) continue;
      scalars[step] = seen[step] === 0 ? (values[row * count + step] ?? 0) : Number.NaN;
      seen[step] = 1;
    }
    if (budget.work(count)) await budget.breathe();
  }
  return scalars;
}

/** The time of the sample for a selector, the instant of the evaluation for anything computed. */
async function timestamp(call: Call, evaluation: Evaluation): Promise<Vector> {
  const arg = argument(call, 0);
  if (arg.kind === "selector") return withoutNames(await evaluation.sampleTimes(arg), evaluation);
  const times = evaluationTimes(evaluation);
  return mapped(await evaluation.vector(arg), (_, step) => times[step] ?? 0, evaluation);
}
