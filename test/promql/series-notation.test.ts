import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { formatDecimal, formatFloat } from "../../promql/format.ts";
import { parseSeriesNotation, parseSeriesValues } from "../../promql/series-notation.ts";
import { staleMarks } from "../../promql/staleness.ts";

describe("values in promtool's notation", () => {
  test.each([
    ["1 2.5 -3", [1, 2.5, -3]],
    ["0+10x3", [0, 10, 20, 30]],
    ["100-25x2", [100, 75, 50]],
    ["-2+4x2", [-2, 2, 6]],
    ["7x2", [7, 7, 7]],
    ["1 _ _x2 2", [1, "missing", "missing", "missing", 2]],
    ["1 stale", [1, "stale"]],
    ["NaN Inf -Inf +5", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5]],
    ["1e3+1e2x1", [1000, 1100]],
    ["", []],
  ])("%s", (text, expected) => {
    expect(parseSeriesValues(text)).toEqual(expected);
  });

  test.each([
    ["1 two", '1:3: cannot read "two"'],
    ["1+2", '1:1: cannot read "1+2"'],
    ["1x9999999", "1:1: more than 1000000 values"],
  ])("%s is refused", (text, message) => {
    expect(() => parseSeriesValues(text)).toThrow(message);
  });
});

test("series have their labels, their times and their stale marker", () => {
  const timing = { from: epochMsOf(1_000), intervalMs: 15_000 };
  const [first, second] = parseSeriesNotation(
    `
    # A comment.
    up{host="c 1", path="a}b"} 1 _ 0 stale
    down 5
    `,
    timing,
  );
  expect(first?.labels).toEqual({ __name__: "up", host: "c 1", path: "a}b" });
  expect([...(first?.timesMs ?? [])]).toEqual([1_000, 31_000, 46_000]);
  expect([...(staleMarks(first?.values ?? new Float64Array()) ?? [])]).toEqual([0, 0, 1]);
  expect(second?.labels).toEqual({ __name__: "down" });
  expect(staleMarks(second?.values ?? new Float64Array())).toBeUndefined();
});

test("the stale marker is known also when copying has quieted it, and no other NaN is one", () => {
  const nans = [
    0x7ff0000000000002n,
    0x7ff8000000000002n,
    0x7ff8000000000000n,
    0xfff8000000000002n,
    0x7ff8000000000003n,
  ];
  expect([...(staleMarks(new Float64Array(new BigUint64Array(nans).buffer)) ?? [])]).toEqual([1, 1, 0, 0, 0]);
});

test.each(['up{host=~"a"} 1', "up + 1 1", "rate(up[5m]) 1"])("%s does not name a series", (line) => {
  expect(() => parseSeriesNotation(line)).toThrow();
});

test.each([
  [0.1, "0.1", "0.1"],
  [1e21, "1e+21", "1000000000000000000000"],
  [1.5e-7, "1.5e-7", "0.00000015"],
  [-2.5e22, "-2.5e+22", "-25000000000000000000000"],
  [Number.POSITIVE_INFINITY, "+Inf", "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf", "-Inf"],
  [Number.NaN, "NaN", "NaN"],
  [-0, "-0", "-0"],
])("%d is printed as Go prints it", (value, json, decimal) => {
  expect([formatFloat(value), formatDecimal(value)]).toEqual([json, decimal]);
});
