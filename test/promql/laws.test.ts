import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant, evaluateRange } from "../../promql/evaluate.ts";
import { formatLabels } from "../../promql/labels.ts";
import { ask, closeTo, given } from "./ask.ts";
import { LAW_QUERIES, notation } from "./law-queries.ts";

test.each(LAW_QUERIES)("a range query equals an instant query at each of its steps: %s", async (query) => {
  await fc.assert(
    fc.asyncProperty(
      notation,
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 7, max: 130 }),
      async (text, from, step) => {
        const source = given(text);
        // `@ start()` apart, the instants do not know of one another.
        const range = { from: epochMsOf(from * 1_000), to: epochMsOf((from + 9 * step) * 1_000), stepMs: step * 1_000 };
        const ranged = new Map<string, number>();
        for (const { labels, timesMs, values } of (await evaluateRange(query, range, { source })).series) {
          timesMs.forEach((at, i) => ranged.set(`${at} ${formatLabels(labels)}`, values[i] ?? Number.NaN));
        }
        const instants = new Map<string, number>();
        for (let at = from; at <= from + 9 * step; at += step) {
          const result = await evaluateInstant(query, epochMsOf(at * 1_000), { source });
          if (result.kind === "scalar") instants.set(`${result.at} {}`, result.value);
          if (result.kind !== "vector") continue;
          for (const { labels, value } of result.samples) instants.set(`${at * 1_000} ${formatLabels(labels)}`, value);
        }
        expect(sorted(ranged)).toEqual(sorted(instants));
      },
    ),
    { numRuns: 25 },
  );
});

function sorted(points: ReadonlyMap<string, number>) {
  return [...points].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Pairs of expressions that are the same thing said twice. */
const EQUALITIES: readonly (readonly [string, string])[] = [
  ["sum by (a, b) (m)", "m * 1"],
  ["sum(sum by (a) (m))", "sum(m)"],
  ["avg(m)", "sum(m) / count(m)"],
  ["sum without (a, b) (m)", "sum(m)"],
  ["min by (a) (m)", "-max by (a) (-m)"],
  ["max by (a) (topk by (a) (1, m))", "max by (a) (m)"],
  ["quantile by (a) (1, m)", "max by (a) (m)"],
  ["m and m", "m"],
  ["m or m", "m"],
  ["m unless m", "m < -1"],
  ["m - m", "m * 0"],
  ["rate(m[5m]) * 300", "increase(m[5m])"],
  ["sum_over_time(m[5m]) / count_over_time(m[5m])", "avg_over_time(m[5m])"],
  ["quantile_over_time(0, m[5m])", "min_over_time(m[5m])"],
  ["count_over_time(m[5m]) and m", "(count_over_time(m[5m]) * group by (a, b) (m)) and m"],
];

test.each(EQUALITIES)("%s is %s", async (left, right) => {
  await fc.assert(
    fc.asyncProperty(notation, fc.integer({ min: 0, max: 1_500 }), async (text, at) => {
      const source = given(text);
      expect(closeTo(await ask(source, left, at))).toEqual(closeTo(await ask(source, right, at)));
    }),
    { numRuns: 50 },
  );
});
