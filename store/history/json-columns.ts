import { damaged } from "./cells.ts";

// Columns of numbers and texts in JSON.

export function differences(values: readonly number[]): readonly number[] {
  return values.map((value, position) => value - (values[position - 1] ?? 0));
}

export function sums(values: readonly number[]): readonly number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

export function numbers(json: unknown): readonly number[] {
  if (Array.isArray(json) && json.every((item) => typeof item === "number")) return json;
  throw damaged("numbers", json);
}

export function texts(json: unknown): readonly string[] {
  if (Array.isArray(json) && json.every((item) => typeof item === "string")) return json;
  throw damaged("texts", json);
}
