import type { Point } from "../../core/line-protocol.ts";
import { AGENT_METRICS, type MeasurementSpec } from "../../core/metric-catalogue.ts";

const CATALOGUE: { readonly [measurement: string]: MeasurementSpec } = AGENT_METRICS;

type Words = {
  readonly [measurement: string]: { readonly fields: readonly string[]; readonly tags: readonly string[] };
};

/** Fields and tags that these points use, by measurement, sorted. */
export function wordsOf(points: readonly Point[]): Words {
  const written = new Map<string, { readonly fields: Set<string>; readonly tags: Set<string> }>();
  for (const { measurement, fields, tags } of points) {
    const entry = written.get(measurement) ?? { fields: new Set(), tags: new Set() };
    written.set(measurement, entry);
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) entry.fields.add(name);
    for (const name of Object.keys(tags)) entry.tags.add(name);
  }
  return Object.fromEntries(
    [...written].map(([name, { fields, tags }]) => [name, { fields: sorted(fields), tags: sorted(tags) }]),
  );
}

/** What the catalogue says of some measurements: what a source that has everything writes, no more and no less. */
export function cataloguedWords(measurements: readonly string[]): Words {
  return Object.fromEntries(
    measurements.map((name) => {
      const spec = CATALOGUE[name];
      return [name, { fields: sorted(Object.keys(spec?.fields ?? {})), tags: sorted(spec?.tags ?? []) }];
    }),
  );
}

/** What a line of line protocol has that the catalogue does not; undefined when there is nothing. */
export function uncataloguedPartOf(line: string): string | undefined {
  const [key = "", fields = ""] = line.split(/(?<!\\) /);
  const [measurement = "", ...tags] = key.split(/(?<!\\),/);
  const spec = CATALOGUE[measurement];
  if (spec === undefined) return `measurement ${measurement}`;
  const known = new Set(["host", "cluster", ...spec.tags]);
  const names = (pairs: readonly string[]) => pairs.map((pair) => pair.slice(0, pair.indexOf("=")));
  const tag = names(tags).find((name) => !known.has(name));
  if (tag !== undefined) return `tag ${tag} of ${measurement}`;
  const field = names(fields.split(",")).find((name) => !(name in spec.fields));
  return field === undefined ? undefined : `field ${field} of ${measurement}`;
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].toSorted();
