import { describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../../../core/clock.ts";
import { HOUR_MS } from "../../../../core/forecast/history.ts";
import type { Asking } from "../../../../web/server/capacity/asking.ts";
import { ForecastMemory, type Foretold } from "../../../../web/server/capacity/forecast-memory.ts";
import { forecastsOf } from "../../../../web/server/capacity/histories.ts";
import type { Amounts } from "../../../../web/server/capacity/rows.ts";
import { keyOf } from "../../../../web/server/capacity/things.ts";

const AT = epochMsOf(Date.UTC(2026, 0, 31, 12));
const rowOf = (cluster: string, total: number, used = 10): Amounts => ({
  ...{ thing: { cluster, resource: "vcpus", scope: "cluster" }, at: AT, used, total },
});

/** A store in which every thing has used more each hour, and that counts what it is asked. */
function askingOf(memory = new ForecastMemory()) {
  const state = { asked: 0, isWhole: true };
  const timesMs = Float64Array.from({ length: 28 * 24 }, (_, hour) => AT - (28 * 24 - 1 - hour) * HOUR_MS);
  const asking: Asking = {
    instant: async () => [],
    range: async (query) => {
      state.asked++;
      const cluster = /cluster="([^"]+)"/.exec(query)?.[1] ?? "";
      const values = timesMs.map((_, hour) => (query.includes("_total") ? 1_000 : 100 + hour));
      return [{ labels: { cluster, resource: "vcpus", scope: "cluster" }, timesMs, values }];
    },
    isWhole: () => state.isWhole,
    forecasts: memory,
  };
  const kindsOf = async (rows: readonly Amounts[], at: EpochMs = AT) => {
    const forecasts = await forecastsOf(asking, rows, at);
    return rows.map(({ thing }) => forecasts.get(keyOf(thing))?.forecast.kind);
  };
  return { state, kindsOf };
}

test("within an hour a forecast is made once, and is the same", async () => {
  const { state, kindsOf } = askingOf();
  expect(await kindsOf([rowOf("a", 1_000)])).toEqual(["runs_out"]);
  const asked = state.asked;
  expect(await kindsOf([rowOf("a", 1_000)], epochMsOf(AT + HOUR_MS / 2))).toEqual(["runs_out"]);
  expect(state.asked).toBe(asked);
  // Of those that are not known yet alone the history is read.
  expect(await kindsOf([rowOf("a", 1_000), rowOf("b", 1_000)])).toEqual(["runs_out", "runs_out"]);
  expect(state.asked).toBe(2 * asked);
});

test.each([
  ["the hour", rowOf("a", 1_000), epochMsOf(AT + HOUR_MS)],
  ["the total", rowOf("a", 2_000), AT],
])("another one is made when %s is another", async (_what, row, at) => {
  const { state, kindsOf } = askingOf();
  await kindsOf([rowOf("a", 1_000)]);
  const asked = state.asked;
  await kindsOf([row], at);
  expect(state.asked).toBe(2 * asked);
});

test("what is full now is so whatever was foretold", async () => {
  const { kindsOf } = askingOf();
  expect(await kindsOf([rowOf("a", 1_000)])).toEqual(["runs_out"]);
  expect(await kindsOf([rowOf("a", 1_000, 1_000)])).toEqual(["full"]);
});

test("what was made while a store did not answer is not kept", async () => {
  const { state, kindsOf } = askingOf();
  state.isWhole = false;
  await kindsOf([rowOf("a", 1_000)]);
  const asked = state.asked;
  state.isWhole = true;
  await kindsOf([rowOf("a", 1_000)]);
  expect(state.asked).toBe(2 * asked);
});

test("who asks about the past does not take the forecasts of now away", async () => {
  const { state, kindsOf } = askingOf();
  await kindsOf([rowOf("a", 1_000)]);
  await kindsOf([rowOf("a", 1_000)], epochMsOf(AT - 24 * HOUR_MS));
  const asked = state.asked;
  await kindsOf([rowOf("a", 1_000)]);
  expect(state.asked).toBe(asked);
});

describe("however many things are asked about", () => {
  const foretold: Foretold = { forecast: { kind: "unknown", reason: "no_total" }, knownSinceMs: undefined };
  const filled = (count: number) => {
    const memory = new ForecastMemory();
    for (let i = 0; i < count; i++) memory.keep(`${i}`, AT, { total: 1, foretold });
    return Array.from({ length: count }, (_, i) => memory.get(`${i}`, 1, AT)).filter((one) => one !== undefined).length;
  };

  test("5,000 are remembered at most, and the last one always", () => {
    expect(filled(5_000)).toBe(5_000);
    expect(filled(5_001)).toBe(1);
    expect(filled(12_345)).toBe(2_345);
  });

  test("one that is known already makes no room for itself, and takes none of the others", () => {
    const memory = new ForecastMemory();
    for (let i = 0; i < 5_000; i++) memory.keep(`${i}`, AT, { total: 1, foretold });
    memory.keep("0", AT, { total: 2, foretold });
    expect(memory.get("0", 2, AT)).toBe(foretold);
    expect(memory.get("4999", 1, AT)).toBe(foretold);
  });
});
