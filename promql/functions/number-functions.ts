import type { Call } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { withoutNames } from "../merge-rows.ts";
import { dropEmptyRows, mapValues, type Vector } from "../vector.ts";
import { argument } from "./argument.ts";

/** Functions of one value. */
export const NUMBER_FUNCTIONS: ReadonlyMap<string, (value: number) => number> = new Map<
  string,
  (value: number) => number
>([
  ["abs", Math.abs],
  ["acos", Math.acos],
  ["acosh", Math.acosh],
  ["asin", Math.asin],
  ["asinh", Math.asinh],
  ["atan", Math.atan],
  ["atanh", Math.atanh],
  ["ceil", Math.ceil],
  ["cos", Math.cos],
  ["cosh", Math.cosh],
  ["deg", (value) => (value * 180) / Math.PI],
  ["exp", Math.exp],
  ["floor", Math.floor],
  ["ln", Math.log],
  ["log10", Math.log10],
  ["log2", Math.log2],
  ["rad", (value) => (value * Math.PI) / 180],
  ["sgn", (value) => (value < 0 ? -1 : value > 0 ? 1 : value)],
  ["sin", Math.sin],
  ["sinh", Math.sinh],
  ["sqrt", Math.sqrt],
  ["tan", Math.tan],
  ["tanh", Math.tanh],
]);

/** `round(v, nearest)`. Ties go up. Dividing by the inverse, as Prometheus does, keeps 0.3 from being 0.30000000000000004. */
export async function round(call: Call, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(argument(call, 0));
  const nearest = call.args[1] === undefined ? undefined : await evaluation.scalar(call.args[1]);
  const apply = (value: number, step: number) => {
    const inverse = 1 / (nearest?.[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  };
  return withoutNames(await mapValues(vector, apply, evaluation), evaluation);
}

/** `clamp(v, low, high)`, `clamp_min(v, low)`, `clamp_max(v, high)`; empty where the limits are swapped. */
export async function clamp(call: Call, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(argument(call, 0));
  const { count } = vector;
  const given = await evaluation.scalar(argument(call, 1));
  const other = call.args[2] === undefined ? undefined : await evaluation.scalar(call.args[2]);
  const lows = call.name === "clamp_max" ? new Float64Array(count).fill(Number.NEGATIVE_INFINITY) : given;
  const highs = call.name === "clamp_max" ? given : (other ?? new Float64Array(count).fill(Number.POSITIVE_INFINITY));
  const apply = (value: number, step: number) => Math.max(lows[step] ?? 0, Math.min(highs[step] ?? 0, value));
  const clamped = await withoutNames(await mapValues(vector, apply, evaluation), evaluation);
  if (lows.every((low, step) => !(low > (highs[step] ?? 0)))) return clamped;
  const present = evaluation.memory.flags(clamped.present.length);
  for (let row = 0; row < clamped.ids.length; row++) {
    for (let step = 0, i = row * count; step < count; step++, i++) {
      if (!((lows[step] ?? 0) > (highs[step] ?? 0))) present[i] = clamped.present[i] ?? 0;
    }
    if (evaluation.budget.work(count)) await evaluation.budget.breathe();
  }
  return dropEmptyRows({ ...clamped, present }, evaluation);
}

/** Functions of the UTC date of a value in seconds. */
export const DATE_FUNCTIONS: ReadonlyMap<string, (date: Date) => number> = new Map<string, (date: Date) => number>([
  ["day_of_month", (date) => date.getUTCDate()],
  ["day_of_week", (date) => date.getUTCDay()],
  ["day_of_year", (date) => (midnight(date) - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000 + 1],
  ["days_in_month", (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()],
  ["hour", (date) => date.getUTCHours()],
  ["minute", (date) => date.getUTCMinutes()],
  ["month", (date) => date.getUTCMonth() + 1],
  ["year", (date) => date.getUTCFullYear()],
]);

function midnight(date: Date): number {
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}
