import type { SampleRuns } from "./evaluation.ts";
import type { QueryMemory } from "./query-memory.ts";
import { type Names, nameAt } from "./vector.ts";

/** The rows of all runs, one after the other. */
export function concatRows(
  runs: readonly Pick<SampleRuns, "ids" | "names">[],
  memory: QueryMemory,
): { readonly ids: Int32Array; readonly names: Names } {
  const [first, ...others] = runs;
  if (first === undefined) return { ids: new Int32Array(0), names: "" };
  const ids = memory.ints(runs.reduce((sum, one) => sum + one.ids.length, 0));
  let row = 0;
  for (const one of runs) {
    ids.set(one.ids, row);
    row += one.ids.length;
  }
  if (others.length === 0) return { ids, names: first.names };
  const haveOneName = typeof first.names === "string" && others.every(({ names }) => names === first.names);
  if (haveOneName) return { ids, names: first.names };
  return { ids, names: runs.flatMap(({ ids: own, names }) => Array.from(own, (_, i) => nameAt(names, i))) };
}
