import { type Labels, METRIC_NAME, promqlName } from "../../core/series.ts";
import type { Sample } from "../../store/metric-store.ts";
import type { Field, ParsedLine, SeriesKey } from "../line-protocol/line.ts";

/** Labels of series, the same object for the same series while its key is cached: stores look them up by it. */
export class LabelCache {
  readonly #byCluster = new Map<string, WeakMap<SeriesKey, Map<string, Labels>>>();

  labelsOf(series: SeriesKey, field: string, cluster: string): Labels {
    let byKey = this.#byCluster.get(cluster);
    if (byKey === undefined) {
      byKey = new WeakMap();
      this.#byCluster.set(cluster, byKey);
    }
    let byField = byKey.get(series);
    if (byField === undefined) {
      byField = new Map();
      byKey.set(series, byField);
    }
    let labels = byField.get(field);
    if (labels === undefined) {
      labels = createLabels(series, field, cluster);
      byField.set(field, labels);
    }
    return labels;
  }
}

/** By entries, since a tag may be called `__proto__`. A cluster the line names itself stands. */
function createLabels({ measurement, tags }: SeriesKey, field: string, cluster: string): Labels {
  return Object.fromEntries([
    ["cluster", cluster],
    ...tags.map(({ key, value }) => [key, value]),
    [METRIC_NAME, promqlName(measurement, field)],
  ]);
}

/** Adds the numeric samples of a line; text has no place in a series. */
export function addSamples(line: ParsedLine, cluster: string, cache: LabelCache, samples: Sample[]): void {
  for (const field of line.fields) {
    const value = numberOf(field);
    if (value === undefined) continue;
    samples.push({ labels: cache.labelsOf(line.series, field.key, cluster), at: line.at, value });
  }
}

function numberOf(field: Field): number | undefined {
  switch (field.kind) {
    case "float":
    case "int":
    case "uint":
      return field.value;
    case "boolean":
      return field.value ? 1 : 0;
    case "string":
      return undefined;
  }
}
