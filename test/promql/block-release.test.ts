import fc from "fast-check";
import { expect, test } from "vitest";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant, evaluateRange, giveBackResult, type InstantResult } from "../../promql/evaluate.ts";
import { formatLabels } from "../../promql/labels.ts";
import { SharedReads } from "../../promql/shared-reads.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { given } from "./ask.ts";
import { BlockSource } from "./block-source.ts";
import { LAW_QUERIES, notation } from "./law-queries.ts";

const AT = epochMsOf(600_000);
const RANGE = { from: epochMsOf(0), to: AT, stepMs: 20_000 };
const sourceOf = (text: string) => new BlockSource(given(text), true);
const TEN = Array.from({ length: 10 }, (_, i) => `m{i="${i}"} 0+${i}x20\nn{i="${i}"} 1+${i}x20`).join("\n");

function told(result: InstantResult) {
  if (result.kind === "vector") return result.samples.map(({ labels, value }) => [formatLabels(labels), value]);
  if (result.kind !== "matrix") return result;
  return result.series.map(({ labels, timesMs, values }) => [formatLabels(labels), [...timesMs], [...values]]);
}

test.each(["m[5m]", "m[5m:30s]", "rate(m[5m])[5m:30s]"])("the samples of %s are the answer's own", async (query) => {
  const [store, source] = [given(TEN), sourceOf(TEN)];
  const answer = await evaluateInstant(query, AT, { source });
  expect(source.inUse.size).toBe(0);
  expect(told(answer)).toEqual(told(await evaluateInstant(query, AT, { source: store })));
});

test("an answer may be given back when it has been read, and another query is not touched by that", async () => {
  const source = sourceOf(TEN);
  for (const query of ["m", "m > 20", "rate(m[5m])", "sum(m)"]) {
    const [first, second] = [
      await evaluateRange(query, RANGE, { source }),
      await evaluateRange(query, RANGE, { source }),
    ];
    const before = told(second);
    giveBackResult(first);
    expect(first.series.map(({ values }) => values.length)).toEqual(first.series.map(() => 0));
    expect(told(second)).toEqual(before);
  }
});

/** So many that every array of theirs lies outside V8's heap; each third of one metric begins late. */
const FORTY = Array.from(
  { length: 40 },
  (_, i) => `m{a="${i % 3}",b="${i}"} 0+${i}x20\nn{a="${i % 3}",b="${i}"} ${i % 3 === 0 ? "_x6 " : ""}1+${i}x10`,
).join("\n");
const MANY_QUERIES = [
  ...LAW_QUERIES,
  "m + on (b) n",
  "rate(m[5m]) / on (b) n",
  'last_over_time({__name__=~"m|n"}[5m])',
  "m",
];

test.each(MANY_QUERIES)(
  "nothing of %s lies in memory that was given back, nor is it changed for the next",
  async (query) => {
    const [store, source] = [given(FORTY), sourceOf(FORTY)];
    const outcome = async (asked: Promise<InstantResult>) => asked.then(told, (error: Error) => error.message);
    const shared = new SharedReads(source);
    for (let time = 0; time < 2; time++) {
      const alone = await outcome(evaluateRange(query, RANGE, { source: store }));
      expect(await outcome(evaluateRange(query, RANGE, { source }))).toEqual(alone);
      expect(await outcome(evaluateRange(query, RANGE, { source, shared }))).toEqual(alone);
      expect(await outcome(evaluateRange("m", RANGE, { source, shared }))).toEqual(
        await outcome(evaluateRange("m", RANGE, { source: store })),
      );
    }
  },
);

test("a query that fails or is not wanted any more has given back what it read", async () => {
  const failing = [
    "m * on () n",
    "quantile_over_time(0.5, m[5m]) + on () n",
    "sum(m) + topk(NaN, n) + sum(rate(m[5m]))",
  ];
  for (const query of failing) {
    const source = sourceOf(TEN);
    await expect(evaluateRange(query, RANGE, { source })).rejects.toMatchObject({ code: "promql.failed" });
    expect(source.inUse.size).toBe(0);
  }
  const source = sourceOf(TEN);
  for (const limits of [{ maxSamples: 50 }, { maxSeries: 5 }]) {
    await expect(evaluateRange("sum(rate(m[5m]))", RANGE, { source, limits })).rejects.toMatchObject({ status: 422 });
  }
  const stop = new AbortController();
  const reason = new Error("gone");
  const stopping: SeriesSource = {
    select: (selection) => source.select(selection),
    selectBlocks: async (selection) => {
      const blocks = await source.selectBlocks(selection);
      stop.abort(reason);
      return blocks;
    },
  };
  await expect(evaluateRange("rate(m[5m])", RANGE, { source: stopping, signal: stop.signal })).rejects.toBe(reason);
  expect(source.inUse.size).toBe(0);
});

test("values read once for many are copied at once; samples are kept until nobody will ask for them", async () => {
  const source = sourceOf(TEN);
  const shared = new SharedReads(source);
  const sum = async (query: string) => told(await evaluateInstant(query, AT, { source, shared }));
  expect(await sum("sum(m)")).toEqual([["{}", 450]]);
  expect(source.inUse.size).toBe(0);
  expect(await sum("sum(delta(m[5m]))")).toEqual([["{}", 225]]);
  expect(source.inUse.size).toBe(1);
  expect(await sum("sum(delta(m[5m])) + sum(delta(m[5m] offset 1m))")).toEqual([["{}", 450]]);
  expect(source.inUse.size).toBe(2);
  shared.end();
  await Promise.resolve();
  expect(source.inUse.size).toBe(0);
  expect(await sum("sum(delta(m[5m])) + sum(m)")).toEqual([["{}", 675]]);
  expect(source.inUse.size).toBe(0);
});

test("what a query reads is not given back under it, even if its instant has ended meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      notation,
      fc.subarray([...LAW_QUERIES], { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 0, max: 12 }),
      async (text, queries, ticks) => {
        const [store, source] = [given(text), sourceOf(text)];
        const shared = new SharedReads(source);
        const asked = queries.map((query) => evaluateInstant(query, AT, { source, shared }));
        for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
        shared.end();
        const answers = (await Promise.all(asked)).map(told);
        const alone = queries.map((query) => evaluateInstant(query, AT, { source: store }));
        expect(answers).toEqual((await Promise.all(alone)).map(told));
        await Promise.resolve();
        expect(source.inUse.size).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test("rules of two instants that take turns keep what they read, those of a third give back the first's", async () => {
  const source = sourceOf(TEN);
  const engine = createPromqlEngine(source);
  const { signal } = new AbortController();
  const held = [];
  for (const second of [400, 410, 400, 410, 420, 430]) {
    expect(await engine.instant("sum(rate(m[5m])) > 0", epochMsOf(second * 1_000), signal)).toHaveLength(1);
    held.push(source.inUse.size);
  }
  expect(held).toEqual([1, 2, 2, 2, 2, 2]);
});
