import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import { SharedReads } from "../../promql/shared-reads.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { given } from "./ask.ts";

const at = epochMsOf(120_000);

test("what several queries read at an instant is read once, what only looks alike is not", async () => {
  const source = given('m{a="1"} 1 2 3\nm{a="2"} 4 5 6');
  const shared = new SharedReads(source);
  const told = [];
  for (const query of [
    "sum(m)",
    "max(m) - min(m)",
    "sum(rate(m[1m1s]))",
    "max(rate(m[1m1s]))",
    'sum(m{a="1"})',
    'sum(m{a=~"1"})',
    "sum(m offset 1m)",
    "sum(timestamp(m))",
    "sum(m @ 60)",
  ]) {
    const result = await evaluateInstant(query, at, { source, shared });
    if (result.kind === "vector") told.push(result.samples[0]?.value);
  }
  expect(told).toEqual([9, 3, 2 / 60, 1 / 60, 3, 3, 7, 240, 7]);
  // m, its rate, two that name a, the times; `offset 1m` and `@ 60` are the same.
  expect(source.selections).toHaveLength(6);
});

test("a read that failed for one query is tried again for the next, also for one that waited for it", async () => {
  const store = given("m 1 2 3");
  const first = new AbortController();
  let calls = 0;
  const source: SeriesSource = {
    select: async (selection) => {
      calls += 1;
      if (calls > 1) return store.select(selection);
      await Promise.resolve();
      first.abort(new Error("out of time"));
      throw new Error("the store broke off");
    },
  };
  const shared = new SharedReads(source);
  const asked = evaluateInstant("m", at, { source, shared, signal: first.signal });
  const waiting = evaluateInstant("m", at, { source, shared });
  await expect(asked).rejects.toThrow("the store broke off");
  expect(await waiting).toMatchObject({ samples: [{ value: 3 }] });
  expect(await evaluateInstant("m", at, { source, shared })).toMatchObject({ samples: [{ value: 3 }] });
  expect(await evaluateInstant("m", at, { source, shared })).toMatchObject({ samples: [{ value: 3 }] });
  // The failed one, the one of who waited for it, and one for all later ones.
  expect(calls).toBe(3);
});

test("shared samples are not changed by the queries that use them", async () => {
  const source = given('m{a="1"} 1 2 3\nm{a="2"} 4 stale');
  const shared = new SharedReads(source);
  const queries = [
    "-m",
    "m > 2",
    "m * 2",
    "clamp(m, 5, 1)",
    "m and m",
    "m unless m",
    "topk(1, m)",
    "quantile(0.5, m)",
    "sort_desc(m)",
  ];
  for (const query of queries) await evaluateInstant(query, at, { source, shared });
  expect(await evaluateInstant("m", at, { source, shared })).toEqual(await evaluateInstant("m", at, { source }));
});

test("a selector that comes twice in a query is read once", async () => {
  const source = given('m{a="1"} 1 2 3\nm{a="2"} 4 5 6\nn 2 2 2');
  const selections = async (query: string) => {
    const before = source.selections.length;
    await evaluateInstant(query, at, { source });
    return source.selections.length - before;
  };
  expect(await selections("sum by (a) (rate(m[2m])) / scalar(sum(rate(m[2m])))")).toBe(1);
  expect(await selections("m - m + -m and topk(scalar(max(m)), (m))")).toBe(1);
  expect(await selections("sum(m) / sum(n)")).toBe(2);
  expect(await selections("m - m offset 1m")).toBe(2);
  expect(await selections("max_over_time(m[1m:30s]) - m")).toBe(2);
});
