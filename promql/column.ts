import type { Labels } from "../core/series.ts";
import type { Budget } from "./budget.ts";
import { failedQuery } from "./invalid-query.ts";
import { formatLabels, labelsKey } from "./labels.ts";

/** The instants a query is evaluated at: `count` of them, `stepMs` apart. An instant query has one. */
export interface Grid {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function timeAt(grid: Grid, step: number): number {
  return grid.fromMs + step * grid.stepMs;
}

/** One series of an intermediate result over all instants of the grid. `present[i]` is 0 where it has no value. */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export function emptyColumn(labels: Labels, count: number): Column {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

export function constantColumn(labels: Labels, values: Float64Array): Column {
  return { labels, values, present: new Uint8Array(values.length).fill(1) };
}

export function setAt(column: Column, step: number, value: number): void {
  column.values[step] = value;
  column.present[step] = 1;
}

export function isEmpty(column: Column): boolean {
  return !column.present.includes(1);
}

/** Each value through `map`, which answers undefined for "no value here". */
export function mapColumn(
  column: Column,
  labels: Labels,
  map: (value: number, step: number) => number | undefined,
): Column {
  const mapped = emptyColumn(labels, column.values.length);
  for (let step = 0; step < column.values.length; step++) {
    if (column.present[step] === 0) continue;
    const value = map(column.values[step] ?? 0, step);
    if (value !== undefined) setAt(mapped, step, value);
  }
  return mapped;
}

/**
 * Drops empty columns and joins those whose labels became equal, for instance by losing their name.
 * Errors: `promql.failed` when two of them have a value at the same instant.
 */
export function mergeColumns(columns: readonly Column[], budget: Budget): readonly Column[] {
  const merged = new Map<string, Column>();
  for (const column of columns) {
    if (isEmpty(column)) continue;
    budget.hold(column.values.length);
    const key = labelsKey(column.labels);
    const first = merged.get(key);
    merged.set(key, first === undefined ? column : join(first, column));
  }
  return [...merged.values()];
}

function join(first: Column, second: Column): Column {
  const joined: Column = { ...first, values: first.values.slice(), present: first.present.slice() };
  for (let step = 0; step < second.values.length; step++) {
    if (second.present[step] === 0) continue;
    if (joined.present[step] === 1) {
      throw failedQuery(
        `vector cannot contain metrics with the same labelset: ${formatLabels(first.labels)}`,
        "keep a label that tells the series apart, or aggregate them",
      );
    }
    setAt(joined, step, second.values[step] ?? 0);
  }
  return joined;
}
