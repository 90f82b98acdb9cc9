import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { evaluateRange } from "../../promql/evaluate.ts";
import type { SeriesSource } from "../../promql/source.ts";
import { ask, given } from "./ask.ts";

const range = (seconds: number, stepMs: number) => ({ from: epochMsOf(0), to: epochMsOf(seconds * 1_000), stepMs });

test("a range query of more than 11,000 steps is refused, one of 11,000 is not", async () => {
  const source = given("m 1");
  await expect(evaluateRange("1", range(11_001, 1_000), { source })).rejects.toMatchObject({
    code: "promql.invalid",
    message: expect.stringContaining("exceeded maximum resolution of 11000 points"),
  });
  expect((await evaluateRange("1", range(11_000, 1_000), { source })).series).toHaveLength(1);
});

test.each([
  ["m", -1_000, 1_000, "end timestamp must not be before start time"],
  ["m", 10_000, 0, "zero or negative query resolution step"],
  ["m[5m]", 10_000, 1_000, 'invalid expression type "range vector" for range query'],
  ['"x"', 10_000, 1_000, 'invalid expression type "string" for range query'],
])("the range query %s to %d ms with step %d ms is refused", async (query, to, stepMs, message) => {
  const asked = evaluateRange(query, { from: epochMsOf(0), to: epochMsOf(to), stepMs }, { source: given("m 1") });
  await expect(asked).rejects.toMatchObject({ code: "promql.invalid", message: expect.stringContaining(message) });
});

test("a query that loads more samples than allowed is refused", async () => {
  const source = given("m 0+1x1000");
  const limits = { maxSamples: 100 };
  await expect(ask(source, "sum_over_time(m[1000m])", 60_000, { limits })).rejects.toMatchObject({
    code: "promql.failed",
    status: 422,
    message: expect.stringContaining("too many samples"),
  });
  expect(Object.keys(await ask(source, "sum_over_time(m[90m])", 60_000, { limits }))).toEqual(["{}"]);
});

test("a selector that matches more series than allowed is refused", async () => {
  const source = given(Array.from({ length: 11 }, (_, i) => `m{i="${i}"} 1`).join("\n"));
  const limits = { maxSeries: 10 };
  await expect(ask(source, "count(m)", 0, { limits })).rejects.toMatchObject({
    code: "promql.failed",
    status: 422,
    message: expect.stringContaining("matches 11 series, more than 10"),
  });
  expect(await ask(source, 'count(m{i!="3"})', 0, { limits })).toEqual({ "{}": 10 });
});

test("pairs of series count as samples before they are made", async () => {
  // Each of the right side lives at an instant of its own, so that all of them match all of the left.
  const left = Array.from({ length: 100 }, (_, i) => `m{i="${i}"} 1x200`);
  const right = Array.from({ length: 100 }, (_, i) => `n{i="${i}"} _x${i} 1 stale`);
  const asked = evaluateRange("m * on () group_left n", range(6_000, 60_000), {
    source: given([...left, ...right].join("\n")),
    limits: { maxSamples: 500_000 },
  });
  await expect(asked).rejects.toMatchObject({ message: expect.stringContaining("too many samples") });
});

test("a subquery with a tiny step is refused rather than computed", async () => {
  await expect(ask(given("m 1"), "max_over_time(m[1y:1s])", 0)).rejects.toMatchObject({ code: "promql.failed" });
});

test("a signal that is aborted ends the query with its reason, also in the middle of a long computation", async () => {
  const source = given("m 0+1x2000");
  const reason = new Error("the caller went away");
  const early = new AbortController();
  early.abort(reason);
  await expect(ask(source, "m", 0, { signal: early.signal })).rejects.toBe(reason);

  const late = new AbortController();
  // The source has answered by then: the abort takes the first turn that the computation leaves to others.
  const answering: SeriesSource = {
    select: (selection) => {
      setTimeout(() => late.abort(reason), 0);
      return source.select(selection);
    },
  };
  const asked = evaluateRange("quantile_over_time(0.5, m[2000m])", range(120_000, 12_000), {
    source: answering,
    signal: late.signal,
  });
  await expect(asked).rejects.toBe(reason);
});

test("a signal that is aborted ends a query of many cheap operators", async () => {
  const store = given(Array.from({ length: 100 }, (_, i) => `m{i="${i}"} 1x10`).join("\n"));
  const reason = new Error("the caller went away");
  const controller = new AbortController();
  // Reading leaves a turn to others, too: only operators that do can be ended by the fifth turn.
  const abortIn = (turns: number): void => {
    setTimeout(() => (turns === 0 ? controller.abort(reason) : abortIn(turns - 1)), 0);
  };
  const source: SeriesSource = {
    select: (selection) => {
      abortIn(5);
      return store.select(selection);
    },
  };
  const limits = { maxSamples: 1e9 };
  const context = { source, signal: controller.signal, limits };
  await expect(evaluateRange(`${"-".repeat(30)}m`, range(660, 60), context)).rejects.toBe(reason);
});

test("a signal that is aborted while the source answers ends the query, even if the source does not care", async () => {
  const reason = new Error("too late");
  const controller = new AbortController();
  const deaf = {
    select: async () => {
      controller.abort(reason);
      return given("m 1").select({ matchers: [], from: epochMsOf(0), to: epochMsOf(0) });
    },
  };
  const asked = evaluateRange("m", range(0, 1_000), { source: deaf, signal: controller.signal });
  await expect(asked).rejects.toBe(reason);
});

test("a long computation lets other work run meanwhile", async () => {
  const source = given("m 0+1x2000");
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await evaluateRange("stddev_over_time(m[2000m])", range(120_000, 12_000), { source });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});
