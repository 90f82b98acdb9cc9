import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, type Usage } from "../../../core/forecast/history.ts";
import { type Forecast, forecastRunOut } from "../../../core/forecast/run-out.ts";
import { GROWING, type MadeHistory, NEVER, randomFrom } from "./usage-histories.ts";

const RUNS = 150;
const SEED = Number(process.env.FORECAST_SEED ?? Math.floor(Math.random() * 2 ** 31));
process.stdout.write(`forecast histories: seeds ${SEED} to ${SEED + RUNS - 1}; FORECAST_SEED repeats them\n`);

function each(make: (random: () => number) => MadeHistory): readonly { made: MadeHistory; forecast: Forecast }[] {
  return Array.from({ length: RUNS }, (_, i) => {
    const made = make(randomFrom(SEED + i));
    return { made, forecast: forecastRunOut(made.usage, made.nowMs) };
  });
}

const daysBetween = (from: number, to: number): number => (to - from) / DAY_MS;

describe.each(Object.entries(GROWING))("%s", (_name, make) => {
  const cases = each(make);
  const said = cases.flatMap(({ made, forecast }) => (forecast.kind === "runs_out" ? [{ made, forecast }] : []));

  test("runs out within what is said in nine cases of ten at least", () => {
    const within = said.filter(
      ({ made: { runsOutMs = Number.POSITIVE_INFINITY }, forecast }) =>
        forecast.earliestMs <= runsOutMs && runsOutMs <= forecast.latestMs,
    );
    expect(within.length / said.length).toBeGreaterThanOrEqual(0.9);
  });

  test("mostly it is said, and what is said is worth something", () => {
    expect(said.length / RUNS).toBeGreaterThanOrEqual(0.5);
    const widths = said.map(
      ({ made: { nowMs, runsOutMs = nowMs }, forecast }) =>
        daysBetween(forecast.earliestMs, forecast.latestMs) / Math.max(1, daysBetween(nowMs, runsOutMs)),
    );
    expect(widths.toSorted((a, b) => a - b)[widths.length >> 1]).toBeLessThan(1);
  });

  test("what lasts until then does", () => {
    const wrong = cases.filter(
      ({ made, forecast }) =>
        forecast.kind === "lasts" && made.runsOutMs !== undefined && made.runsOutMs < forecast.untilMs - DAY_MS,
    );
    expect(wrong.length / RUNS).toBeLessThan(0.05);
  });

  test("times are in order and in the future, and the cone widens around what is likely", () => {
    for (const { made, forecast } of said) {
      const { earliestMs, likelyMs, latestMs, cone } = forecast;
      expect(made.nowMs < earliestMs && earliestMs <= likelyMs && likelyMs <= latestMs).toBe(true);
      expect(cone.every(({ low, likely, high }) => low <= likely && likely <= high)).toBe(true);
      expect(cone.at(-1)?.atMs).toBe(latestMs);
    }
  });
});

test.each(Object.entries(NEVER))("%s: never runs out, whatever the seed", (_name, make) => {
  expect(each(make).filter(({ forecast }) => forecast.kind === "runs_out")).toEqual([]);
});

describe("what is not to be said, and why", () => {
  const nowMs = Date.UTC(2026, 0, 31);
  const line = (days: number, total: number, used: (daysAgo: number) => number): Usage => {
    const hours = Array.from({ length: days * 24 + 1 }, (_, i) => days * 24 - i);
    return {
      timesMs: hours.map((ago) => nowMs - ago * HOUR_MS),
      used: hours.map((ago) => used(ago / 24)),
      total: hours.map(() => total),
    };
  };
  const growing = line(28, 100, (ago) => 80 - ago);

  test.each([
    ["nothing at all", { timesMs: [], used: [], total: [] }, "too_little_history"],
    ["two days", line(2, 100, (ago) => 80 - 20 * ago), "too_little_history"],
    [
      "a week of slow growth, which may be the week's own course",
      line(6, 100, (ago) => 90 - ago),
      "too_little_history",
    ],
    ["no limit", line(28, -1, (ago) => 80 - ago), "no_total"],
    ["a total of nothing", line(28, 0, () => 0), "no_total"],
  ] as const)("%s", (_name, usage, reason) => {
    expect(forecastRunOut(usage, nowMs)).toEqual({ kind: "unknown", reason });
  });

  test("samples that ended days ago say nothing of now", () => {
    expect(forecastRunOut(growing, nowMs + 47 * HOUR_MS).kind).toBe("runs_out");
    expect(forecastRunOut(growing, nowMs + 49 * HOUR_MS)).toEqual({ kind: "unknown", reason: "old_history" });
  });

  test("what is used up now is full, however it came", () => {
    expect(
      forecastRunOut(
        line(1, 100, () => 100),
        nowMs,
      ),
    ).toEqual({ kind: "full" });
    expect(
      forecastRunOut(
        line(28, 100, (ago) => 101 - ago),
        nowMs,
      ),
    ).toEqual({ kind: "full" });
  });

  test("a line without noise is met to the hour", () => {
    const forecast = forecastRunOut(growing, nowMs);
    expect(forecast).toMatchObject({ kind: "runs_out", perDay: expect.closeTo(1, 6) });
    if (forecast.kind === "runs_out") expect(daysBetween(nowMs, forecast.likelyMs)).toBeCloseTo(20, 0);
  });

  test("what was before the total was raised does not count", () => {
    const usage = line(28, 200, (ago) => (ago > 16 ? 99 : 100 + 2 * (16 - ago)));
    const raised = { ...usage, total: Array.from(usage.timesMs, (at) => (nowMs - at > 16 * DAY_MS ? 100 : 200)) };
    const forecast = forecastRunOut(raised, nowMs);
    expect(forecast).toMatchObject({ kind: "runs_out", perDay: expect.closeTo(2, 1) });
    if (forecast.kind === "runs_out") expect(daysBetween(nowMs, forecast.sinceMs)).toBeCloseTo(-16, 0);
  });
});
