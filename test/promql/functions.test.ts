import { describe, expect, test } from "vitest";
import { bucketQuantile } from "../../promql/functions/histogram.ts";
import { ask, closeTo, given } from "./ask.ts";

describe("numbers", () => {
  const source = given("v -2.5");
  test.each([
    ["abs(v)", 2.5],
    ["ceil(v)", -2],
    ["floor(v)", -3],
    ["round(v)", -2],
    ["round(v, 2)", -2],
    ["round(vector(0.25), 0.1)", 0.3],
    ["clamp(v, -1, 1)", -1],
    ["clamp_min(v, -2)", -2],
    ["clamp_max(v, -3)", -3],
    ["sgn(v)", -1],
    ["sgn(v * 0)", -0],
    ["exp(vector(1))", Math.E],
    ["ln(vector(0))", Number.NEGATIVE_INFINITY],
    ["log2(vector(8))", 3],
    ["log10(vector(1000))", 3],
    ["sqrt(v)", Number.NaN],
    ["deg(vector(pi()))", 180],
    ["vector(7)", 7],
    ["vector(scalar(v))", -2.5],
    ["vector(time())", 0],
  ])("%s", async (query, expected) => {
    expect(closeTo(await ask(source, query, 0))).toEqual(closeTo({ "{}": expected }));
  });

  test("clamp with its limits swapped is empty", async () => {
    expect(await ask(source, "clamp(v, 1, -1)", 0)).toEqual({});
  });

  test("scalar of none or of several is NaN", async () => {
    expect(await ask(given("a 1\nb 2"), 'scalar({__name__=~"a|b"})', 0)).toEqual({ scalar: Number.NaN });
    expect(await ask(given(""), "scalar(a)", 0)).toEqual({ scalar: Number.NaN });
  });
});

describe("dates, in UTC", () => {
  // 2024-02-29T23:58:30Z, a Thursday.
  const at = Date.UTC(2024, 1, 29, 23, 58, 30) / 1_000;
  test.each([
    ["minute()", 58],
    ["hour()", 23],
    ["day_of_week()", 4],
    ["day_of_month()", 29],
    ["day_of_year()", 60],
    ["days_in_month()", 29],
    ["days_in_month(vector(1709251200))", 31],
    ["month()", 2],
    ["year()", 2024],
    ["year(vector(0))", 1970],
  ])("%s", async (query, expected) => {
    expect(await ask(given(""), query, at)).toEqual({ "{}": expected });
  });
});

describe("labels", () => {
  const source = given('m{host="c-1.az2.example", nic="eth0"} 1');
  test.each([
    ['label_replace(m, "az", "$1", "host", ".*[.](az.).*")', 'm{az="az2", host="c-1.az2.example", nic="eth0"}'],
    [
      'label_replace(m, "az", "${zone}!", "host", ".*[.](?P<zone>az.).*")',
      'm{az="az2!", host="c-1.az2.example", nic="eth0"}',
    ],
    ['label_replace(m, "az", "x", "host", "az")', 'm{host="c-1.az2.example", nic="eth0"}'],
    ['label_replace(m, "nic", "", "nic", ".*")', 'm{host="c-1.az2.example"}'],
    ['label_replace(m, "a", "$$1", "nic", ".*")', 'm{a="$1", host="c-1.az2.example", nic="eth0"}'],
    ['label_replace(m, "__name__", "n", "nic", ".*")', 'n{host="c-1.az2.example", nic="eth0"}'],
    ['label_join(m, "both", "/", "nic", "none", "nic")', 'm{both="eth0//eth0", host="c-1.az2.example", nic="eth0"}'],
  ])("%s", async (query, expected) => {
    expect(Object.keys(await ask(source, query, 0))).toEqual([expected]);
  });

  test.each([
    ['label_replace(m, "", "x", "nic", ".*")', /invalid destination label name/],
    ['label_replace(m, "x", "x", "nic", "(")', /invalid regular expression/],
    ['label_replace({__name__=~"m|n"}, "__name__", "same", "", "")', /same labelset/],
  ])("%s is refused", async (query, message) => {
    await expect(ask(given("m 1\nn 2"), query, 0)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });
});

describe("presence and order", () => {
  test.each([
    ['absent(gone{a="1", b="", c=~"x", d="2"})', { '{a="1", d="2"}': 1 }],
    ['absent(gone{a="1", a="2"})', { "{}": 1 }],
    ["absent(sum(gone))", { "{}": 1 }],
    ["absent(m)", {}],
  ])("%s", async (query, expected) => {
    expect(await ask(given("m 1"), query, 0)).toEqual(expected);
  });

  test("sort and sort_desc put NaN last", async () => {
    const source = given('m{x="1"} NaN\nm{x="2"} 5\nm{x="3"} -1');
    expect(Object.values(await ask(source, "sort(m)", 0))).toEqual([-1, 5, Number.NaN]);
    expect(Object.values(await ask(source, "sort_desc(m)", 0))).toEqual([5, -1, Number.NaN]);
  });
});

describe("histogram_quantile", () => {
  const buckets = (...counts: readonly [number, number][]) =>
    counts.map(([upperBound, count]) => ({ upperBound, count }));
  const INF = Number.POSITIVE_INFINITY;
  test.each([
    // Rank 5 of 10 lies in (0.1, 1], the 3rd of its 6.
    ["interpolates in a bucket", 0.5, buckets([0.1, 2], [1, 8], [INF, 10]), 0.1 + 0.9 * (3 / 6)],
    ["the first bucket begins at zero", 0.1, buckets([0.1, 2], [1, 8], [INF, 10]), 0.05],
    ["a first bucket at or below zero is its bound", 0.1, buckets([-1, 2], [1, 8], [INF, 10]), -1],
    ["the last bucket is the bound before it", 0.99, buckets([0.1, 2], [1, 8], [INF, 10]), 1],
    ["without +Inf there is no answer", 0.5, buckets([0.1, 2], [1, 8]), Number.NaN],
    ["without observations there is no answer", 0.5, buckets([1, 0], [INF, 0]), Number.NaN],
    ["counts that fall are levelled", 0.5, buckets([0.1, 8], [1, 6], [INF, 10]), 0.1 * (5 / 8)],
    // 2 8 8 9 10: rank 8.5 is the middle of the fourth bucket.
    ["and by as much as they fell", 0.85, buckets([1, 2], [2, 8], [3, 6], [4, 9], [INF, 10]), 3.5],
    ["equal bounds are one bucket", 0.5, buckets([1, 2], [1, 3], [INF, 10]), 1],
    ["below zero", -0.1, buckets([1, 5], [INF, 10]), Number.NEGATIVE_INFINITY],
    ["above one", 1.1, buckets([1, 5], [INF, 10]), INF],
  ])("%s", (_name, phi, given_, expected) => {
    expect(closeTo({ quantile: bucketQuantile(phi, given_) })).toEqual(closeTo({ quantile: expected }));
  });

  test("works on each set of labels, and on rates", async () => {
    const source = given(`
      d_bucket{le="0.1", op="read"} 0+2x10
      d_bucket{le="1", op="read"} 0+8x10
      d_bucket{le="+Inf", op="read"} 0+10x10
      d_bucket{le="0.1", op="write"} 0+10x10
      d_bucket{le="+Inf", op="write"} 0+10x10
      d_bucket{op="neither"} 5
    `);
    expect(closeTo(await ask(source, "histogram_quantile(0.5, rate(d_bucket[5m]))", 600))).toEqual({
      '{op="read"}': 0.55,
      '{op="write"}': 0.05,
    });
  });
});
