import type { Computing } from "./evaluation.ts";
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

/** Rows between two looks at the budget, which would cost more than a row of one value. */
const SLICE = 256;

/** Without values. Errors: `promql.failed` when it is too large. */
export function emptyVector(
  { ids, names }: Pick<Vector, "ids" | "names">,
  count: number,
  { budget, memory }: Pick<Computing, "budget" | "memory">,
): Vector {
  const size = ids.length * count;
  budget.hold(size);
  return { ids, names, count, values: memory.floats(size), present: memory.flags(size) };
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
export async function pickRows(
  vector: Vector,
  rows: readonly number[] | Int32Array,
  computing: Pick<Computing, "budget" | "memory">,
): Promise<Vector> {
  const { ids, names, count } = vector;
  const pickedIds = computing.memory.ints(rows.length);
  for (let i = 0; i < rows.length; i++) pickedIds[i] = ids[rows[i] ?? 0] ?? 0;
  const picked = { ids: pickedIds, ...(await pickValues(vector, rows, computing)) };
  const pickedNames = typeof names === "string" ? names : Array.from(rows, (row) => names[row] ?? "");
  return { ...picked, names: pickedNames, count };
}

/** What these rows hold, in this order: in arrays of their own, unless these are all rows as they are. */
export async function pickValues(
  { values, present, count }: Pick<Vector, "values" | "present" | "count">,
  rows: readonly number[] | Int32Array,
  { budget, memory }: Pick<Computing, "budget" | "memory">,
): Promise<Pick<Vector, "values" | "present">> {
  if (rows.length * count === values.length && areInOrder(rows)) return { values, present };
  const picked = { values: memory.floats(rows.length * count), present: memory.flags(rows.length * count) };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (i % SLICE === 0 && budget.work(SLICE * count)) await budget.breathe();
    for (let from = row * count, to = i * count; to < (i + 1) * count; from++, to++) {
      picked.values[to] = values[from] ?? 0;
      picked.present[to] = present[from] ?? 0;
    }
  }
  return picked;
}

function areInOrder(rows: readonly number[] | Int32Array): boolean {
  for (let i = 0; i < rows.length; i++) if (rows[i] !== i) return false;
  return true;
}

/** Only rows that have a value somewhere. */
export async function dropEmptyRows(vector: Vector, computing: Pick<Computing, "budget" | "memory">): Promise<Vector> {
  const { ids, count, present } = vector;
  if (!present.includes(0)) return vector;
  const { budget, memory } = computing;
  const kept = memory.ints(ids.length);
  let size = 0;
  for (let row = 0; row < ids.length; row++) {
    if (row % SLICE === 0 && budget.work(SLICE)) await budget.breathe();
    for (let i = row * count; i < (row + 1) * count; i++) {
      if (present[i] === 0) continue;
      kept[size++] = row;
      break;
    }
  }
  return size === ids.length ? vector : pickRows(vector, kept.subarray(0, size), computing);
}

/** Each value through `map`. */
export async function mapValues(
  vector: Vector,
  map: (value: number, step: number) => number,
  { budget, memory }: Pick<Computing, "budget" | "memory">,
): Promise<Vector> {
  const { ids, count, present } = vector;
  budget.hold(present.length);
  const values = memory.floats(present.length);
  for (let row = 0; row < ids.length; row++) {
    for (let i = row * count, step = 0; step < count; i++, step++) {
      if (present[i] === 1) values[i] = map(vector.values[i] ?? 0, step);
    }
    if (budget.work(2 * count)) await budget.breathe();
  }
  return { ...vector, values };
}

export function joinNames(left: Vector, right: Vector): Names {
  if (typeof left.names === "string" && left.names === right.names) return left.names;
  return [left, right].flatMap(({ ids, names }) => Array.from(ids, (_, row) => nameAt(names, row)));
}
