import fc from "fast-check";
import { expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, type Labels, METRIC_NAME } from "../../core/series.ts";
import type { MetricStore, Sample } from "../../store/metric-store.ts";

/** What a store may do otherwise than the port says, for reasons of the engine under it. */
export interface StoreTraits {
  /** Of several values of one series and millisecond the greatest counts, since the store does not know their order. */
  readonly keepsGreatest?: boolean;
  /** Numbers are kept as decimals of about 15 digits, the last of which is common to many samples of a series. */
  readonly keepsDecimals?: boolean;
  readonly runs?: number;
}

/** What each test gets: an empty store that takes samples of the hours around `now`, gone when the test is over. */
export type OpenMetricStore = () => Promise<{ readonly store: MetricStore; readonly now: EpochMs }>;

const MINUTE_MS = 60_000;

const equals = (name: string, value: string): LabelMatcher => ({ kind: "=", name, value });
const named = (name: string): LabelMatcher => equals(METRIC_NAME, name);
const sample = (labels: Labels, at: number, value: number): Sample => ({ labels, at: epochMsOf(at), value });

/** The promises of every `MetricStore`. */
export function metricStoreContract(
  open: OpenMetricStore,
  { keepsGreatest = false, keepsDecimals = false, runs = 25 }: StoreTraits = {},
): void {
  const read = async (store: MetricStore, matchers: readonly LabelMatcher[], from: number, to: number) => {
    const found = await store.select({ matchers, from: epochMsOf(from), to: epochMsOf(to) });
    return found.map(({ labels, timesMs, values }) => ({
      labels,
      samples: [...timesMs].map((at, i) => [at, values[i]]),
    }));
  };

  test("what was written is selected by name, in ascending time, both ends of the span included", async () => {
    const { store, now } = await open();
    const labels = { [METRIC_NAME]: "load", host: "a" };
    const samples = [3, 1, 2, 0, 4].map((i) => sample(labels, now + i * 1_000, i / 10));
    expect(await store.write({ samples })).toEqual({ kind: "ok" });
    expect(await read(store, [named("load")], now + 1_000, now + 3_000)).toEqual([
      { labels, samples: [1, 2, 3].map((i) => [now + i * 1_000, i / 10]) },
    ]);
  });

  test("a span over several hours is one series without a seam", async () => {
    const { store, now } = await open();
    const labels = { [METRIC_NAME]: "load" };
    const times = Array.from({ length: 30 }, (_, i) => now - (30 - i) * 10 * MINUTE_MS);
    for (const at of times) await store.write({ samples: [sample(labels, at, at)] });
    const [found] = await read(store, [named("load")], now - 300 * MINUTE_MS, now);
    expect(found?.samples).toEqual(times.map((at) => [at, at]));
  });

  test("of two samples with one series and one millisecond the last to arrive counts", async () => {
    const { store, now } = await open();
    const labels = { [METRIC_NAME]: "m", a: "1" };
    await store.write({ samples: [sample(labels, now, 1), sample({ a: "1", [METRIC_NAME]: "m" }, now, 2)] });
    await store.write({ samples: [sample(labels, now + 1, 9), sample({ ...labels }, now, 3)] });
    expect(await read(store, [named("m")], now, now + 1)).toEqual([
      {
        labels,
        samples: [
          [now, 3],
          [now + 1, 9],
        ],
      },
    ]);
  });

  test.each<[string, readonly LabelMatcher[], readonly string[]]>([
    ["equal", [equals("host", "a")], ["1", "2"]],
    ["not equal", [{ kind: "!=", name: "host", value: "a" }], ["3", "4"]],
    ["matching", [{ kind: "=~", name: "host", pattern: /^(?:a|b)$/ }], ["1", "2", "3"]],
    ["not matching", [{ kind: "!~", name: "host", pattern: /^(?:a.*)$/ }], ["3", "4"]],
    ["an absent label is empty", [equals("host", "")], ["4"]],
    ["not empty", [{ kind: "!=", name: "host", value: "" }], ["1", "2", "3"]],
    ["all of several", [equals("host", "a"), equals("if", "eth1")], ["2"]],
    ["another name", [named("other")], []],
    ["no matcher at all", [], ["1", "2", "3", "4"]],
  ])("labels select: %s", async (_name, matchers, expected) => {
    const { store, now } = await open();
    const base = { [METRIC_NAME]: "m" };
    const all = [
      { ...base, host: "a", if: "eth0", n: "1" },
      { ...base, host: "a", if: "eth1", n: "2" },
      { ...base, host: "b", if: "eth0", n: "3" },
      { ...base, n: "4" },
    ];
    await store.write({ samples: all.map((labels) => sample(labels, now, 1)) });
    const found = await read(store, matchers, now, now);
    expect(found.map(({ labels }) => labels.n).sort()).toEqual(expected);
  });

  test("series without samples in the span are left out", async () => {
    const { store, now } = await open();
    const [a, b] = [
      { [METRIC_NAME]: "m", s: "a" },
      { [METRIC_NAME]: "m", s: "b" },
    ];
    await store.write({ samples: [sample(a, now - 2_000, 1), sample(b, now, 1)] });
    const span = { matchers: [named("m")], from: epochMsOf(now - 1_000), to: now };
    expect((await store.select(span)).map(({ labels }) => labels)).toEqual([b]);
    expect(await store.series(span)).toEqual([b]);
    expect(await store.series({ ...span, from: epochMsOf(now - 9_000) })).toHaveLength(2);
    expect(await store.select({ ...span, from: epochMsOf(now + 1), to: epochMsOf(now + 2) })).toEqual([]);
  });

  test(keepsDecimals ? "decimals come back as they were" : "every double comes back as it was", async () => {
    const { store, now } = await open();
    const labels = { [METRIC_NAME]: "m" };
    const doubles = [0, -0, 1e308, -1e-308, Number.MAX_SAFE_INTEGER, 0.1 + 0.2, Number.MIN_VALUE];
    const values = keepsDecimals ? [0, 12.5, -0.01, Number.MAX_SAFE_INTEGER, 1e15, 123_456_789.25, -7] : doubles;
    await store.write({ samples: values.map((value, i) => sample(labels, now + i, value)) });
    const [found] = await read(store, [named("m")], now, now + values.length);
    expect(found?.samples.map(([, value]) => value)).toEqual(values);
  });

  test("a selection whose signal has fired throws its reason", async () => {
    const { store, now } = await open();
    await store.write({ samples: [sample({ [METRIC_NAME]: "m" }, now, 1)] });
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.abort(reason);
    await expect(store.select({ matchers: [named("m")], from: now, to: now, signal })).rejects.toBe(reason);
  });

  test("any batches, in any order, read like a map from series and millisecond to the last value", async () => {
    const point = fc.record({
      series: fc.constantFrom("a", "b", "c"),
      offsetMs: fc.oneof(fc.integer({ min: -20, max: 0 }), fc.integer({ min: -10_000_000, max: 0 })),
      value: keepsDecimals
        ? fc.integer({ min: -1e9, max: 1e9 }).map((hundredths) => hundredths / 100)
        : fc.double({ noNaN: true, noDefaultInfinity: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(point, { maxLength: 20 }), { maxLength: 5 }), async (batches) => {
        const { store, now } = await open();
        const expected = new Map<string, number>();
        for (const batch of batches) {
          await store.write({
            samples: batch.map((p) => sample({ [METRIC_NAME]: p.series }, now + p.offsetMs, p.value)),
          });
          for (const p of batch) {
            const key = `${p.series} ${now + p.offsetMs}`;
            const before = expected.get(key) ?? Number.NEGATIVE_INFINITY;
            expected.set(key, keepsGreatest ? Math.max(before, p.value) : p.value);
          }
        }
        const found = await read(store, [], now - 10_000_000, now);
        const entries = found.flatMap(({ labels, samples }) =>
          samples.map(([at, value]) => [`${labels[METRIC_NAME]} ${at}`, value] as const),
        );
        expect(new Map(entries)).toEqual(expected);
        expect(entries).toHaveLength(expected.size);
        await store.close();
      }),
      { numRuns: runs },
    );
  });
}
