import type { Series } from "../../../core/series.ts";
import { labelsKey } from "../../labels-key.ts";
import type { ColumnSelection } from "./column-selection.ts";

/**
 * Two fields may come to one metric (`a_b` of `c`, and `a` of `b_c`), and lie in two tables. Where labels are equal they are one
 * series; of two samples with one time, the later table's counts.
 */
export function mergedSeries(series: readonly Series[], columns: readonly ColumnSelection[]): readonly Series[] {
  if (!haveOneMetricTwice(columns)) return series;
  const byLabels = new Map<string, Series[]>();
  for (const one of series) {
    const key = labelsKey(one.labels);
    const twins = byLabels.get(key);
    if (twins === undefined) byLabels.set(key, [one]);
    else twins.push(one);
  }
  return [...byLabels.values()].map((twins) => twins.reduce(merged));
}

/** As they nearly never do: to compare labels takes longer than to read them. */
export function haveOneMetricTwice(columns: readonly ColumnSelection[]): boolean {
  const seen = new Set<string>();
  for (const { groups } of columns) {
    for (const { metric } of groups) {
      if (seen.has(metric)) return true;
      seen.add(metric);
    }
  }
  return false;
}

function merged(left: Series, right: Series): Series {
  const samples = new Map<number, number>();
  for (const { timesMs, values } of [left, right]) {
    for (const [place, at] of timesMs.entries()) samples.set(at, values[place] ?? 0);
  }
  const times = Float64Array.from(samples.keys()).sort();
  return { labels: left.labels, timesMs: times, values: times.map((at) => samples.get(at) ?? 0) };
}
