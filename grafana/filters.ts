import { SHOWN_METRICS, type Shown } from "./exported-metrics.ts";
import type { SeriesQuery, VariableSpec } from "./panel.ts";

/** Tags of every measurement, set by the agent and the collector. */
export const IDENTITY_TAGS = ["cluster", "host"] as const;

export function tagsOf(measurement: Shown): readonly string[] {
  return [...IDENTITY_TAGS, ...SHOWN_METRICS[measurement].tags];
}

/** The variables of a dashboard that a measurement can be narrowed by. */
export function variableTags(measurement: Shown, variables: readonly VariableSpec[]): readonly string[] {
  const tags = tagsOf(measurement);
  return variables.map(({ tag }) => tag).filter((tag) => tags.includes(tag));
}

/** The variables that narrow a query. */
export function chosenTags(query: SeriesQuery, variables: readonly VariableSpec[]): readonly string[] {
  const { measurement, per, regardless } = query;
  return variableTags(measurement, variables).filter(
    (tag) => (per === "host" || tag !== "host") && !regardless.includes(tag),
  );
}

/** What series of an answer are told apart by. */
export function groupTags({ per, by }: SeriesQuery): readonly string[] {
  return [...(per === "cluster" ? ["cluster"] : IDENTITY_TAGS), ...by];
}

/** What an entry of a top list is called by: the tags its legend names, and those that tell it apart on its host. */
export function topTags(query: SeriesQuery): readonly string[] {
  return groupTags(query).filter((tag) => query.by.includes(tag) || query.legend.includes(`{{${tag}}}`));
}
