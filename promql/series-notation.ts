import type { EpochMs } from "../core/clock.ts";
import { epochMsOf } from "../core/clock.ts";
import type { Labels, Series } from "../core/series.ts";
import { invalidQuery } from "./invalid-query.ts";
import { parseNumber } from "./literals.ts";
import { parseQuery } from "./parse.ts";
import { markStale } from "./staleness.ts";

/** One value of a written series: a number, nothing at that moment, or the marker that the series ended. */
export type NotedValue = number | "missing" | "stale";

export interface SeriesTiming {
  /** When the first value is. */
  readonly from: EpochMs;
  readonly intervalMs: number;
}

const MAX_VALUES = 1_000_000;

/**
 * Values as promtool's rule tests write them: `1 2 3`, `0+10x5` (0, 10, … 50: five more after the first), `7x3` (7 four
 * times), `_` and `_x3` (missing), `stale`. Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
 * Errors: `promql.invalid`, its place counted in `text`.
 */
export function parseSeriesValues(text: string): readonly NotedValue[] {
  const values: NotedValue[] = [];
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const span = { from: index, to: index + word.length };
    const run = parseRun(word);
    if (run === undefined) throw invalidQuery(text, span, `cannot read ${JSON.stringify(word)}`, VALUES_HINT);
    if (values.length + run.count > MAX_VALUES) throw invalidQuery(text, span, `more than ${MAX_VALUES} values`);
    for (let i = 0; i < run.count; i++) values.push(run.at(i));
  }
  return values;
}

const VALUES_HINT = "write values such as: 1 2.5 0+10x5 100-5x3 7x2 _ _x3 stale NaN";
const NUMBER = String.raw`[+-]?(?:\d[\d_]*\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|nan)`;
const RUN = new RegExp(`^(${NUMBER})(?:([+-])(${NUMBER}))?(?:x(\\d+))?$`, "i");

function parseRun(word: string): { readonly count: number; at(i: number): NotedValue } | undefined {
  if (word === "stale") return { count: 1, at: () => "stale" };
  const missing = /^_(?:x(\d+))?$/.exec(word);
  if (missing !== null) return { count: Number(missing[1] ?? 1), at: () => "missing" };
  const match = RUN.exec(word);
  const start = signed(match?.[1]);
  if (match === null || start === undefined) return undefined;
  const [, , sign, stepText, times] = match;
  if (stepText !== undefined && times === undefined) return undefined;
  const step = (signed(stepText) ?? 0) * (sign === "-" ? -1 : 1);
  return { count: times === undefined ? 1 : Number(times) + 1, at: (i) => (step === 0 ? start : start + step * i) };
}

function signed(text: string | undefined): number | undefined {
  const value = parseNumber(text?.replace(/^[+-]/, "") ?? "");
  return value !== undefined && text?.startsWith("-") ? -value : value;
}

/** `metric{a="b"}` as labels. Errors: `promql.invalid`. */
export function parseSeriesLabels(text: string): Labels {
  const expr = parseQuery(text);
  if (expr.kind !== "selector") throw invalidQuery(text, expr.span, "not a series", LABELS_HINT);
  const labels: Record<string, string> = {};
  for (const matcher of expr.matchers) {
    if (matcher.kind !== "=")
      throw invalidQuery(text, expr.span, `${matcher.kind} does not name a series`, LABELS_HINT);
    if (matcher.value !== "") labels[matcher.name] = matcher.value;
  }
  return labels;
}

const LABELS_HINT = 'write a series such as: net_if_rx_bytes{host="c-1", interface="eth0"}';

/** The samples of a written series. */
export function notedSeries(labels: Labels, values: readonly NotedValue[], timing: SeriesTiming): Series {
  const kept = values.flatMap((value, i) =>
    value === "missing" ? [] : [{ value, at: timing.from + i * timing.intervalMs }],
  );
  const series: Series = {
    labels,
    timesMs: Float64Array.from(kept, ({ at }) => at),
    values: Float64Array.from(kept, ({ value }) => (value === "stale" ? Number.NaN : value)),
  };
  kept.forEach(({ value }, i) => {
    if (value === "stale") markStale(series.values, i);
  });
  return series;
}

/**
 * Several series, one a line: `metric{a="b"} 0+10x5`. Empty lines and lines beginning with `#` do not count.
 * Errors: `promql.invalid`.
 */
export function parseSeriesNotation(
  text: string,
  timing: SeriesTiming = { from: epochMsOf(0), intervalMs: 60_000 },
): readonly Series[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, description, values] = /^([^{\s]*\s*(?:\{(?:"(?:\\.|[^"\\])*"|[^"}])*\})?)\s*(.*)$/.exec(line) ?? [];
      return notedSeries(parseSeriesLabels(description?.trim() ?? line), parseSeriesValues(values ?? ""), timing);
    });
}
