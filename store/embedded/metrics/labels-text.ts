import type { Labels } from "../../../core/series.ts";

/** Labels as they are stored. */
export function labelsText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels));
}

/** The labels `labelsText` wrote. */
export function parseLabelsText(text: string): Labels {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error("labels are a list of pairs");
  return Object.fromEntries(entries.map(([name, value]) => [String(name), String(value)]));
}
