import { promqlName } from "../core/series.ts";
import type { AnnotationSpec } from "./annotations.ts";
import { chosenTags, groupTags, variableTags } from "./filters.ts";
import type { FieldTake, SeriesQuery, TagCondition, ValueSpec, VariableSpec } from "./panel.ts";

/** PromQL for our own API; Grafana fills in `$__interval`, `$__rate_interval`, `$__range` and the variables. */
export function toPromql(query: SeriesQuery, variables: readonly VariableSpec[]): string {
  const { measurement, value, scale, top } = query;
  const selector = `{${conditions(query, variables)}}`;
  const combined = (of: FieldTake) => {
    const name = promqlName(measurement, of.field);
    return `${AGGREGATIONS[query.across]} by (${groupTags(query).join(", ")}) (${taken(of, name + selector, top)})`;
  };
  let expr = combinedValue(value, combined);
  if (scale !== 1) expr = `${scale} * ${expr}`;
  if (value.kind === "ratio" && value.complement) expr = `${scale} - ${expr}`;
  return top === undefined ? expr : `topk(${top}, ${expr})`;
}

function combinedValue(value: ValueSpec, combined: (of: FieldTake) => string): string {
  switch (value.kind) {
    case "field":
      return combined(value.of);
    case "ratio": {
      const whole = value.denominator.map(combined).join(" + ");
      return `${combined(value.numerator)} / (${value.denominator.length > 1 ? `(${whole})` : whole} > 0)`;
    }
    case "share": {
      // As `networkNodeShare` of core/metrics does.
      const parts = `(${value.parts.map(combined).join(" + ")})`;
      return `${parts} / on (cluster) group_left () sum by (cluster) ${parts}`;
    }
  }
}

const AGGREGATIONS = { sum: "sum", mean: "avg", max: "max", min: "min" } as const;

function taken({ take }: FieldTake, series: string, top: number | undefined): string {
  const interval = top === undefined ? "$__interval" : "$__range";
  switch (take) {
    case "rate":
      return `rate(${series}[${top === undefined ? "$__rate_interval" : "$__range"}])`;
    case "mean":
      return `avg_over_time(${series}[${interval}])`;
    case "last":
      return `last_over_time(${series}[${interval}])`;
    case "sum":
      return `sum_over_time(${series}[${interval}])`;
    case "max":
      return `max_over_time(${series}[${interval}])`;
  }
}

function conditions(query: SeriesQuery, variables: readonly VariableSpec[]): string {
  return [...chosenTags(query, variables).map(matchesVariable), ...query.where.map(fixedCondition)].join(", ");
}

function matchesVariable(tag: string): string {
  return `${tag}=~"$${tag}"`;
}

function fixedCondition({ tag, op, value }: TagCondition): string {
  return `${tag}${op}${JSON.stringify(value)}`;
}

/** Of an annotation: what it counts is counted over as much. */
export const ANNOTATION_STEP = "1m";

/** Above 0 where something happened in the minute before; Grafana makes one mark of steps that follow one another. */
export function promqlAnnotation({ measurement, spans, by, where }: AnnotationSpec, chosen: readonly string[]): string {
  const selector = `{${[...chosen.map(matchesVariable), ...where.map(fixedCondition)].join(", ")}}`;
  const counted = spans.map(
    (field) =>
      `sum by (${by.join(", ")}) (sum_over_time(${promqlName(measurement, field)}${selector}[${ANNOTATION_STEP}]))`,
  );
  return `${counted.length > 1 ? `(${counted.join(" + ")})` : counted[0]} > 0`;
}

/** The values of a variable, narrowed by those before it. */
export function promqlVariable({ tag, measurement, field }: VariableSpec, before: readonly VariableSpec[]): string {
  const narrowed = variableTags(measurement, before).map(matchesVariable);
  const name = promqlName(measurement, field);
  return `label_values(${narrowed.length === 0 ? name : `${name}{${narrowed.join(", ")}}`}, ${tag})`;
}
