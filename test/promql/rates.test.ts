import { describe, expect, test } from "vitest";
import { ask, closeTo, given } from "./ask.ts";

/*
 * Worked by hand from extrapolatedRate of Prometheus' promql/functions.go. With d the average distance of samples, an end of
 * the range nearer than 1.1 d is reached by the line through the samples, a farther one is approached by d / 2; a
 * counter is never extrapolated to below zero.
 */
describe("rate and increase extrapolate to the ends of the range", () => {
  test.each([
    // Samples at 0, 60, … 600. (300, 600] holds 360 … 600: rise 40 over 240 s; 60 s to the start, 0 to the end.
    ["fits the grid", "c 0+10x10", "increase(c[5m])", 600, 40 * (300 / 240)],
    ["per second", "c 0+10x10", "rate(c[5m])", 600, 10 / 60],
    // At 630: (330, 630] holds 360 … 600; 30 s to either end, both nearer than 66 s.
    ["between samples", "c 0+10x10", "increase(c[5m])", 630, 40 * (300 / 240)],
    // At 700: (400, 700] holds 420 … 600: rise 30 over 180 s; 20 s to the start, the end 100 s off counts as 30.
    ["a series that ended", "c 0+10x10", "increase(c[5m])", 700, 30 * ((180 + 20 + 30) / 180)],
    // (−400, 200] holds 0 … 180: rise 30 over 180 s; the start 400 s off counts as 30, but zero is at 0 s: 0. End 20 s.
    ["a counter begins at zero", "c 0+10x3", "increase(c[10m])", 200, 30 * ((180 + 0 + 20) / 180)],
    // The same from 5: zero would be reached 180 · 5/30 = 30 s before the first sample, just the half distance.
    ["a counter just above zero", "c 2+10x3", "increase(c[10m])", 200, 30 * ((180 + 12 + 20) / 180)],
    ["a counter far above zero", "c 500+10x3", "increase(c[10m])", 200, 30 * ((180 + 30 + 20) / 180)],
    // 7 → 2 is a reset: 2 + 7 − 3 in all, as if it had gone 3 5 7 0 2.
    ["a reset counts from zero", "c 3 5 7 2", "increase(c[4m])", 180, 6 * ((180 + 60) / 180)],
    ["several resets", "c 5 0 5 0 5", "increase(c[5m])", 240, 10 * ((240 + 60) / 240)],
    // A gauge is not cut at zero.
    ["delta", "c 0+10x3", "delta(c[10m])", 200, 30 * ((180 + 30 + 20) / 180)],
    ["delta falls", "c 100-10x10", "delta(c[5m])", 600, -50],
  ])("%s", async (_name, notation, query, at, expected) => {
    expect(closeTo(await ask(given(notation), query, at))).toEqual(closeTo({ "{}": expected }));
  });

  test.each(["rate", "increase", "delta", "irate", "idelta", "deriv"])("%s needs two samples", async (name) => {
    const source = given("c 0+10x10");
    expect(await ask(source, `${name}(c[1m])`, 600)).toEqual({});
    expect(Object.keys(await ask(source, `${name}(c[61s])`, 600))).toEqual(["{}"]);
  });
});

describe("functions of the last samples, of changes and of lines", () => {
  test.each([
    ["irate", "c 0 10 40", "irate(c[5m])", 120, 0.5],
    ["irate after a reset", "c 0 100 30", "irate(c[5m])", 120, 0.5],
    ["idelta", "c 0 100 30", "idelta(c[5m])", 120, -70],
    ["changes", "c 1 1 2 2 3 NaN NaN", "changes(c[10m])", 360, 3],
    ["resets", "c 5 3 4 1 1 2", "resets(c[10m])", 300, 2],
    ["deriv", "c 0+6x10", "deriv(c[5m])", 600, 0.1],
    ["deriv of a constant", "c 7x10", "deriv(c[5m])", 600, 0],
    // The line through 0 … 600 s at 0.1 per second, ten minutes after 630 s.
    ["predict_linear", "c 0+6x10", "predict_linear(c[5m], 600)", 630, 123],
    // Least squares of (0,0) (60,0) (120,30): slope 0.25 per second, mean 10 at 60 s; at 120 s it is 25.
    ["predict_linear of scattered samples", "c 0 0 30", "predict_linear(c[5m], 0)", 120, 25],
    // The range is pinned, the instant it is extrapolated from is not.
    ["predict_linear with @", "c 0+6x10", "predict_linear(c[5m] @ 300, 0)", 900, 90],
  ])("%s", async (_name, notation, query, at, expected) => {
    expect(closeTo(await ask(given(notation), query, at))).toEqual({ "{}": expected });
  });
});

describe("*_over_time", () => {
  const source = given("g 4 1 NaN 3 2\nn 9 1 3 2 5");
  test.each([
    ["avg_over_time(n[5m])", 4],
    ["sum_over_time(n[5m])", 20],
    ["min_over_time(g[5m])", 1],
    ["max_over_time(g[5m])", 4],
    ["min_over_time(n[3m])", 2],
    ["count_over_time(g[5m])", 5],
    ["present_over_time(g[5m])", 1],
    ["quantile_over_time(0.5, n[5m])", 3],
    ["quantile_over_time(0.9, n[5m])", 5 + 0.6 * 4],
    ["quantile_over_time(-1, n[5m])", Number.NEGATIVE_INFINITY],
    ["quantile_over_time(2, n[5m])", Number.POSITIVE_INFINITY],
    // Mean 4; squares 25 9 1 4 1.
    ["stdvar_over_time(n[5m])", 8],
    ["stddev_over_time(n[5m])", Math.sqrt(8)],
  ])("%s", async (query, expected) => {
    expect(closeTo(await ask(source, query, 240))).toEqual(closeTo({ "{}": expected }));
  });

  test("last_over_time and first_over_time give back a sample, with its name", async () => {
    expect(await ask(source, "last_over_time(n[3m])", 240)).toEqual({ n: 5 });
    expect(await ask(source, "first_over_time(n[3m])", 240)).toEqual({ n: 3 });
  });

  test("absent_over_time knows the labels that were asked for", async () => {
    expect(await ask(source, 'absent_over_time(gone{a="1",b!="2"}[5m])', 240)).toEqual({ '{a="1"}': 1 });
    expect(await ask(source, "absent_over_time(n[5m])", 240)).toEqual({});
  });

  test("sums neither lose small values nor overflow", async () => {
    const hard = given("big 1e100 1 -1e100\nhuge 1.7e308 1.7e308");
    expect(await ask(hard, "sum_over_time(big[5m])", 120)).toEqual({ "{}": 1 });
    expect(closeTo(await ask(hard, "avg_over_time(huge[5m])", 120))).toEqual({ "{}": 1.7e308 });
  });
});
