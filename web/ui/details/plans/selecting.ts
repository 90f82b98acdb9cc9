/** Rates look back this far: several samples of an agent that sends every ten seconds. */
export const OFTEN = "1m";
/** What an agent reads every half minute, or in turns. */
export const SELDOM = "3m";
/** What an agent reads once a minute. */
export const EACH_MINUTE = "5m";

/** A value of each label; undefined ones are left out, empty ones match the label's absence. */
export type Wanted = { readonly [label: string]: string | undefined };

/** Writes PromQL about the series with these labels. */
export interface Selecting {
  /** `net_if_rx_bytes{host="a",netns=""}`; `others` are matchers of another sort: `cpu!="all"`. */
  of(metric: string, more?: Wanted, ...others: readonly string[]): string;
  /** Per second, summed; `by` keeps labels apart. */
  rate(metric: string, options?: RateOptions): string;
  /** Summed as they stand. */
  sum(metric: string): string;
  /** A selector for each of these metrics. */
  any(...metrics: readonly string[]): readonly string[];
}

export interface RateOptions {
  readonly by?: readonly string[];
  readonly over?: string;
  readonly more?: Wanted;
  /** As `of` takes them. */
  readonly others?: readonly string[];
}

export function selecting(labels: Wanted): Selecting {
  const of: Selecting["of"] = (metric, more = {}, ...others) =>
    `${metric}{${[...matchers({ ...labels, ...more }), ...others].join(",")}}`;
  return {
    of,
    rate: (metric, { by = [], over = OFTEN, more = {}, others = [] } = {}) =>
      `sum${by.length === 0 ? "" : ` by (${by.join(", ")}) `}(rate(${of(metric, more, ...others)}[${over}]))`,
    sum: (metric) => `sum(${of(metric)})`,
    any: (...metrics) => metrics.map((metric) => of(metric)),
  };
}

function matchers(labels: Wanted): readonly string[] {
  return Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${JSON.stringify(value)}`],
  );
}
