import { setImmediate } from "node:timers/promises";
import { type Labels, METRIC_NAME, type Series } from "../core/series.ts";
import { type LabelSpace, releasable, type SeriesBlock } from "../core/series-block.ts";
import { type Pause, sortedInTurns } from "../core/sort-in-turns.ts";
import { labelsKey } from "./labels-key.ts";

/** Series that are compared before others get their turn: some milliseconds. */
const SLICE = 1_000;

/** Of series that two stores have, one of the samples of both. */
export async function mergedSeries(recent: readonly Series[], old: readonly Series[]): Promise<readonly Series[]> {
  const byLabels = new Map<string, Series>();
  for (const [i, series] of old.entries()) {
    if (i % SLICE === SLICE - 1) await setImmediate();
    byLabels.set(labelsKey(series.labels), series);
  }
  const merged: Series[] = [];
  for (const [i, series] of recent.entries()) {
    if (i % SLICE === SLICE - 1) await setImmediate();
    const key = labelsKey(series.labels);
    const older = byLabels.get(key);
    byLabels.delete(key);
    merged.push(older === undefined ? series : mergedSamples(series, older));
  }
  for (const series of byLabels.values()) merged.push(series);
  return merged;
}

/** Both in ascending, distinct times; of two samples with one time the head's. */
function mergedSamples(recent: Series, old: Series): Series {
  const timesMs = new Float64Array(recent.timesMs.length + old.timesMs.length);
  const values = new Float64Array(timesMs.length);
  let count = 0;
  for (let [a, b] = [0, 0]; a < recent.timesMs.length || b < old.timesMs.length; count++) {
    const atRecent = recent.timesMs[a] ?? Number.POSITIVE_INFINITY;
    const atOld = old.timesMs[b] ?? Number.POSITIVE_INFINITY;
    timesMs[count] = Math.min(atRecent, atOld);
    values[count] = (atRecent <= atOld ? recent.values[a] : old.values[b]) ?? Number.NaN;
    if (atRecent <= atOld) a++;
    if (atOld <= atRecent) b++;
  }
  return { labels: recent.labels, timesMs: timesMs.subarray(0, count), values: values.subarray(0, count) };
}

/**
 * A block for each metric, in the order of the series' labels. Ids are those of this answer alone, so that labels are kept as
 * long as it is.
 */
export async function blocksOf(all: readonly Series[]): Promise<readonly SeriesBlock[]> {
  const byMetric = new Map<string, { readonly series: Series; readonly key: string }[]>();
  for (const [i, series] of all.entries()) {
    if (i % SLICE === SLICE - 1) await setImmediate();
    const name = series.labels[METRIC_NAME] ?? "";
    const members = byMetric.get(name) ?? [];
    byMetric.set(name, members);
    members.push({ series, key: labelsKey(series.labels) });
  }
  const labels: Labels[] = [];
  const space: LabelSpace = { labelsOf: (id) => labels[id] ?? {} };
  const blocks: SeriesBlock[] = [];
  for (const [name, members] of [...byMetric].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sorted = (await sortedInTurns(members, (a, b) => (a.key < b.key ? -1 : 1), pauses())).map(
      ({ series }) => series,
    );
    const first = labels.length;
    for (const { labels: of } of sorted) labels.push(withoutName(of));
    blocks.push(releasable({ names: name, space, ...samplesOf(sorted, first) }));
    await setImmediate();
  }
  return blocks;
}

/** Every so many comparisons of texts, which take about a millisecond. */
const COMPARISONS = 10_000;

function pauses(): Pause {
  let left = COMPARISONS;
  return (comparisons) => {
    left -= comparisons;
    if (left > 0) return undefined;
    left = COMPARISONS;
    return setImmediate();
  };
}

function samplesOf(all: readonly Series[], firstId: number): Omit<SeriesBlock, "names" | "space" | "release"> {
  const begins = new Uint32Array(all.length + 1);
  for (const [place, { values }] of all.entries()) begins[place + 1] = (begins[place] ?? 0) + values.length;
  const length = begins.at(-1) ?? 0;
  const samples = { timesMs: new Float64Array(length), values: new Float64Array(length) };
  for (const [place, { timesMs, values }] of all.entries()) {
    samples.timesMs.set(timesMs, begins[place]);
    samples.values.set(values, begins[place]);
  }
  return { ids: Int32Array.from(all, (_, place) => firstId + place), begins, ...samples };
}

function withoutName({ [METRIC_NAME]: _, ...labels }: Labels): Labels {
  return labels;
}
