import type { Labels } from "../../core/series.ts";
import { sortedInTurns } from "../../core/sort-in-turns.ts";
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
  const compare = (left: number, right: number) => {
    const [a = Number.NaN, b = Number.NaN] = [values[left], values[right]];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a === b ? 0 : a < b ? -sign : sign;
  };
  const rows = Array.from(vector.ids, (_, row) => row);
  return pickRows(vector, await sortedInTurns(rows, compare, evaluation.budget.pause), evaluation);
}

/** By the values of the labels, numbers in them by their size; equal ones by all their labels. */
export async function sortByLabel(call: Call, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(argument(call, 0));
  if (vector.count > 1) return vector;
  const names = call.args.slice(1).map((arg) => evaluation.string(arg));
  const sign = call.name === "sort_by_label_desc" ? -1 : 1;
  const { table, budget } = evaluation;
  const rows: LabelledRow[] = [];
  for (let row = 0; row < vector.ids.length; row++) {
    const labels = table.fullLabels(vector.ids[row] ?? 0, nameAt(vector.names, row));
    rows.push({ row, labels, key: labelsKey(labels) });
    if (budget.work(STEPS_PER_KEY)) await budget.breathe();
  }
  const compare = (left: LabelledRow, right: LabelledRow) => {
    budget.work(STEPS_PER_COLLATION);
    for (const name of names) {
      const order = NATURAL.compare(left.labels[name] ?? "", right.labels[name] ?? "");
      if (order !== 0) return sign * order;
    }
    return left.key === right.key ? 0 : left.key < right.key ? -sign : sign;
  };
  const sorted = await sortedInTurns(rows, compare, budget.pause);
  return pickRows(
    vector,
    sorted.map(({ row }) => row),
    evaluation,
  );
}

const NATURAL = new Intl.Collator("en", { numeric: true });

interface LabelledRow {
  readonly row: number;
  readonly labels: Labels;
  readonly key: string;
}

const STEPS_PER_KEY = 100;
const STEPS_PER_COLLATION = 50;
