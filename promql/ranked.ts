import type { Group } from "./aggregate.ts";
import { type Column, emptyColumn, isEmpty, setAt } from "./column.ts";
import type { Evaluation } from "./evaluation.ts";

/**
 * The k largest or smallest series of each group, chosen anew at every instant; NaN ranks last, of equal values the
 * first series wins. An instant query's answer is in rank order.
 */
export async function rankedColumns(
  groups: readonly Group[],
  counts: Float64Array,
  op: "topk" | "bottomk",
  { grid, budget }: Evaluation,
): Promise<readonly Column[]> {
  const better = op === "topk" ? (a: number, b: number) => b - a : (a: number, b: number) => a - b;
  const results: Column[] = [];
  for (const { members } of groups) {
    budget.hold(members.length * grid.count);
    const kept = members.map((member) => emptyColumn(member.labels, grid.count));
    let order: readonly number[] = [];
    for (let step = 0; step < grid.count; step++) {
      order = bestOf(members, step, { better, limit: counts[step] ?? 0 });
      for (const i of order) {
        const column = kept[i];
        if (column !== undefined) setAt(column, step, members[i]?.values[step] ?? 0);
      }
      if (budget.work(members.length * 10)) await budget.breathe();
    }
    results.push(...inOrder(kept, grid.count === 1 ? order : undefined));
  }
  return results;
}

function bestOf(
  members: readonly Column[],
  step: number,
  rank: { readonly better: (a: number, b: number) => number; readonly limit: number },
): readonly number[] {
  if (!(rank.limit >= 1)) return [];
  const present: number[] = [];
  for (let i = 0; i < members.length; i++) if (members[i]?.present[step] === 1) present.push(i);
  const valueAt = (i: number) => members[i]?.values[step] ?? Number.NaN;
  present.sort((left, right) => {
    const a = valueAt(left);
    const b = valueAt(right);
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return rank.better(a, b) || left - right;
  });
  return present.slice(0, Math.trunc(Math.min(rank.limit, present.length)));
}

function inOrder(kept: readonly Column[], order: readonly number[] | undefined): readonly Column[] {
  const columns = order === undefined ? kept : order.map((i) => kept[i]);
  return columns.filter((column) => column !== undefined).filter((column) => !isEmpty(column));
}
