import type { Budget } from "./budget.ts";
import type { Computing } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import { formatLabels } from "./labels.ts";
import { dropEmptyRows, nameAt, pickRows, type Vector } from "./vector.ts";

/** The rows without their metrics' names. Errors: as `mergeRows`. */
export async function withoutNames(vector: Vector, computing: Computing): Promise<Vector> {
  // Rows with one name differ by their labels.
  if (typeof vector.names === "string") return { ...vector, names: "" };
  return mergeRows({ ...vector, names: "" }, computing);
}

/**
 * Joins rows whose labels became equal, for instance by losing their name; empty rows go.
 * Errors: `promql.failed` when two of them have a value at the same instant.
 */
export async function mergeRows(vector: Vector, computing: Computing): Promise<Vector> {
  const { table, budget } = computing;
  const full = await dropEmptyRows(vector, computing);
  const firsts = await firstRows(full, computing);
  if (firsts.distinct.length === full.ids.length) return full;
  budget.hold(firsts.distinct.length * full.count);
  const merged = await pickRows(full, firsts.distinct, computing);
  const { count } = full;
  for (let row = 0; row < full.ids.length; row++) {
    const target = firsts.placeOf[row] ?? 0;
    if (budget.work(count)) await budget.breathe();
    if (firsts.distinct[target] === row) continue;
    for (let step = 0; step < count; step++) {
      if (full.present[row * count + step] === 0) continue;
      if (merged.present[target * count + step] === 1) {
        throw duplicate(formatLabels(table.fullLabels(full.ids[row] ?? 0, nameAt(full.names, row))));
      }
      merged.values[target * count + step] = full.values[row * count + step] ?? 0;
      merged.present[target * count + step] = 1;
    }
  }
  return merged;
}

/** `distinct`: the first row of each label set; `placeOf`: for each row, which of these has its labels. */
interface FirstRows {
  readonly distinct: readonly number[];
  readonly placeOf: Int32Array;
}

async function firstRows({ ids, names }: Vector, { table, budget, memory }: Computing): Promise<FirstRows> {
  const placeOf = memory.ints(ids.length);
  if (typeof names !== "string") return { placeOf, distinct: await distinctByName({ ids, names, placeOf }, budget) };
  const distinct: number[] = [];
  table.withPlaces(ids, (places) => {
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row] ?? 0;
      if (places[id] === 0) places[id] = distinct.push(row);
      placeOf[row] = (places[id] ?? 0) - 1;
    }
  });
  if (budget.work(ids.length)) await budget.breathe();
  return { distinct, placeOf };
}

async function distinctByName(
  {
    ids,
    names,
    placeOf,
  }: { readonly ids: Int32Array; readonly names: readonly string[]; readonly placeOf: Int32Array },
  budget: Budget,
): Promise<readonly number[]> {
  const places = new Map<string, number>();
  const distinct: number[] = [];
  for (let row = 0; row < ids.length; row++) {
    if (budget.work(STEPS_PER_KEY)) await budget.breathe();
    const key = `${ids[row]} ${names[row]}`;
    const place = places.get(key) ?? distinct.push(row) - 1;
    places.set(key, place);
    placeOf[row] = place;
  }
  return distinct;
}

const STEPS_PER_KEY = 30;

function duplicate(labels: string) {
  return failedQuery(
    `vector cannot contain metrics with the same labelset: ${labels}`,
    "keep a label that tells the series apart, or aggregate them",
  );
}
