import { epochMsOf } from "../core/clock.ts";
import { matchersKey } from "../core/series.ts";
import type { Windows } from "../core/window-block.ts";
import type { MatrixSelector, TimeShift, VectorSelector } from "./ast.ts";
import { concatRows } from "./concat-rows.ts";
import type { RangeVector, SampleRuns } from "./evaluation.ts";
import { fillWindows } from "./functions/fill-windows.ts";
import { type LastSampleFunction, lastSample } from "./functions/last-sample.ts";
import { type Grid, timesOf } from "./grid.ts";
import { QueryMemory } from "./query-memory.ts";
import { type LoadedRuns, type RunsContext, readRuns, withoutStale } from "./read-runs.ts";
import type { Lease, SharedReads } from "./shared-reads.ts";
import { dropEmptyRows, emptyVector, type Vector } from "./vector.ts";
import { vectorOfWindows } from "./window-blocks.ts";

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
  take: LastSampleFunction,
): Promise<Vector> {
  const { shared, lookbackMs, budget } = context;
  const timesMs = shiftedTimes(selector, grid, context);
  if (grid.count > 1) {
    const windows = { apply: take, parameters: [], rangeMs: lookbackMs, endsMs: timesMs, nowsMs: timesMs };
    const ofSource = await readWindows(selector, windows, context);
    if (ofSource !== undefined) return dropEmptyRows(ofSource, context);
  }
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
  const lend = () => lent(context, async (reading) => leased(await read(reading)));
  const lease = await shared.instant(keyOf(selector, timesMs, `${take} ${lookbackMs}`), budget.signal, lend);
  context.memory.atEnd(lease.release);
  return lease.value;
}

/** What the source itself makes of the samples in each window; undefined when it leaves that to us. */
export async function readWindows(
  selector: VectorSelector,
  wanted: Omit<Windows, "maxSeries" | "maxResults">,
  context: SelectorContext,
): Promise<Vector | undefined> {
  const { source, shared, budget, warn, maxSeries } = context;
  const { apply, parameters, rangeMs, endsMs, nowsMs } = wanted;
  if (source.selectWindows === undefined) return undefined;
  const read = async (reading: SelectorContext): Promise<Vector | undefined> => {
    const windows = { ...wanted, maxSeries, maxResults: budget.left };
    const selection = { ...spanOf(selector, endsMs, rangeMs), windows, signal: budget.signal, warn };
    const blocks = await source.selectWindows?.(selection);
    return blocks === undefined ? undefined : vectorOfWindows(blocks, endsMs.length, reading);
  };
  if (shared === undefined) return read(context);
  const lend = () => lent(context, async (reading) => leased(await read(reading)));
  const numbers = parameters.map((parameter) => parameter.join(" ")).join();
  const key = keyOf(selector, endsMs, `${rangeMs} ${nowsMs[0]} ${apply} ${numbers}`);
  const lease = await shared.windows(key, budget.signal, lend);
  context.memory.atEnd(lease.release);
  return lease.value;
}

function leased<T extends Vector | undefined>(value: T): Omit<Lease<T>, "release"> {
  return { value, samples: value?.values.length ?? 0 };
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
  { timesMs, take }: { readonly timesMs: Float64Array; readonly take: LastSampleFunction },
  context: SelectorContext,
): Promise<Vector> {
  const vector = emptyVector(concatRows(runs, context.memory), timesMs.length, context);
  const ranges = { rangeMs: context.lookbackMs, endsMs: timesMs, nowsMs: timesMs };
  let begin = 0;
  for (const one of runs) {
    await fillWindows(
      one,
      ranges,
      { apply: lastSample(take, one.values), parameters: [] },
      { ...vector, begin },
      context,
    );
    begin += one.ids.length * timesMs.length;
  }
  return dropEmptyRows(vector, context);
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
      const nowsMs = timesOf(grid);
      return {
        value: { runs, rangeMs, endsMs, nowsMs },
        samples: runs.reduce((sum, { values }) => sum + values.length, 0),
      };
    });
  const lease =
    shared === undefined ? await lend() : await shared.range(keyOf(inner, endsMs, `${rangeMs}`), budget.signal, lend);
  try {
    return await use(lease.value);
  } finally {
    lease.release();
  }
}

function load(
  selector: VectorSelector,
  {
    timesMs,
    spanMs,
    lastOnly,
  }: { readonly timesMs: Float64Array; readonly spanMs: number; readonly lastOnly: boolean },
  context: SelectorContext,
): Promise<LoadedRuns> {
  return readRuns({ ...spanOf(selector, timesMs, spanMs), lastOnly }, context);
}

/** Samples in (first − span, last]. */
function spanOf({ matchers }: VectorSelector, timesMs: Float64Array, spanMs: number) {
  return { matchers, from: epochMsOf((timesMs[0] ?? 0) - spanMs + 1), to: epochMsOf(timesMs.at(-1) ?? 0) };
}

/** Equal for selectors that read the same. */
function keyOf(selector: VectorSelector, timesMs: Float64Array, rest: string): string {
  return `${timesMs[0]} ${timesMs.at(-1)} ${timesMs.length} ${rest} ${matchersKey(selector.matchers)}`;
}
