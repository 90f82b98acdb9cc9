import type { Budget } from "../budget.ts";
import { type Column, mapColumn, mergeColumns } from "../column.ts";
import { withoutName } from "../labels.ts";

/** Functions of one value and numbers. Undefined: no value. */
export type NumberFunction = (value: number, ...parameters: readonly number[]) => number | undefined;

export const NUMBER_FUNCTIONS: ReadonlyMap<string, NumberFunction> = new Map<string, NumberFunction>([
  ["abs", Math.abs],
  ["acos", Math.acos],
  ["acosh", Math.acosh],
  ["asin", Math.asin],
  ["asinh", Math.asinh],
  ["atan", Math.atan],
  ["atanh", Math.atanh],
  ["ceil", Math.ceil],
  ["clamp", (value, low = 0, high = 0) => (low > high ? undefined : Math.max(low, Math.min(high, value)))],
  ["clamp_max", (value, high = 0) => Math.min(value, high)],
  ["clamp_min", (value, low = 0) => Math.max(value, low)],
  ["cos", Math.cos],
  ["cosh", Math.cosh],
  ["deg", (value) => (value * 180) / Math.PI],
  ["exp", Math.exp],
  ["floor", Math.floor],
  ["ln", Math.log],
  ["log10", Math.log10],
  ["log2", Math.log2],
  ["rad", (value) => (value * Math.PI) / 180],
  ["round", roundTo],
  ["sgn", (value) => (value < 0 ? -1 : value > 0 ? 1 : value)],
  ["sin", Math.sin],
  ["sinh", Math.sinh],
  ["sqrt", Math.sqrt],
  ["tan", Math.tan],
  ["tanh", Math.tanh],
]);

/** Ties go up. Dividing by the inverse, as Prometheus does, keeps `round(x, 0.1)` free of 0.30000000000000004. */
function roundTo(value: number, nearest = 1): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
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

export function applyToValues(
  columns: readonly Column[],
  map: (value: number, step: number) => number | undefined,
  budget: Budget,
): readonly Column[] {
  const mapped = columns.map((column) => mapColumn(column, withoutName(column.labels), map));
  return mergeColumns(mapped, budget);
}
