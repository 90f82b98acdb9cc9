import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import { ask, askRange, given } from "./ask.ts";

describe("matchers", () => {
  const source = given(`
    m{host="c-1", zone="a"} 1
    m{host="c-2"} 2
    m{host="n-1"} 3
    other 4
  `);
  test.each([
    ['m{host="c-1"}', [1]],
    ['m{host!="c-1"}', [2, 3]],
    ['m{host=~"c-."}', [1, 2]],
    ['m{host=~"c"}', []],
    ['m{host!~"c-.|n-1"}', []],
    ['m{zone=""}', [2, 3]],
    ['m{zone!=""}', [1]],
    ['m{host=~"(?i)C-1"}', [1]],
    ['{__name__=~"m|other"}', [1, 2, 3, 4]],
    ['{__name__="other"}', [4]],
  ])("%s", async (query, expected) => {
    expect(Object.values(await ask(source, query, 0)).sort()).toEqual(expected);
  });
});

describe("an instant selector", () => {
  test("takes the last sample younger than the look-back, which is open at its old end", async () => {
    const source = given("m 7");
    expect(await ask(source, "m", 299.999)).toEqual({ m: 7 });
    expect(await ask(source, "m", 300)).toEqual({});
    expect(await ask(source, "m", 599, { lookbackMs: 600_000 })).toEqual({ m: 7 });
  });

  test("ends at a stale marker and comes back with the next sample", async () => {
    const source = given("m 1 stale 3 NaN");
    expect(await ask(source, "m", 59)).toEqual({ m: 1 });
    expect(await ask(source, "m", 60)).toEqual({});
    expect(await ask(source, "m", 120)).toEqual({ m: 3 });
    expect(await ask(source, "m", 180)).toEqual({ m: Number.NaN });
  });

  test.each([
    ["m offset 1m", 300, 4],
    ["m offset -1m", 300, 6],
    ["m @ 120", 300, 2],
    ["m @ 120 offset 1m", 300, 1],
    ["m offset 1m @ 120", 300, 1],
    ["sum_over_time(m[2m] @ 120)", 300, 3],
    ["timestamp(m)", 330, 300],
    ["timestamp(m offset 90s)", 330, 240],
    ["timestamp(m * 1)", 330, 330],
  ])("%s at %d s", async (query, at, expected) => {
    expect(Object.values(await ask(given("m 0+1x10"), query, at))).toEqual([expected]);
  });
});

describe("a range", () => {
  test("is open at its left end: [1m] over samples a minute apart holds one", async () => {
    expect(await ask(given("m 0+1x10"), "count_over_time(m[1m])", 300)).toEqual({ "{}": 1 });
    expect(await ask(given("m 0+1x10"), "count_over_time(m[5m])", 300)).toEqual({ "{}": 5 });
  });

  test("does not hold stale markers", async () => {
    expect(await ask(given("m 1 stale 3"), "count_over_time(m[5m])", 120)).toEqual({ "{}": 2 });
  });

  test("asked for by itself answers with its samples", async () => {
    const result = await evaluateInstant("m[2m]", epochMsOf(300_000), { source: given("m 0+1x10") });
    if (result.kind !== "matrix") throw new Error(`got a ${result.kind}`);
    expect(result.series.map(({ timesMs, values }) => [[...timesMs], [...values]])).toEqual([
      [
        [240_000, 300_000],
        [4, 5],
      ],
    ]);
  });
});

describe("a subquery", () => {
  const source = given("c 0+60x20");
  test.each([
    // (180, 480] in steps of 2 m at even minutes: 240, 360, 480.
    ["count_over_time(c[5m:2m])", 480, 3],
    ["sum_over_time(c[5m:2m])", 480, 240 + 360 + 480],
    // Its instants are multiples of the step, wherever the query stands.
    ["sum_over_time(c[5m:2m])", 500, 240 + 360 + 480],
    ["sum_over_time(c[5m:2m] offset 2m)", 480, 120 + 240 + 360],
    ["max_over_time(rate(c[2m])[5m:1m])", 600, 1],
    ["count_over_time(c[5m:])", 480, 5],
    ["sum_over_time(sum_over_time(c[2m:1m])[2m:1m])", 240, 120 + 180 + (180 + 240)],
    ["rate(c[5m:1m])", 600, 1],
  ])("%s at %d s", async (query, at, expected) => {
    expect(Object.values(await ask(source, query, at))).toEqual([expected]);
  });
});

describe("a range query", () => {
  test("has a value for each step that has one, and series in the order of their labels", async () => {
    const source = given('m{x="b"} 1 _ 3 stale\nm{x="a"} 0+1x3');
    expect(await askRange(source, "m", { from: 0, to: 240, step: 60 })).toEqual({
      'm{x="a"}': "0=0 60=1 120=2 180=3 240=3",
      'm{x="b"}': "0=1 60=1 120=3",
    });
    expect(Object.keys(await askRange(source, "m", { from: 0, to: 0, step: 1 }))).toEqual(['m{x="a"}', 'm{x="b"}']);
  });

  test("@ start() and @ end() mean the query's own ends", async () => {
    const source = given("m 0+1x10");
    const range = { from: 60, to: 180, step: 60 };
    expect(await askRange(source, "m @ start()", range)).toEqual({ m: "60=1 120=1 180=1" });
    expect(await askRange(source, "m - m @ end()", range)).toEqual({ "{}": "60=-2 120=-1 180=0" });
    expect(await askRange(source, "sum_over_time(m[2m:1m] @ end())", range)).toEqual({ "{}": "60=5 120=5 180=5" });
  });

  test("of a scalar is one series without labels", async () => {
    expect(await askRange(given(""), "time() / 60", { from: 60, to: 180, step: 60 })).toEqual({
      "{}": "60=1 120=2 180=3",
    });
  });

  test("asks the source once for each selector, for all its steps", async () => {
    const source = given("a 0+1x100\nb 0+1x100");
    await askRange(source, "rate(a[5m]) / on() group_left() sum(b offset 1m)", { from: 600, to: 6_000, step: 15 });
    expect(source.selections.map(({ from, to }) => [from, to])).toEqual([
      [300_001, 6_000_000],
      [240_001, 5_940_000],
    ]);
  });
});
