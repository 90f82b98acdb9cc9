import { type LabelMatcher, METRIC_NAME, type Series } from "../core/series.ts";
import type { SeriesBlock } from "../core/series-block.ts";
import type { Budget } from "./budget.ts";
import type { SampleRuns } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import type { LabelTable } from "./label-table.ts";
import { labelsKey } from "./labels.ts";
import type { BlockSelection, SeriesSource } from "./source.ts";
import { staleMarks } from "./staleness.ts";

export interface RunsContext {
  readonly source: SeriesSource;
  readonly budget: Budget;
  readonly table: LabelTable;
  readonly maxSeries: number;
  readonly warn: ((message: string) => void) | undefined;
}

/**
 * What a source answers, with labels of the table. Series come in the order of their labels, or in the order of a source that
 * has blocks, so that answers do not depend on how they were found.
 * Errors: `promql.failed` for too many series or samples; what the source throws.
 */
export async function readRuns(
  selection: Omit<BlockSelection, "signal" | "warn">,
  { source, budget, table, maxSeries, warn }: RunsContext,
): Promise<readonly SampleRuns[]> {
  const { signal } = budget;
  if (source.selectBlocks !== undefined) {
    const blocks = await source.selectBlocks({ ...selection, signal, warn });
    admit(blocks, { budget, maxSeries, matchers: selection.matchers });
    await budget.breathe();
    return blocks.map((block) => ofBlock(block, table));
  }
  const { matchers, from, to } = selection;
  const series = await source.select({ matchers, from, to, signal, warn });
  const runs = series.map((one) => ofSeries(one, table));
  admit(runs, { budget, maxSeries, matchers });
  await budget.breathe();
  const keyed = runs.map((run, i) => ({ run, key: labelsKey(series[i]?.labels ?? {}) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ run }) => run);
}

function admit(
  runs: readonly Pick<SampleRuns, "ids" | "values">[],
  {
    budget,
    maxSeries,
  }: { readonly budget: Budget; readonly maxSeries: number; readonly matchers: readonly LabelMatcher[] },
): void {
  let series = 0;
  let samples = 0;
  for (const { ids, values } of runs) {
    series += ids.length;
    samples += values.length;
  }
  if (series > maxSeries) {
    throw failedQuery(
      `a selector of the query matches ${series} series, more than ${maxSeries}`,
      "select fewer series with more matchers",
    );
  }
  budget.hold(samples);
}

function ofBlock({ ids, space, names, begins, timesMs, values }: SeriesBlock, table: LabelTable): SampleRuns {
  return { ids: table.internAll(ids, space, (id) => space.labelsOf(id)), names, begins, timesMs, values };
}

function ofSeries({ labels, timesMs, values }: Series, table: LabelTable): SampleRuns {
  const ids = Int32Array.of(table.intern(labels));
  return { ids, names: labels[METRIC_NAME] ?? "", begins: Uint32Array.of(0, values.length), timesMs, values };
}

export function withoutStale(runs: SampleRuns): SampleRuns {
  const marks = staleMarks(runs.values);
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
  }
  return { ...runs, begins, timesMs, values };
}
