import { epochMsOf } from "../core/clock.ts";
import type { Series } from "../core/series.ts";
import type { MatrixSelector, TimeShift, VectorSelector } from "./ast.ts";
import type { Budget } from "./budget.ts";
import { type Column, emptyColumn, type Grid, isEmpty, setAt, timeAt } from "./column.ts";
import type { RangeVector, SampleRun } from "./evaluation.ts";
import { labelsKey } from "./labels.ts";
import type { SeriesSource } from "./source.ts";
import { staleMarks } from "./staleness.ts";

/** What reading selectors needs; `startMs` and `endMs` are those of the whole query, for `@ start()` and `@ end()`. */
export interface SelectorContext {
  readonly source: SeriesSource;
  readonly budget: Budget;
  readonly lookbackMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The instant a selector looks at, for each instant of the grid. */
export function shiftedTimes(shift: TimeShift, grid: Grid, query: { startMs: number; endMs: number }): Float64Array {
  const fixed = fixedTime(shift, query);
  return Float64Array.from({ length: grid.count }, (_, step) => (fixed ?? timeAt(grid, step)) - shift.offsetMs);
}

function fixedTime({ at }: TimeShift, query: { startMs: number; endMs: number }): number | undefined {
  if (at === undefined) return undefined;
  switch (at.kind) {
    case "instant":
      return at.atMs;
    case "start":
      return query.startMs;
    case "end":
      return query.endMs;
  }
}

/** The last sample within the look-back of each instant: its value, or its time in seconds. One select. */
export async function readInstant(
  selector: VectorSelector,
  grid: Grid,
  context: SelectorContext,
  take: "value" | "seconds",
): Promise<readonly Column[]> {
  const timesMs = shiftedTimes(selector, grid, context);
  const columns: Column[] = [];
  for (const series of await load(selector, timesMs, context.lookbackMs, context)) {
    context.budget.hold(grid.count);
    await context.budget.breathe();
    const column = instantColumn(series, timesMs, context.lookbackMs, take);
    if (!isEmpty(column)) columns.push(column);
  }
  return columns;
}

function instantColumn(series: Series, timesMs: Float64Array, lookbackMs: number, take: "value" | "seconds"): Column {
  const column = emptyColumn(series.labels, timesMs.length);
  const stale = staleMarks(series.values);
  let last = -1;
  for (let step = 0; step < timesMs.length; step++) {
    const at = timesMs[step] ?? 0;
    while ((series.timesMs[last + 1] ?? Number.POSITIVE_INFINITY) <= at) last += 1;
    const sampleMs = series.timesMs[last];
    if (sampleMs === undefined || sampleMs <= at - lookbackMs || stale?.[last] === 1) continue;
    setAt(column, step, take === "value" ? (series.values[last] ?? 0) : sampleMs / 1_000);
  }
  return column;
}

/** All samples the ranges of a selector cover. One select. */
export async function readRanges(selector: MatrixSelector, grid: Grid, context: SelectorContext): Promise<RangeVector> {
  const endsMs = shiftedTimes(selector.selector, grid, context);
  const series = await load(selector.selector, endsMs, selector.rangeMs, context);
  return { series: series.map(withoutStale), rangeMs: selector.rangeMs, endsMs };
}

/** Samples in (first − span, last], series in the order of their labels, so that answers do not depend on the store. */
async function load(
  selector: VectorSelector,
  timesMs: Float64Array,
  spanMs: number,
  context: SelectorContext,
): Promise<readonly Series[]> {
  const { budget, source } = context;
  const first = timesMs[0] ?? 0;
  const last = timesMs.at(-1) ?? 0;
  const from = epochMsOf(first - spanMs + 1);
  const selection = { matchers: selector.matchers, from, to: epochMsOf(last), signal: budget.signal };
  const found = await source.select(selection);
  budget.hold(found.reduce((sum, series) => sum + series.values.length, 0));
  await budget.breathe();
  return found
    .map((series) => ({ series, key: labelsKey(series.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ series }) => series);
}

function withoutStale(series: Series): SampleRun {
  const marks = staleMarks(series.values);
  if (marks === undefined) return series;
  const keep = (_: number, i: number) => marks[i] === 0;
  return { labels: series.labels, timesMs: series.timesMs.filter(keep), values: series.values.filter(keep) };
}
