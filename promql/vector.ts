import type { Budget } from "./budget.ts";
import type { LabelsId } from "./label-table.ts";

/** Names of the metrics of rows: one for all of them, or one for each; "" is none. */
export type Names = string | readonly string[];

/**
 * Series of an intermediate result over all instants of a grid, a row for each, side by side in one array: the value of a
 * row at a step is `values[row * count + step]`, and it has one there when `present` is 1. No two rows have the same labels
 * and name. Never changed once made, because queries share what they read.
 */
export interface Vector {
  readonly ids: Int32Array;
  readonly names: Names;
  readonly count: number;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/** Without values. Errors: `promql.failed` when it is too large. */
export function emptyVector(rows: Pick<Vector, "ids" | "names">, count: number, budget: Budget): Vector {
  const size = rows.ids.length * count;
  budget.hold(size);
  return { ids: rows.ids, names: rows.names, count, values: new Float64Array(size), present: new Uint8Array(size) };
}

/** One row with a value at each step. */
export function rowOf(id: LabelsId, values: Float64Array): Vector {
  return {
    ids: Int32Array.of(id),
    names: "",
    count: values.length,
    values,
    present: new Uint8Array(values.length).fill(1),
  };
}

export function nameAt(names: Names, row: number): string {
  return typeof names === "string" ? names : (names[row] ?? "");
}

/** These rows in this order. */
export function pickRows(vector: Vector, rows: readonly number[] | Int32Array): Vector {
  const { ids, names, count, values, present } = vector;
  const size = rows.length;
  const picked = {
    ids: new Int32Array(size),
    values: new Float64Array(size * count),
    present: new Uint8Array(size * count),
  };
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0;
    picked.ids[i] = ids[row] ?? 0;
    for (let from = row * count, to = i * count; to < (i + 1) * count; from++, to++) {
      picked.values[to] = values[from] ?? 0;
      picked.present[to] = present[from] ?? 0;
    }
  }
  const pickedNames = typeof names === "string" ? names : Array.from(rows, (row) => names[row] ?? "");
  return { ...picked, names: pickedNames, count };
}

/** Only rows that have a value somewhere. */
export function dropEmptyRows(vector: Vector): Vector {
  const { ids, count, present } = vector;
  const kept = new Int32Array(ids.length);
  let size = 0;
  for (let row = 0; row < ids.length; row++) {
    for (let i = row * count; i < (row + 1) * count; i++) {
      if (present[i] === 0) continue;
      kept[size++] = row;
      break;
    }
  }
  return size === ids.length ? vector : pickRows(vector, kept.subarray(0, size));
}

/** Each value through `map`. */
export function mapValues(vector: Vector, map: (value: number, step: number) => number, budget: Budget): Vector {
  const { count, present } = vector;
  budget.hold(present.length);
  const values = new Float64Array(present.length);
  for (let i = 0, step = 0; i < present.length; i++) {
    if (present[i] === 1) values[i] = map(vector.values[i] ?? 0, step);
    if (++step === count) step = 0;
  }
  return { ...vector, values };
}

export function joinNames(left: Vector, right: Vector): Names {
  if (typeof left.names === "string" && left.names === right.names) return left.names;
  return [left, right].flatMap(({ ids, names }) => Array.from(ids, (_, row) => nameAt(names, row)));
}
