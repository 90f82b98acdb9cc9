import type { Budget } from "./budget.ts";
import { failedQuery } from "./invalid-query.ts";
import type { LabelTable } from "./label-table.ts";
import { formatLabels } from "./labels.ts";
import { dropEmptyRows, nameAt, pickRows, type Vector } from "./vector.ts";

interface Merging {
  readonly table: LabelTable;
  readonly budget: Budget;
}

/** The rows without their metrics' names. Errors: as `mergeRows`. */
export function withoutNames(vector: Vector, merging: Merging): Vector {
  // Rows with one name differ by their labels.
  if (typeof vector.names === "string") return { ...vector, names: "" };
  return mergeRows({ ...vector, names: "" }, merging);
}

/**
 * Joins rows whose labels became equal, for instance by losing their name; empty rows go.
 * Errors: `promql.failed` when two of them have a value at the same instant.
 */
export function mergeRows(vector: Vector, { table, budget }: Merging): Vector {
  const full = dropEmptyRows(vector);
  const firsts = firstRows(full, table);
  if (firsts.distinct.length === full.ids.length) return full;
  budget.hold(firsts.distinct.length * full.count);
  const merged = pickRows(full, firsts.distinct);
  const { count } = full;
  for (let row = 0; row < full.ids.length; row++) {
    const target = firsts.placeOf[row] ?? 0;
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

function firstRows({ ids, names }: Vector, table: LabelTable): FirstRows {
  if (typeof names !== "string") return firstRowsByName(ids, names);
  const distinct: number[] = [];
  const placeOf = new Int32Array(ids.length);
  table.withPlaces(ids, (places) => {
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row] ?? 0;
      if (places[id] === 0) places[id] = distinct.push(row);
      placeOf[row] = (places[id] ?? 0) - 1;
    }
  });
  return { distinct, placeOf };
}

function firstRowsByName(ids: Int32Array, names: readonly string[]): FirstRows {
  const places = new Map<string, number>();
  const distinct: number[] = [];
  const placeOf = new Int32Array(ids.length);
  for (let row = 0; row < ids.length; row++) {
    const key = `${ids[row]} ${names[row]}`;
    const place = places.get(key) ?? distinct.push(row) - 1;
    places.set(key, place);
    placeOf[row] = place;
  }
  return { distinct, placeOf };
}

function duplicate(labels: string) {
  return failedQuery(
    `vector cannot contain metrics with the same labelset: ${labels}`,
    "keep a label that tells the series apart, or aggregate them",
  );
}
