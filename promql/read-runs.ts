import { METRIC_NAME, type Series } from "../core/series.ts";
import type { SeriesBlock } from "../core/series-block.ts";
import { sortedInTurns } from "../core/sort-in-turns.ts";
import type { Computing, SampleRuns } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import { labelsKey } from "./labels.ts";
import type { BlockSelection, SeriesSource } from "./source.ts";
import { staleMarks } from "./staleness.ts";

export interface RunsContext extends Computing {
  readonly source: SeriesSource;
  readonly maxSeries: number;
  readonly warn: ((message: string) => void) | undefined;
}

export interface LoadedRuns {
  readonly runs: readonly SampleRuns[];
  /** To be called when nobody reads the samples any more. */
  release(): void;
}

/**
 * What a source answers, with labels of the table. Series come in the order of their labels, or in the order of a source that
 * has blocks, so that answers do not depend on how they were found.
 * Errors: `promql.failed` for too many series or samples; what the source throws.
 */
export async function readRuns(
  selection: Omit<BlockSelection, "signal" | "warn">,
  context: RunsContext,
): Promise<LoadedRuns> {
  const { source, budget, warn } = context;
  const { signal } = budget;
  if (source.selectBlocks !== undefined) {
    return ofBlocks(await source.selectBlocks({ ...selection, signal, warn }), context);
  }
  const { matchers, from, to } = selection;
  return ofSeries(await source.select({ matchers, from, to, signal, warn }), context);
}

async function ofBlocks(blocks: readonly SeriesBlock[], context: RunsContext): Promise<LoadedRuns> {
  const { budget, table } = context;
  const release = () => {
    for (const block of blocks) block.release?.();
  };
  try {
    const series = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
    admit({ series, samples: blocks.reduce((sum, { values }) => sum + values.length, 0) }, context);
    await budget.breathe();
    const runs: SampleRuns[] = [];
    for (const { ids, space, names, begins, timesMs, values } of blocks) {
      runs.push({ ids: await table.internAll(ids, space, context), names, begins, timesMs, values });
    }
    return { runs, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function ofSeries(series: readonly Series[], context: RunsContext): Promise<LoadedRuns> {
  const { budget, table } = context;
  admit({ series: series.length, samples: series.reduce((sum, { values }) => sum + values.length, 0) }, context);
  await budget.breathe();
  const keyed: { readonly run: SampleRuns; readonly key: string }[] = [];
  for (const { labels, timesMs, values } of series) {
    const ids = Int32Array.of(table.intern(labels));
    const begins = Uint32Array.of(0, values.length);
    const run = { ids, names: labels[METRIC_NAME] ?? "", begins, timesMs, values };
    keyed.push({ run, key: labelsKey(labels) });
    if (budget.work(STEPS_PER_SERIES)) await budget.breathe();
  }
  const sorted = await sortedInTurns(keyed, (a, b) => (a.key < b.key ? -1 : 1), budget.pause);
  return { runs: sorted.map(({ run }) => run), release: () => {} };
}

/** Beside looking its labels up: a key is made. */
const STEPS_PER_SERIES = 150;

function admit({ series, samples }: { readonly series: number; readonly samples: number }, context: RunsContext): void {
  admitSeries(series, context);
  context.budget.hold(samples);
}

/** Errors: `promql.failed` for too many. */
export function admitSeries(series: number, { maxSeries }: Pick<RunsContext, "maxSeries">): void {
  if (series > maxSeries) {
    throw failedQuery(
      `a selector of the query matches ${series} series, more than ${maxSeries}`,
      "select fewer series with more matchers",
    );
  }
}

export async function withoutStale(runs: SampleRuns, { budget }: Pick<Computing, "budget">): Promise<SampleRuns> {
  const marks = staleMarks(runs.values);
  if (budget.work(runs.values.length >> 2)) await budget.breathe();
  if (marks === undefined) return runs;
  const begins = new Uint32Array(runs.begins.length);
  const left = marks.length - marks.reduce((sum, mark) => sum + mark, 0);
  const timesMs = new Float64Array(left);
  const values = new Float64Array(left);
  let at = 0;
  for (let row = 0; row < runs.ids.length; row++) {
    for (let i = runs.begins[row] ?? 0; i < (runs.begins[row + 1] ?? 0); i++) {
      if (marks[i] === 1) continue;
      timesMs[at] = runs.timesMs[i] ?? 0;
      values[at++] = runs.values[i] ?? 0;
    }
    begins[row + 1] = at;
    if (budget.work(at - (begins[row] ?? 0))) await budget.breathe();
  }
  return { ...runs, begins, timesMs, values };
}
