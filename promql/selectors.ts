import { epochMsOf } from "../core/clock.ts";
import type { MatrixSelector, TimeShift, VectorSelector } from "./ast.ts";
import type { RangeVector, SampleRuns } from "./evaluation.ts";
import { type Grid, timesOf } from "./grid.ts";
import { type RunsContext, readRuns, withoutStale } from "./read-runs.ts";
import type { SharedReads } from "./shared-reads.ts";
import { staleMarks } from "./staleness.ts";
import { dropEmptyRows, emptyVector, type Names, nameAt, type Vector } from "./vector.ts";

/** What reading selectors needs; `startMs` and `endMs` are those of the whole query, for `@ start()` and `@ end()`. */
export interface SelectorContext extends RunsContext {
  readonly lookbackMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly shared: SharedReads | undefined;
}

/** The instant a selector looks at, for each instant of the grid. */
export function shiftedTimes(shift: TimeShift, grid: Grid, query: { startMs: number; endMs: number }): Float64Array {
  const fixed = fixedTime(shift, query);
  const timesMs = timesOf(grid);
  for (let step = 0; step < timesMs.length; step++) timesMs[step] = (fixed ?? timesMs[step] ?? 0) - shift.offsetMs;
  return timesMs;
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
export function readInstant(
  selector: VectorSelector,
  grid: Grid,
  context: SelectorContext,
  take: "value" | "seconds",
): Promise<Vector> {
  const { shared, lookbackMs, budget } = context;
  const timesMs = shiftedTimes(selector, grid, context);
  const read = async () => {
    const runs = await load(selector, { timesMs, spanMs: lookbackMs, lastOnly: grid.count === 1 }, context);
    return instantVector(runs, { timesMs, take }, context);
  };
  if (shared === undefined) return read();
  return shared.instant(keyOf(selector, timesMs, `${take} ${lookbackMs}`), budget.signal, read);
}

async function instantVector(
  runs: readonly SampleRuns[],
  { timesMs, take }: { readonly timesMs: Float64Array; readonly take: "value" | "seconds" },
  { budget, lookbackMs }: SelectorContext,
): Promise<Vector> {
  const vector = emptyVector(rowsOf(runs), timesMs.length, budget);
  let row = 0;
  for (const one of runs) {
    const stale = staleMarks(one.values);
    for (let i = 0; i < one.ids.length; i++, row++) {
      fillRow(vector, row, { runs: one, i, stale, timesMs, lookbackMs, take });
      if (budget.work(timesMs.length)) await budget.breathe();
    }
  }
  return dropEmptyRows(vector);
}

interface Filling {
  readonly runs: SampleRuns;
  readonly i: number;
  readonly stale: Uint8Array | undefined;
  readonly timesMs: Float64Array;
  readonly lookbackMs: number;
  readonly take: "value" | "seconds";
}

function fillRow(vector: Vector, row: number, { runs, i, stale, timesMs, lookbackMs, take }: Filling): void {
  const begin = runs.begins[i] ?? 0;
  const end = runs.begins[i + 1] ?? 0;
  let last = begin - 1;
  for (let step = 0, target = row * vector.count; step < timesMs.length; step++, target++) {
    const at = timesMs[step] ?? 0;
    while (last + 1 < end && (runs.timesMs[last + 1] ?? 0) <= at) last += 1;
    if (last < begin) continue;
    const sampleMs = runs.timesMs[last] ?? 0;
    if (sampleMs <= at - lookbackMs || stale?.[last] === 1) continue;
    vector.values[target] = take === "value" ? (runs.values[last] ?? 0) : sampleMs / 1_000;
    vector.present[target] = 1;
  }
}

function rowsOf(runs: readonly SampleRuns[]): { readonly ids: Int32Array; readonly names: Names } {
  const [first, ...others] = runs;
  if (first === undefined) return { ids: new Int32Array(0), names: "" };
  if (others.length === 0) return first;
  const ids = new Int32Array(runs.reduce((sum, one) => sum + one.ids.length, 0));
  let row = 0;
  for (const one of runs) {
    ids.set(one.ids, row);
    row += one.ids.length;
  }
  const haveOneName = typeof first.names === "string" && others.every(({ names }) => names === first.names);
  if (haveOneName) return { ids, names: first.names };
  return { ids, names: runs.flatMap(({ ids: own, names }) => Array.from(own, (_, i) => nameAt(names, i))) };
}

/** All samples the ranges of a selector cover. One select. */
export function readRanges(selector: MatrixSelector, grid: Grid, context: SelectorContext): Promise<RangeVector> {
  const { rangeMs, selector: inner } = selector;
  const endsMs = shiftedTimes(inner, grid, context);
  const read = async (): Promise<RangeVector> => {
    const runs = await load(inner, { timesMs: endsMs, spanMs: rangeMs, lastOnly: false }, context);
    return { runs: runs.map(withoutStale), rangeMs, endsMs };
  };
  const { shared, budget } = context;
  if (shared === undefined) return read();
  return shared.range(keyOf(inner, endsMs, `${rangeMs}`), budget.signal, read);
}

/** Samples in (first − span, last]. */
function load(
  selector: VectorSelector,
  {
    timesMs,
    spanMs,
    lastOnly,
  }: { readonly timesMs: Float64Array; readonly spanMs: number; readonly lastOnly: boolean },
  context: SelectorContext,
): Promise<readonly SampleRuns[]> {
  const from = epochMsOf((timesMs[0] ?? 0) - spanMs + 1);
  return readRuns({ matchers: selector.matchers, from, to: epochMsOf(timesMs.at(-1) ?? 0), lastOnly }, context);
}

/** Equal for selectors that read the same. */
function keyOf({ matchers }: VectorSelector, timesMs: Float64Array, rest: string): string {
  const parts = matchers.map((matcher) => {
    const { kind, name } = matcher;
    return "pattern" in matcher
      ? [kind, name, matcher.pattern.source, matcher.pattern.flags]
      : [kind, name, matcher.value];
  });
  return `${timesMs[0]} ${timesMs.at(-1)} ${timesMs.length} ${rest} ${JSON.stringify(parts)}`;
}
