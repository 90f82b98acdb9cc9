import type { AnnotationSpec } from "./annotations.ts";
import { chosenTags, groupTags, tagsOf, topTags, variableTags } from "./filters.ts";
import type { FieldTake, SeriesQuery, TagCondition, ValueSpec, VariableSpec } from "./panel.ts";

/**
 * InfluxQL as InfluxDB 1.x and 2.x (with a DBRP mapping) understand it; Grafana fills in `$timeFilter`, `$__interval` and
 * the variables. The inner query makes one value per series and interval, the outer one combines series. Every number is
 * written as a float: InfluxQL divides an integer field by an integer without its fraction.
 */
export function toInfluxql(query: SeriesQuery, variables: readonly VariableSpec[]): string {
  const { measurement, value, across, top } = query;
  const where = conditions(query, variables);
  const tags = tagsOf(measurement).map(identifier).join(", ");
  const of = value.kind === "ratio" ? value.denominator : undefined;
  const columns = [
    `${partsOf(value)} AS "v"`,
    ...(of === undefined ? [] : [`${of.map(take).join(" + ")} AS "of"`]),
  ].join(", ");
  const inner = `SELECT ${columns} FROM ${identifier(measurement)} WHERE ${where} GROUP BY time($__interval), ${tags} fill(none)`;
  // An interval may have the one without the other: the first has no rate yet.
  const positive = of === undefined ? "" : ' AND "of" > 0 AND "v" >= 0';
  const by = groupTags(query).map(identifier).join(", ");
  const outer = (interval: string) =>
    `SELECT ${combined(query, across)} AS "value" FROM (${inner}) WHERE $timeFilter${positive} GROUP BY ${interval}${by} fill(none)`;
  if (top === undefined) return outer("time($__interval), ");
  const ranked = `SELECT mean("value") AS "value" FROM (${outer("time($__interval), ")}) WHERE $timeFilter GROUP BY ${by}`;
  const names = topTags(query).map((tag) => `${identifier(tag)}, `);
  return `SELECT top("value", ${names.join("")}${top}) AS "value" FROM (${ranked}) WHERE $timeFilter`;
}

/** What is summed: of a share the parts only, since no InfluxQL divides by a sum over other series. */
function partsOf(value: ValueSpec): string {
  switch (value.kind) {
    case "field":
      return take(value.of);
    case "ratio":
      return take(value.numerator);
    case "share":
      return value.parts.map(take).join(" + ");
  }
}

function take({ field, take: how }: FieldTake): string {
  return how === "rate" ? `non_negative_derivative(last(${identifier(field)}), 1s)` : `${how}(${identifier(field)})`;
}

function combined({ value, scale }: SeriesQuery, across: SeriesQuery["across"]): string {
  const factor = Number.isInteger(scale) ? scale.toFixed(1) : String(scale);
  if (value.kind === "field") return `${factor} * ${across}("v")`;
  if (value.kind === "share") return `1.0 * ${across}("v")`;
  const ratio = `${factor} * ${across}("v") / ${across}("of")`;
  return value.complement ? `${factor} - ${ratio}` : ratio;
}

function conditions(query: SeriesQuery, variables: readonly VariableSpec[]): string {
  const chosen = chosenTags(query, variables).map(matchesVariable);
  return [...chosen, ...query.where.map(fixedCondition), "$timeFilter"].join(" AND ");
}

function matchesVariable(tag: string): string {
  return `${identifier(tag)} =~ /^$${tag}$/`;
}

function fixedCondition({ tag, op, value }: TagCondition): string {
  return `${identifier(tag)} ${op} '${value.replaceAll("'", "\\'")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '\\"')}"`;
}

/** The values of a variable, narrowed by those before it. */
export function influxqlVariable({ tag, measurement }: VariableSpec, before: readonly VariableSpec[]): string {
  const narrowed = variableTags(measurement, before).map(matchesVariable);
  const where = narrowed.length === 0 ? "" : ` WHERE ${narrowed.join(" AND ")}`;
  return `SHOW TAG VALUES FROM ${identifier(measurement)} WITH KEY = ${identifier(tag)}${where}`;
}

/** A row for each minute in which something happened, with the tags it is named by as columns. */
export function influxqlAnnotation(
  { measurement, moments, by, where }: AnnotationSpec,
  chosen: readonly string[],
): string {
  const counted = moments.map((field) => `sum(${identifier(field)}) AS ${identifier(field)}`).join(", ");
  const narrowed = [...chosen.map(matchesVariable), ...where.map(fixedCondition), "$timeFilter"].join(" AND ");
  const named = by.map(identifier).join(", ");
  const minutes = `SELECT ${counted} FROM ${identifier(measurement)} WHERE ${narrowed} GROUP BY time(1m), ${named} fill(none)`;
  const columns = [...moments, ...by].map(identifier).join(", ");
  const happened = moments.map((field) => `${identifier(field)} > 0`).join(" OR ");
  return `SELECT ${columns} FROM (${minutes}) WHERE (${happened}) AND $timeFilter`;
}

/** `{{interface}} in` as Grafana's InfluxDB data source writes it. */
export function influxqlAlias(legend: string): string {
  return legend.replace(/\{\{(\w+)\}\}/g, "$$tag_$1");
}
