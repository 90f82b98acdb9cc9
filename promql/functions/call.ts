import { type Labels, METRIC_NAME } from "../../core/series.ts";
import type { Call, Expr } from "../ast.ts";
import { type Column, constantColumn, emptyColumn, setAt, timeAt } from "../column.ts";
import type { Evaluation } from "../evaluation.ts";
import { histogramQuantile } from "./histogram.ts";
import { labelJoin, labelReplace } from "./label-functions.ts";
import { applyToValues, DATE_FUNCTIONS, NUMBER_FUNCTIONS } from "./number-functions.ts";
import { absentOverTime, applyRangeFunction, RANGE_FUNCTIONS } from "./range-functions.ts";

/** A function that answers one number for each instant. */
export async function callScalar(call: Call, evaluation: Evaluation): Promise<Float64Array> {
  const { grid } = evaluation;
  switch (call.name) {
    case "time":
      return Float64Array.from({ length: grid.count }, (_, step) => timeAt(grid, step) / 1_000);
    case "pi":
      return new Float64Array(grid.count).fill(Math.PI);
    case "scalar":
      return scalarOf(await evaluation.vector(argument(call, 0)), grid.count);
    default:
      throw new Error(`no implementation of the function ${call.name}`);
  }
}

/** A function that answers an instant vector. */
export async function callVector(call: Call, evaluation: Evaluation): Promise<readonly Column[]> {
  const ofRange = RANGE_FUNCTIONS.get(call.name);
  if (ofRange !== undefined) {
    const input = await rangeInput(call, evaluation);
    return applyRangeFunction(call.name, ofRange, input, evaluation);
  }
  const ofNumber = NUMBER_FUNCTIONS.get(call.name);
  if (ofNumber !== undefined) {
    const columns = await evaluation.vector(argument(call, 0));
    const parameters = await Promise.all(call.args.slice(1).map((arg) => evaluation.scalar(arg)));
    const apply = (value: number, step: number) => ofNumber(value, ...parameters.map((values) => values[step] ?? 0));
    return applyToValues(columns, apply, evaluation.budget);
  }
  const ofDate = DATE_FUNCTIONS.get(call.name);
  if (ofDate !== undefined) {
    const columns = await dateArgument(call, evaluation);
    return applyToValues(columns, (seconds) => ofDate(new Date(seconds * 1_000)), evaluation.budget);
  }
  return callOther(call, evaluation);
}

async function callOther(call: Call, evaluation: Evaluation): Promise<readonly Column[]> {
  switch (call.name) {
    case "absent":
      return absent(call, evaluation);
    case "absent_over_time": {
      const ranges = await evaluation.ranges(argument(call, 0));
      return onesWhere(absentOverTime(ranges, evaluation), absentLabels(argument(call, 0)));
    }
    case "histogram_quantile": {
      const phis = await evaluation.scalar(argument(call, 0));
      return histogramQuantile(phis, await evaluation.vector(argument(call, 1)), evaluation);
    }
    case "label_join":
      return labelJoin(call.args, evaluation);
    case "label_replace":
      return labelReplace(call.args, evaluation);
    case "sort":
      return sorted(await evaluation.vector(argument(call, 0)), (a, b) => a - b);
    case "sort_desc":
      return sorted(await evaluation.vector(argument(call, 0)), (a, b) => b - a);
    case "timestamp":
      return timestamp(argument(call, 0), evaluation);
    case "vector":
      return [constantColumn({}, await evaluation.scalar(argument(call, 0)))];
    default:
      throw new Error(`no implementation of the function ${call.name}`);
  }
}

/** The argument at a place; the types were checked, so its absence is a bug. */
function argument(call: Call, index: number): Expr {
  const arg = call.args[index];
  if (arg === undefined) throw new Error(`${call.name} lost its argument ${index}`);
  return arg;
}

/** The range vector is the first argument, or the last when the number comes first (`quantile_over_time`). */
async function rangeInput(call: Call, evaluation: Evaluation) {
  const numberFirst = call.name === "quantile_over_time";
  const number = call.args[numberFirst ? 0 : 1];
  const ranges = await evaluation.ranges(argument(call, numberFirst ? 1 : 0));
  const parameters = number === undefined ? new Float64Array(0) : await evaluation.scalar(number);
  return { ranges, parameters };
}

async function dateArgument(call: Call, evaluation: Evaluation): Promise<readonly Column[]> {
  const arg = call.args[0];
  if (arg !== undefined) return evaluation.vector(arg);
  const { grid } = evaluation;
  return [
    constantColumn(
      {},
      Float64Array.from({ length: grid.count }, (_, step) => timeAt(grid, step) / 1_000),
    ),
  ];
}

function scalarOf(columns: readonly Column[], count: number): Float64Array {
  const seen = new Uint8Array(count);
  const values = new Float64Array(count).fill(Number.NaN);
  for (const column of columns) {
    for (let step = 0; step < count; step++) {
      if (column.present[step] === 0) continue;
      values[step] = seen[step] === 0 ? (column.values[step] ?? 0) : Number.NaN;
      seen[step] = 1;
    }
  }
  return values;
}

async function absent(call: Call, evaluation: Evaluation): Promise<readonly Column[]> {
  const missing = new Uint8Array(evaluation.grid.count).fill(1);
  for (const { present } of await evaluation.vector(argument(call, 0))) {
    for (let step = 0; step < missing.length; step++) if (present[step] === 1) missing[step] = 0;
  }
  return onesWhere(missing, absentLabels(argument(call, 0)));
}

function onesWhere(flags: Uint8Array, labels: Labels): readonly Column[] {
  const column = emptyColumn(labels, flags.length);
  for (let step = 0; step < flags.length; step++) if (flags[step] === 1) setAt(column, step, 1);
  return column.present.includes(1) ? [column] : [];
}

/** What is known of a series that is not there: the labels its selector asks to be equal to one value. */
function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === "range" ? expr.selector : expr;
  if (selector.kind !== "selector") return {};
  const labels: Record<string, string> = {};
  for (const matcher of selector.matchers) {
    const twice = selector.matchers.filter(({ name }) => name === matcher.name).length > 1;
    if (matcher.kind !== "=" || matcher.name === METRIC_NAME || twice || matcher.value === "") continue;
    labels[matcher.name] = matcher.value;
  }
  return labels;
}

/** Orders an instant query's result, NaN last; a range query's series come in the order of their labels anyway. */
function sorted(columns: readonly Column[], compare: (a: number, b: number) => number): readonly Column[] {
  return columns.toSorted((left, right) => {
    const [a = Number.NaN] = left.values;
    const [b = Number.NaN] = right.values;
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return compare(a, b);
  });
}

/** The time of the sample for a selector, the instant of the evaluation for anything computed. */
async function timestamp(arg: Expr, evaluation: Evaluation): Promise<readonly Column[]> {
  if (arg.kind === "selector") {
    return applyToValues(await evaluation.sampleTimes(arg), (seconds) => seconds, evaluation.budget);
  }
  const at = (_: number, step: number) => timeAt(evaluation.grid, step) / 1_000;
  return applyToValues(await evaluation.vector(arg), at, evaluation.budget);
}
