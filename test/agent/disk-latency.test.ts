import { expect, test } from "vitest";
import { createLatencyWindow, type LatencyEstimate } from "../../agent/metrics/disk-latency.ts";

/** What each request of a second took, in milliseconds. */
type Second = readonly number[];

/** What the kernel's sums make of these seconds, rounded down to a millisecond as it does. */
function estimateOf(seconds: readonly Second[]): LatencyEstimate | undefined {
  const window = createLatencyWindow();
  let [requests, timeMs] = [1_000, 12_345.6];
  window.add({ requests, timeMs: Math.floor(timeMs) });
  for (const second of seconds) {
    requests += second.length;
    timeMs += second.reduce((sum, it) => sum + it, 0);
    window.add({ requests, timeMs: Math.floor(timeMs) });
  }
  return window.estimate();
}

function truePercentileS(seconds: readonly Second[], share: number): number {
  const sorted = seconds.flat().toSorted((a, b) => a - b);
  return (sorted[Math.ceil(sorted.length * share) - 1] ?? 0) / 1000;
}

/** A repeatable sequence of numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const repeat = (length: number, value: (n: number) => number): Second => Array.from({ length }, (_, n) => value(n));
const errorOf = (estimated: number, actual: number) => estimated / actual - 1;

test("a disk that is slow for a second: every percentile is right to within what requests of one second vary, a tenth", () => {
  const random = numbers(1);
  const around = (ms: number) => () => ms * (0.9 + 0.2 * random());
  const seconds = [...repeat(8, () => 0.5), 20, 200].map((ms) => repeat(ms > 10 ? 400 : 1_000, around(ms)));
  const estimate = estimateOf(seconds);
  if (estimate === undefined) throw new Error("no estimate");
  // Within one second requests are alike to a tenth, which is what the mean of it hides.
  for (const [share, estimated] of [
    [0.5, estimate.p50S],
    [0.95, estimate.p95S],
    [0.99, estimate.p99S],
  ] as const) {
    expect(Math.abs(errorOf(estimated, truePercentileS(seconds, share))), String(share)).toBeLessThan(0.1);
  }
  expect(errorOf(estimate.p50S, 0.0005)).toBeCloseTo(0, 1);
  expect(
    Math.abs(errorOf(estimate.meanS, seconds.flat().reduce((a, b) => a + b) / seconds.flat().length / 1000)),
  ).toBeLessThan(0.001);
});

test("single slow requests among fast ones: p50 is the mean and p99 is far too low, as its document says", () => {
  const random = numbers(2);
  const seconds = Array.from({ length: 10 }, () => repeat(1_000, () => (random() < 0.02 ? 10 : 0.1)));
  const estimate = estimateOf(seconds);
  if (estimate === undefined) throw new Error("no estimate");
  expect(truePercentileS(seconds, 0.99)).toBe(0.01);
  expect(estimate.p99S).toBeGreaterThan(0.0003);
  expect(estimate.p99S).toBeLessThan(0.0005);
  expect(estimate.p50S).toBeCloseTo(0.0003, 4);
  expect(estimate.meanS).toBeCloseTo(0.0003, 4);
});

test.each([1, 2, 3, 4])(
  "no percentile is beyond the slowest second, nor below the fastest, and they rise: %i",
  (seed) => {
    const random = numbers(seed);
    const seconds = Array.from({ length: 10 }, () => {
      const scale = 20 ** (2 * random());
      return repeat(20 + Math.floor(random() * 200), () => -scale * Math.log(1 - random()));
    });
    const means = seconds.map((it) => it.reduce((sum, ms) => sum + ms, 0) / it.length / 1000);
    const { p50S = 0, p95S = 0, p99S = 0 } = estimateOf(seconds) ?? {};
    // The kernel rounds its sums to a millisecond: up to a twentieth of one, for twenty requests or more.
    expect(p50S).toBeGreaterThanOrEqual(Math.min(...means) - 0.000_1);
    expect(p95S).toBeGreaterThanOrEqual(p50S);
    expect(p99S).toBeGreaterThanOrEqual(p95S);
    expect(p99S).toBeLessThanOrEqual(Math.max(...means) + 0.000_1);
  },
);

test("a few fast requests a second: whole milliseconds do not make them slow", () => {
  const seconds = Array.from({ length: 10 }, () => repeat(3, () => 0.4));
  const { p50S = 0, p99S = 0 } = estimateOf(seconds) ?? {};
  expect([p50S, p99S].every((it) => it > 0.000_2 && it < 0.000_6)).toBe(true);
});

test("requests that took less than can be told wait for others, and are then not made slow by them", () => {
  const window = createLatencyWindow();
  window.add({ requests: 0, timeMs: 0 });
  window.add({ requests: 10, timeMs: 1 });
  expect(window.estimate()).toBeUndefined();
  window.add({ requests: 13, timeMs: 6_001 });
  expect(window.estimate()).toEqual({ meanS: 2, p50S: 2, p95S: 2, p99S: 2 });
  window.add({ requests: 103, timeMs: 6_010 });
  expect(window.estimate()?.p50S).toBe(0.0001);
});

test("nothing was asked of the disk: there is no latency, rather than none of it", () => {
  expect(estimateOf([[], []])).toBeUndefined();
});

test("counters that begin again, of another disk by that name, are no latency", () => {
  const window = createLatencyWindow();
  window.add({ requests: 1_000_000, timeMs: 4_294_967_000 });
  window.add({ requests: 1_000_100, timeMs: 500 });
  expect(window.estimate()).toBeUndefined();
  window.add({ requests: 1_000_200, timeMs: 700 });
  expect(window.estimate()?.meanS).toBe(0.002);
});
