import { METRIC_CATALOGUE, type Measurement } from "../core/metric-catalogue.ts";
import type { SeriesQuery, VariableSpec } from "./panel.ts";

/** Tags of every measurement, set by the agent and the collector. */
export const IDENTITY_TAGS = ["cluster", "host"] as const;

export function tagsOf(measurement: Measurement): readonly string[] {
  return [...IDENTITY_TAGS, ...METRIC_CATALOGUE[measurement].tags];
}

/** The variables of a dashboard that a measurement can be narrowed by. */
export function variableTags(measurement: Measurement, variables: readonly VariableSpec[]): readonly string[] {
  const tags = tagsOf(measurement);
  return variables.map(({ tag }) => tag).filter((tag) => tags.includes(tag));
}

/** What series of an answer are told apart by. */
export function groupTags(query: SeriesQuery): readonly string[] {
  return [...IDENTITY_TAGS, ...query.by];
}
