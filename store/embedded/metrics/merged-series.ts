import type { Series } from "../../../core/series.ts";
import { labelsKey } from "../../labels-key.ts";
import type { ColumnSelection } from "./column-selection.ts";

/**
 * Two fields may come to one metric (`a_b` of `c`, and `a` of `b_c`), and lie in two tables. Where labels are equal they are one
 * series; of two samples with one time, the later table's counts.
 */
export function mergedSeries(series: readonly Series[], columns: readonly ColumnSelection[]): readonly Series[] {
  return haveOneMetricTwice(columns) ? mergedByLabels(series) : series;
}

export function mergedByLabels(series: readonly Series[]): readonly Series[] {
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

/** From array to array, value by value: a NaN keeps its bits, which may say that the series ended. */
function merged(left: Series, right: Series): Series {
  const timesMs = new Float64Array(left.timesMs.length + right.timesMs.length);
  const values = new Float64Array(timesMs.length);
  let count = 0;
  for (let [a, b] = [0, 0]; a < left.timesMs.length || b < right.timesMs.length; count++) {
    const atLeft = left.timesMs[a] ?? Number.POSITIVE_INFINITY;
    const atRight = right.timesMs[b] ?? Number.POSITIVE_INFINITY;
    timesMs[count] = Math.min(atLeft, atRight);
    values[count] = (atRight <= atLeft ? right.values[b] : left.values[a]) ?? Number.NaN;
    if (atLeft <= atRight) a++;
    if (atRight <= atLeft) b++;
  }
  return { labels: left.labels, timesMs: timesMs.subarray(0, count), values: values.subarray(0, count) };
}
