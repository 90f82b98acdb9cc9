/** Sorted at once: about a millisecond. */
const RUN = 2_000;

/** Is told of comparisons, and may answer what is to be waited for before there are more. */
export type Pause = (comparisons: number) => Promise<void> | undefined;

/** As `toSorted`; of many, others get their turn in between. */
export async function sortedInTurns<T extends number | object>(
  items: readonly T[],
  compare: (left: T, right: T) => number,
  pause: Pause,
): Promise<readonly T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += RUN) {
    const run = items.slice(at, at + RUN).sort(compare);
    runs.push(run);
    const pausing = pause(run.length * Math.log2(run.length + 1));
    if (pausing !== undefined) await pausing;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await merge({ left: runs[i] ?? [], right: runs[i + 1] ?? [] }, compare, pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T extends number | object>(
  { left, right }: { readonly left: readonly T[]; readonly right: readonly T[] },
  compare: (left: T, right: T) => number,
  pause: Pause,
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
    const pausing = pause(1);
    if (pausing !== undefined) await pausing;
  }
  return merged;
}
