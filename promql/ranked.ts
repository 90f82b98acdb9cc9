import { sortedInTurns } from "../core/sort-in-turns.ts";
import type { Groups } from "./aggregate.ts";
import type { Budget } from "./budget.ts";
import type { Computing } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import { dropEmptyRows, pickRows, type Vector } from "./vector.ts";

/**
 * The k largest or smallest series of each group, chosen anew at every instant; NaN ranks last, of equal values the
 * first series wins. An instant query's answer is in rank order. Errors: `promql.failed` when k is not a number of series.
 */
export async function rankedRows(
  vector: Vector,
  groups: Groups,
  { counts, op }: { readonly counts: Float64Array; readonly op: "topk" | "bottomk" },
  computing: Computing,
): Promise<Vector> {
  const { budget, memory } = computing;
  const { count, present } = vector;
  const limits = counts.map(limitOf);
  budget.hold(present.length);
  const kept = memory.flags(present.length);
  const ordered: number[] = [];
  for (let group = 0; group < groups.ids.length; group++) {
    const members = groups.rows.subarray(groups.begins[group], groups.begins[group + 1]);
    for (let step = 0; step < count; step++) {
      const best = await bestOf(vector, { members, step }, { limit: limits[step] ?? 0, op }, budget);
      for (const row of best) {
        kept[row * count + step] = 1;
        if (count === 1) ordered.push(row);
      }
    }
  }
  if (count === 1) return pickRows(vector, ordered, computing);
  return dropEmptyRows({ ...vector, present: kept }, computing);
}

interface Ranking {
  readonly limit: number;
  readonly op: "topk" | "bottomk";
}

/** Up to here, a row is sorted in among the best so far; beyond, moving them would cost more than to sort all. */
const MOST_INSERTED = 256;
const STEPS_PER_ROW = 3;
/** Rows between two looks at the budget, which would cost more than a row. */
const SLICE = 256;

async function bestOf(
  { values, present, count }: Vector,
  { members, step }: { readonly members: Int32Array; readonly step: number },
  { limit, op }: Ranking,
  budget: Budget,
): Promise<readonly number[]> {
  if (limit < 1) return [];
  const valueAt = (row: number) => values[row * count + step] ?? Number.NaN;
  const compare = (left: number, right: number) => ranks(op, valueAt(left), valueAt(right)) || left - right;
  if (limit > MOST_INSERTED) {
    const there = Array.from(members).filter((row) => present[row * count + step] === 1);
    return (await sortedInTurns(there, compare, budget.pause)).slice(0, limit);
  }
  const best: number[] = [];
  // What most rows are measured against; NaN until there are as many as wanted, and when the last of them is.
  let worst = Number.NaN;
  for (let i = 0; i < members.length; i++) {
    if (i % SLICE === 0 && budget.work(SLICE * STEPS_PER_ROW)) await budget.breathe();
    const row = members[i] ?? 0;
    const value = values[row * count + step] ?? Number.NaN;
    if (present[row * count + step] === 0 || (op === "topk" ? value < worst : value > worst)) continue;
    const last = best.at(-1);
    if (best.length === limit && last !== undefined && compare(row, last) > 0) continue;
    let [low, high] = [0, best.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(row, best[middle] ?? 0) < 0) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, row);
    if (best.length > limit) best.pop();
    if (best.length === limit) worst = valueAt(best[limit - 1] ?? 0);
  }
  return best;
}

function limitOf(count: number): number {
  if (Number.isNaN(count) || Math.abs(count) >= 2 ** 63) {
    throw failedQuery(`Scalar value ${count} overflows int64`, "k of topk and bottomk is how many series to keep");
  }
  return Math.trunc(count);
}

function ranks(op: "topk" | "bottomk", a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return (op === "topk" ? a > b : a < b) ? -1 : 1;
}
