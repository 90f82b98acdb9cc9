import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { Labels } from "../../core/series.ts";
import { openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../store/embedded/metrics/limits.ts";
import type { MetricStore, Selection } from "../../store/metric-store.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import {
  away,
  BEGIN,
  joined,
  NOW,
  nameOf,
  placedSamples,
  sample,
  span,
  spans,
  told,
  writePlaced,
} from "./fixtures/joined-stores.ts";
import { metricStoreContract } from "./metric-store.contract.ts";

describe("head and long store together are a MetricStore", () => {
  metricStoreContract(async () => {
    const path = join(temporaryFolder(), "metrics.duckdb");
    const lifetime = new Lifetime();
    onTestFinished(() => lifetime.end());
    const limits = { ...EMBEDDED_METRICS_LIMITS, database: { threads: 1, memoryMegabytes: 256 } };
    const clock = { now: () => NOW, monotonicMs: () => 0 };
    const head = await openEmbeddedMetrics(path, limits, { clock, log: silentLog }, lifetime);
    const long = new MemoryMetricStore();
    const minutesAgo = (minutes: number): EpochMs => epochMsOf(NOW - minutes * 60_000);
    const { reader } = joined({ head, long, headFrom: () => minutesAgo(100) });
    const store: MetricStore = {
      ...reader,
      write: async ({ samples }) => {
        // The head forgot some, the long store has not got the newest yet, and in between both have all.
        await head.write({ samples: samples.filter(({ at }) => at >= minutesAgo(120)) });
        return long.write({ samples: samples.filter(({ at }) => at < minutesAgo(60)) });
      },
      close: () => lifetime.end(),
    };
    return { store, now: NOW };
  });
});

test("however samples lie in head and long store, they read as from one store that has them all", async () => {
  await fc.assert(
    fc.asyncProperty(placedSamples, spans, async (placed, asked) => {
      const { reader, ...stores } = joined();
      const whole = await writePlaced(placed, stores);
      expect(told(await reader.select(asked))).toEqual(told(await whole.select(asked)));
      const names = (found: readonly Labels[]) => found.map(nameOf).sort();
      expect(names(await reader.series(asked))).toEqual(names(await whole.series(asked)));
    }),
    { numRuns: 500 },
  );
});

test("of two values with one time the head's counts, which knows what came last", async () => {
  const { reader, head, long } = joined();
  await head.write({ samples: [sample("a", BEGIN - 2, 1)] });
  await long.write({ samples: [sample("a", BEGIN - 2, 9), sample("a", BEGIN - 3, 4)] });
  expect(told(await reader.select(span(0, NOW)))).toEqual([
    [
      "m a",
      [
        [BEGIN - 3, 4],
        [BEGIN - 2, 1],
      ],
    ],
  ]);
});

test("what lies in the head's span is not asked of the long store, and of an older span only what is older", async () => {
  const { reader, long } = joined();
  await reader.select(span(BEGIN, NOW));
  await reader.series(span(BEGIN, NOW));
  expect(long.selections).toEqual([]);
  await reader.select(span(BEGIN - 1, NOW));
  await reader.select(span(BEGIN - 9, BEGIN - 5));
  expect(long.selections.map(({ from, to }) => [from - BEGIN, to - BEGIN])).toEqual([
    [-1, -1],
    [-9, -5],
  ]);
});

describe("when the long store is away", () => {
  test("whoever can be warned gets what the head has, anybody else the error", async () => {
    const long = away("store.unreachable");
    const { reader, head } = joined({ long });
    await head.write({ samples: [sample("a", NOW, 1)] });
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    expect(told(await reader.select(span(0, NOW, { warn })))).toEqual([["m a", [[NOW, 1]]]]);
    expect(await reader.series(span(0, NOW, { warn }))).toHaveLength(1);
    expect(warnings).toEqual(Array(2).fill("only the recent hours are answered: no answer"));
    await expect(reader.select(span(0, NOW))).rejects.toMatchObject({ code: "store.unreachable" });
    expect(told(await reader.select(span(BEGIN, NOW)))).toHaveLength(1);
  });

  test("it is left alone for a while, since each query would wait for it again, and then asked again", async () => {
    const long = away("store.timeout");
    const { reader, pass } = joined({ long });
    const warn = (): void => {};
    for (let i = 0; i < 3; i++) await reader.select(span(0, NOW, { warn }));
    expect(long.asked()).toBe(1);
    pass(5_000);
    await reader.select(span(0, NOW, { warn }));
    expect(long.asked()).toBe(2);
  });

  test("a question it refuses as too large stays refused", async () => {
    const { reader } = joined({ long: away("query.too_large") });
    await expect(reader.select(span(0, NOW, { warn: () => {} }))).rejects.toMatchObject({ code: "query.too_large" });
  });

  test("of which series there are, too many for it to tell, the recent ones are told", async () => {
    const { reader, head } = joined({ long: away("query.too_large") });
    await head.write({ samples: [sample("a", NOW, 1)] });
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    expect(await reader.series(span(0, NOW, { warn }))).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });

  test("a question nobody waits for any more throws its reason and warns nobody", async () => {
    const stop = new AbortController();
    const reason = new Error("gone");
    const select = async (): Promise<never> => {
      stop.abort(reason);
      throw new OperatorError({ code: "store.unreachable", message: "cut", hint: "" });
    };
    const { reader } = joined({ long: { select, series: select } });
    const warn = (): never => {
      throw new Error("warned");
    };
    await expect(reader.select(span(0, NOW, { signal: stop.signal, warn }))).rejects.toBe(reason);
  });
});

test("a long store that has begun to take no deliveries is not waited for any longer", async () => {
  const select = ({ signal }: Selection): Promise<never> =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
  let trouble: string | undefined;
  const { reader, head } = joined({ long: { select, series: select }, notDelivered: () => trouble });
  await head.write({ samples: [sample("a", NOW, 1)] });
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const warnings: string[] = [];
  let isAnswered = false;
  const asked = reader.select(span(0, NOW, { warn: (message) => void warnings.push(message) })).finally(() => {
    isAnswered = true;
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(isAnswered).toBe(false);
  trouble = "no answer";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told(await asked)).toEqual([["m a", [[NOW, 1]]]]);
  expect(warnings).toEqual([expect.stringContaining("takes no deliveries and has not answered either")]);
});

test("while the long store has not got all that is older, the answer says so", async () => {
  const { reader } = joined({ notDelivered: () => "no disk" });
  const warnings: string[] = [];
  await reader.select(span(0, NOW, { warn: (message) => void warnings.push(message) }));
  expect(warnings).toEqual(["the long store may lack what waits in the spool for it: no disk"]);
});
