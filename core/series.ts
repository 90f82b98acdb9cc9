/** Label name → value. The metric's name is the label `__name__`. */
export type Labels = { readonly [name: string]: string };

export const METRIC_NAME = "__name__";

/** One series' samples in ascending, distinct times. `timesMs[i]` belongs to `values[i]`. */
export interface Series {
  readonly labels: Labels;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

export type LabelMatcher =
  | { readonly kind: "=" | "!="; readonly name: string; readonly value: string }
  /** Anchored at both ends, as in Prometheus. */
  | { readonly kind: "=~" | "!~"; readonly name: string; readonly pattern: RegExp };

export function matches(matcher: LabelMatcher, value: string): boolean {
  switch (matcher.kind) {
    case "=":
      return value === matcher.value;
    case "!=":
      return value !== matcher.value;
    case "=~":
      return matcher.pattern.test(value);
    case "!~":
      return !matcher.pattern.test(value);
  }
}

/** Whether a label set satisfies all matchers; an absent label has the empty value, as in Prometheus. */
export function matchesAll(labels: Labels, matchers: readonly LabelMatcher[]): boolean {
  // Not by `labels[name]` alone: every object has a `constructor`.
  return matchers.every((matcher) =>
    matches(matcher, Object.hasOwn(labels, matcher.name) ? (labels[matcher.name] ?? "") : ""),
  );
}

/** Equal for matchers that match the same. */
export function matchersKey(matchers: readonly LabelMatcher[]): string {
  return JSON.stringify(
    matchers.map((matcher) => {
      const { kind, name } = matcher;
      return "pattern" in matcher
        ? [kind, name, matcher.pattern.source, matcher.pattern.flags]
        : [kind, name, matcher.value];
    }),
  );
}

/** PromQL name of a field: `measurement_field`; a field called `value` adds nothing. */
export function promqlName(measurement: string, field: string): string {
  return field === "value" ? measurement : `${measurement}_${field}`;
}
