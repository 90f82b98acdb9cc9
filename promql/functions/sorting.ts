import type { Call } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { labelsKey } from "../labels.ts";
import { nameAt, pickRows, type Vector } from "../vector.ts";
import { argument } from "./argument.ts";

/** Orders an instant query's result, NaN last; a range query's series come in the order of their labels anyway. */
export async function sortByValue(call: Call, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(argument(call, 0));
  if (vector.count > 1) return vector;
  const sign = call.name === "sort_desc" ? -1 : 1;
  const { values } = vector;
  return pickRows(
    vector,
    rowsOf(vector).sort((left, right) => {
      const [a = Number.NaN, b = Number.NaN] = [values[left], values[right]];
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return a === b ? 0 : a < b ? -sign : sign;
    }),
  );
}

/** By the values of the labels, numbers in them by their size; equal ones by all their labels. */
export async function sortByLabel(call: Call, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(argument(call, 0));
  if (vector.count > 1) return vector;
  const names = call.args.slice(1).map((arg) => evaluation.string(arg));
  const sign = call.name === "sort_by_label_desc" ? -1 : 1;
  const rows = rowsOf(vector).map((row) => {
    const labels = evaluation.table.fullLabels(vector.ids[row] ?? 0, nameAt(vector.names, row));
    return { row, labels, key: labelsKey(labels) };
  });
  rows.sort((left, right) => {
    for (const name of names) {
      const order = NATURAL.compare(left.labels[name] ?? "", right.labels[name] ?? "");
      if (order !== 0) return sign * order;
    }
    return left.key === right.key ? 0 : left.key < right.key ? -sign : sign;
  });
  return pickRows(
    vector,
    rows.map(({ row }) => row),
  );
}

const NATURAL = new Intl.Collator("en", { numeric: true });

const rowsOf = (vector: Vector): number[] => Array.from(vector.ids, (_, row) => row);
