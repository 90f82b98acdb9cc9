import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { ask, given } from "./ask.ts";
import { BlockSource } from "./block-source.ts";
import { LAW_QUERIES, notation } from "./law-queries.ts";
import { told } from "./told.ts";

const QUERIES = [
  ...LAW_QUERIES,
  '{__name__=~"m|n"}',
  'sum by (__name__) ({__name__=~"m|n"})',
  'rate({__name__="m"}[5m]) or rate(n[5m])',
  "m / on (a, b) n",
  "last_over_time(m[5m:30s])",
  "absent_over_time(m[5m])",
];

test.each(QUERIES)("a source with blocks is answered as one with series: %s", async (query) => {
  await fc.assert(
    fc.asyncProperty(notation, fc.integer({ min: 0, max: 600_000 }), fc.boolean(), async (text, atMs, perMetric) => {
      const store = given(`${text}\n${text.replaceAll("m{", "n{")}`);
      const source = new BlockSource(store, perMetric);
      expect(await told(source, query, atMs)).toEqual(await told(store, query, atMs));
      expect(source.inUse.size).toBe(0);
    }),
    { numRuns: 15 },
  );
});

test("labels of a series are asked for once, however many queries meet it", async () => {
  const source = new BlockSource(given('m{a="1"} 1\nm{a="2"} 2\nn{a="2"} 3'), true);
  for (const query of ["m", "sum by (a) (m)", "m * on (a) n", "n"]) {
    await evaluateInstant(query, epochMsOf(0), { source });
  }
  expect(source.asked.toSorted()).toEqual([0, 1]);
});

test("the same labels in another space or order are the same series", async () => {
  const [left, right] = [given('m{a="1",b="2"} 1'), given('n{b="2",a="1"} 2')];
  const [first, second] = [new BlockSource(left, true), new BlockSource(right, true)];
  const source: SeriesSource = {
    select: (selection) => left.select(selection),
    selectBlocks: async (selection) => [
      ...(await first.selectBlocks(selection)),
      ...(await second.selectBlocks(selection)),
    ],
  };
  const result = await evaluateInstant("m + n", epochMsOf(0), { source });
  expect(result).toMatchObject({ kind: "vector", samples: [{ labels: { a: "1", b: "2" }, value: 3 }] });
});

test("matching by name cannot leave two series with the same labels", async () => {
  const source = given('m{a="1"} 1\nn{a="1"} 2');
  expect(await ask(source, '{__name__=~"m|n"} == on (__name__) {__name__=~"m|n"}', 0)).toEqual({ m: 1, n: 2 });
  await expect(ask(source, '{__name__=~"m|n"} + on (__name__) {__name__=~"m|n"}', 0)).rejects.toMatchObject({
    message: expect.stringContaining("same labelset"),
  });
});
