import type { EpochMs } from "../core/clock.ts";
import type { Labels, Series } from "../core/series.ts";
import { sortedInTurns } from "../core/sort-in-turns.ts";
import type { Evaluation, RangeVector } from "./evaluation.ts";
import { timesOf } from "./grid.ts";
import { labelsKey } from "./labels.ts";
import { nameAt, type Vector } from "./vector.ts";

// What an evaluation found, as whoever asked reads it: in memory that outlives the evaluation.

export interface InstantSample {
  readonly labels: Labels;
  readonly at: EpochMs;
  readonly value: number;
}

/** An object for each row is made; its labels are copied, or written as a key. */
const STEPS_PER_ROW = 100;

export async function samplesOf(
  { ids, names, values, present }: Vector,
  at: EpochMs,
  { table, budget }: Evaluation,
): Promise<readonly InstantSample[]> {
  const samples: InstantSample[] = [];
  for (let row = 0; row < ids.length; row++) {
    if (present[row] === 0) continue;
    samples.push({ labels: table.fullLabels(ids[row] ?? 0, nameAt(names, row)), at, value: values[row] ?? 0 });
    if (budget.work(STEPS_PER_ROW)) await budget.breathe();
  }
  return samples;
}

/** In the order of their labels. */
export async function seriesOf(
  { ids, names, count, values, present }: Vector,
  { grid, table, budget, memory }: Evaluation,
): Promise<readonly Series[]> {
  const allTimesMs = timesOf(grid);
  const kept = memory.kept(values);
  // Of series with gaps, in one array: V8 keeps a book of each buffer.
  const gappedTimesMs = new Float64Array(present.includes(0) ? present.length : 0);
  const keyed: { readonly series: Series; readonly key: string }[] = [];
  for (let row = 0; row < ids.length; row++) {
    if (budget.work(2 * STEPS_PER_ROW + count)) await budget.breathe();
    const begin = row * count;
    let end = begin;
    for (let step = 0; step < count; step++) {
      if (present[begin + step] === 0) continue;
      kept[end] = kept[begin + step] ?? 0;
      if (gappedTimesMs.length > 0) gappedTimesMs[end] = allTimesMs[step] ?? 0;
      end += 1;
    }
    if (end === begin) continue;
    const timesMs = end === begin + count ? allTimesMs : gappedTimesMs.subarray(begin, end);
    const labels = table.fullLabels(ids[row] ?? 0, nameAt(names, row));
    keyed.push({ series: { labels, timesMs, values: kept.subarray(begin, end) }, key: labelsKey(labels) });
  }
  const sorted = await sortedInTurns(keyed, (a, b) => (a.key < b.key ? -1 : 1), budget.pause);
  return sorted.map(({ series }) => series);
}

/** The samples of a range selector or subquery that is asked for by itself. */
export async function runsInRange(
  { runs, rangeMs, endsMs }: RangeVector,
  { table, budget }: Evaluation,
): Promise<readonly Series[]> {
  const endMs = endsMs[0] ?? 0;
  const series: Series[] = [];
  for (const { ids, names, begins, timesMs, values } of runs) {
    for (let row = 0; row < ids.length; row++) {
      let [begin, end] = [begins[row] ?? 0, begins[row + 1] ?? 0];
      if (budget.work(STEPS_PER_ROW + end - begin)) await budget.breathe();
      while (begin < end && (timesMs[begin] ?? 0) <= endMs - rangeMs) begin += 1;
      while (begin < end && (timesMs[end - 1] ?? 0) > endMs) end -= 1;
      if (begin === end) continue;
      const labels = table.fullLabels(ids[row] ?? 0, nameAt(names, row));
      series.push({ labels, timesMs: timesMs.slice(begin, end), values: values.slice(begin, end) });
    }
  }
  return series;
}
