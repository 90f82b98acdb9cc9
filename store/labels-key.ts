import type { Labels } from "../core/series.ts";

/** Label sets are equal when their keys are. */
export function labelsKey(labels: Labels): string {
  let key = "";
  for (const name of Object.keys(labels).sort()) key += `${name}\xff${labels[name]}\xfe`;
  return key;
}
