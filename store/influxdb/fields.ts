import { type LabelMatcher, METRIC_NAME, matchesAll, promqlName } from "../../core/series.ts";
import type { FieldColumn } from "./influxql.ts";

/**
 * The measurements that may hold a metric matchers ask for; undefined when any may: a field `b_c` of `a` and a field `c`
 * of `a_b` are one metric.
 */
export function measurementsFor(matchers: readonly LabelMatcher[]): readonly string[] | undefined {
  for (const matcher of matchers) {
    if (matcher.name !== METRIC_NAME || matcher.kind !== "=") continue;
    const { value } = matcher;
    const names = [value];
    for (let end = value.indexOf("_"); end >= 0; end = value.indexOf("_", end + 1)) names.push(value.slice(0, end));
    return names.filter((name) => name !== "");
  }
  return undefined;
}

export interface WantedColumn extends FieldColumn {
  readonly metric: string;
}

/** Those of the fields whose metric the matchers ask for; texts are no samples. A field may have had several types. */
export function wantedColumns(
  fields: readonly (FieldColumn & { readonly type: string })[],
  matchers: readonly LabelMatcher[],
): readonly WantedColumn[] {
  const byName = matchers.filter(({ name }) => name === METRIC_NAME);
  const found = new Map<string, WantedColumn>();
  for (const { measurement, field, type } of fields) {
    const metric = promqlName(measurement, field);
    if (type === "string" || !matchesAll({ [METRIC_NAME]: metric }, byName)) continue;
    found.set(JSON.stringify([measurement, field]), { measurement, field, metric });
  }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, column]) => column);
}
