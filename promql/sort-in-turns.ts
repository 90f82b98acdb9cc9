import type { Budget } from "./budget.ts";

/** Sorted at once: about a millisecond. */
const RUN = 2_000;
const STEPS_PER_COMPARISON = 10;

/** As `toSorted`; of many, others get their turn in between. */
export async function sortedInTurns<T extends number | object>(
  items: readonly T[],
  compare: (left: T, right: T) => number,
  budget: Budget,
): Promise<readonly T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += RUN) {
    runs.push(items.slice(at, at + RUN).sort(compare));
    if (budget.work(RUN * STEPS_PER_COMPARISON * 10)) await budget.breathe();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare, budget));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T extends number | object>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
  budget: Budget,
): Promise<T[]> {
  const merged: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const a = left[l];
    const b = right[r];
    if (a !== undefined && (b === undefined || compare(a, b) <= 0)) {
      merged.push(a);
      l += 1;
    } else if (b !== undefined) {
      merged.push(b);
      r += 1;
    }
    if (budget.work(STEPS_PER_COMPARISON)) await budget.breathe();
  }
  return merged;
}
