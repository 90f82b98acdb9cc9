import { epochMsOf } from "../core/clock.ts";
import { matchersKey } from "../core/series.ts";
import type { MatrixSelector, TimeShift, VectorSelector } from "./ast.ts";
import type { RangeVector, SampleRuns } from "./evaluation.ts";
import { type Grid, timesOf } from "./grid.ts";
import { QueryMemory } from "./query-memory.ts";
import { type LoadedRuns, type RunsContext, readRuns, withoutStale } from "./read-runs.ts";
import type { Lease, SharedReads } from "./shared-reads.ts";
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
export async function readInstant(
  selector: VectorSelector,
  grid: Grid,
  context: SelectorContext,
  take: "value" | "seconds",
): Promise<Vector> {
  const { shared, lookbackMs, budget } = context;
  const timesMs = shiftedTimes(selector, grid, context);
  const read = async (reading: SelectorContext): Promise<Vector> => {
    const loaded = await load(selector, { timesMs, spanMs: lookbackMs, lastOnly: grid.count === 1 }, reading);
    try {
      return await instantVector(loaded.runs, { timesMs, take }, reading);
    } finally {
      // Their values were copied.
      loaded.release();
    }
  };
  if (shared === undefined) return read(context);
  const lend = () =>
    lent(context, async (reading) => {
      const value = await read(reading);
      return { value, samples: value.values.length };
    });
  const lease = await shared.instant(keyOf(selector, timesMs, `${take} ${lookbackMs}`), budget.signal, lend);
  context.memory.atEnd(lease.release);
  return lease.value;
}

/** What is made in memory of its own, to live as long as its users. */
async function lent<T>(
  context: SelectorContext,
  make: (context: SelectorContext) => Promise<Omit<Lease<T>, "release">>,
): Promise<Lease<T>> {
  const memory = new QueryMemory();
  const release = () => memory.end();
  try {
    return { ...(await make({ ...context, memory })), release };
  } catch (error) {
    release();
    throw error;
  }
}

async function instantVector(
  runs: readonly SampleRuns[],
  { timesMs, take }: { readonly timesMs: Float64Array; readonly take: "value" | "seconds" },
  context: SelectorContext,
): Promise<Vector> {
  const { budget, lookbackMs } = context;
  const vector = emptyVector(concatRows(runs, context.memory), timesMs.length, context);
  let row = 0;
  for (const one of runs) {
    const stale = staleMarks(one.values);
    if (budget.work(one.values.length >> 2)) await budget.breathe();
    for (let i = 0; i < one.ids.length; i++, row++) {
      fillRow(vector, row, { runs: one, i, stale, timesMs, lookbackMs, take });
      if (budget.work(STEPS_PER_ROW + timesMs.length)) await budget.breathe();
    }
  }
  return dropEmptyRows(vector, context);
}

const STEPS_PER_ROW = 3;

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

/** The rows of all runs, one after the other. */
export function concatRows(
  runs: readonly SampleRuns[],
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

/** Lends all samples the ranges of a selector cover. One select. */
export async function withSelectedRanges<T>(
  selector: MatrixSelector,
  { grid, context }: { readonly grid: Grid; readonly context: SelectorContext },
  use: (ranges: RangeVector) => Promise<T>,
): Promise<T> {
  const { rangeMs, selector: inner } = selector;
  const { shared, budget } = context;
  const endsMs = shiftedTimes(inner, grid, context);
  const lend = () =>
    lent(context, async (reading): Promise<Omit<Lease<RangeVector>, "release">> => {
      const loaded = await load(inner, { timesMs: endsMs, spanMs: rangeMs, lastOnly: false }, reading);
      reading.memory.atEnd(loaded.release);
      const runs: SampleRuns[] = [];
      for (const one of loaded.runs) runs.push(await withoutStale(one, reading));
      return { value: { runs, rangeMs, endsMs }, samples: runs.reduce((sum, { values }) => sum + values.length, 0) };
    });
  const lease =
    shared === undefined ? await lend() : await shared.range(keyOf(inner, endsMs, `${rangeMs}`), budget.signal, lend);
  try {
    return await use(lease.value);
  } finally {
    lease.release();
  }
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
): Promise<LoadedRuns> {
  const from = epochMsOf((timesMs[0] ?? 0) - spanMs + 1);
  return readRuns({ matchers: selector.matchers, from, to: epochMsOf(timesMs.at(-1) ?? 0), lastOnly }, context);
}

/** Equal for selectors that read the same. */
function keyOf(selector: VectorSelector, timesMs: Float64Array, rest: string): string {
  return `${timesMs[0]} ${timesMs.at(-1)} ${timesMs.length} ${rest} ${matchersKey(selector.matchers)}`;
}
