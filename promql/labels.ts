import { type Labels, METRIC_NAME } from "../core/series.ts";

/** Label sets are equal when their keys are. Names come in code-point order, as Prometheus sorts them. */
export function labelsKey(labels: Labels): string {
  let key = "";
  for (const name of Object.keys(labels).sort()) key += `${name}\xff${labels[name]}\xfe`;
  return key;
}

export function withoutName(labels: Labels): Labels {
  return METRIC_NAME in labels ? omitLabels(labels, [METRIC_NAME]) : labels;
}

export function omitLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) if (!names.includes(name)) kept[name] = value;
  return kept;
}

/** Only the labels named; those a series lacks stay absent. */
export function pickLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** An empty value is no label. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  return value === "" ? omitLabels(labels, [name]) : { ...labels, [name]: value };
}

/** `metric{a="b"}`, as Prometheus prints series. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .filter((name) => name !== METRIC_NAME)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return pairs.length === 0 ? (labels[METRIC_NAME] ?? "{}") : `${labels[METRIC_NAME] ?? ""}{${pairs.join(", ")}}`;
}
