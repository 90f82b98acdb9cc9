import type { Labels } from "../core/series.ts";
import type { InstantVector } from "./query-engine.ts";

/**
 * Tells whether some series of a result has at least the labels asked for. Series are indexed by each set of names that is asked
 * for, of which a rule has few: thousands of alerts may be compared with thousands of series, and nothing else runs meanwhile.
 */
export function seriesLookup(vector: InstantVector): (labels: Labels) => boolean {
  const byNames = new Map<string, ReadonlySet<string>>();
  return (labels) => {
    const names = Object.keys(labels).sort();
    const key = JSON.stringify(names);
    const known = byNames.get(key) ?? new Set(vector.map((series) => valuesOf(series.labels, names)));
    byNames.set(key, known);
    return known.has(valuesOf(labels, names));
  };
}

function valuesOf(labels: Labels, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => labels[name] ?? null));
}
