import { existsSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS, type EmbeddedMetricsLimits } from "../../store/embedded/metrics/limits.ts";
import { NONE_BY_SCOPE } from "../../store/embedded/metrics/refused.ts";
import { setAsideDatabase } from "../../store/embedded/set-aside.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { readerOf } from "../collector/line-protocol/read.ts";
import { metricStoreContract } from "./metric-store.contract.ts";

const NOON = epochMsOf(Date.UTC(2026, 8, 21, 12, 30));
const HOUR_MS = 3_600_000;

interface OpenOptions {
  readonly path?: string;
  readonly clock?: Clock;
  readonly limits?: Partial<EmbeddedMetricsLimits>;
}

const stillClock = (now: EpochMs): Clock => ({ now: () => now, monotonicMs: () => 0 });

async function openHead(options: OpenOptions = {}): Promise<{ head: EmbeddedMetrics; close: () => Promise<void> }> {
  // Before the lifetime: what is made first is removed last.
  const path = options.path ?? join(temporaryFolder(), "metrics.duckdb");
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const limits = { ...EMBEDDED_METRICS_LIMITS, database: { threads: 1, memoryMegabytes: 256 }, ...options.limits };
  const parts = { clock: options.clock ?? stillClock(NOON), log: silentLog };
  const head = await openEmbeddedMetrics(path, limits, parts, lifetime);
  return { head, close: () => lifetime.end() };
}

const one = (name: string, at: number, value = 1) => ({ labels: { [METRIC_NAME]: name }, at: epochMsOf(at), value });

async function writeLines(head: EmbeddedMetrics, text: string, cluster: string): Promise<void> {
  const rows = head.gather();
  const reader = readerOf(text);
  while (reader.nextGood()) rows.addLine(reader, cluster);
  await head.writeGathered(rows, undefined);
}

async function valuesOf(head: EmbeddedMetrics, name: string): Promise<readonly number[]> {
  const matchers = [{ kind: "=", name: METRIC_NAME, value: name } as const];
  const [series] = await head.select({ matchers, from: epochMsOf(0), to: epochMsOf(4e12) });
  return [...(series?.values ?? [])];
}

describe("the embedded head is a MetricStore", () => {
  metricStoreContract(async () => ({ store: (await openHead()).head, now: NOON }));
});

test("samples, series and the place in the spool are there after opening again", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const first = await openHead({ path });
  expect(first.head.spoolPosition()).toBeUndefined();
  await first.head.write({ samples: [one("m", NOON, 1)], position: { segment: 1_790_000_000_000, offset: 8 } });
  await first.head.write({ samples: [one("m", NOON + 1, 2)], position: { segment: 1_790_000_000_000, offset: 99 } });
  await first.close();
  const { head } = await openHead({ path });
  expect(head.spoolPosition()).toEqual({ segment: 1_790_000_000_000, offset: 99 });
  await head.write({ samples: [one("m", NOON, 3), one("n", NOON, 4)] });
  expect(await valuesOf(head, "m")).toEqual([3, 2]);
  expect(await valuesOf(head, "n")).toEqual([4]);
  expect(head.stats().series).toBe(2);
});

test("samples of lines have the names and labels PromQL knows, and text has none", async () => {
  const { head } = await openHead();
  const lines = [
    `if,host=a,__proto__=p rx=1i,value=2.5,up=t,s="x" ${NOON}`,
    `mem,host=a,cluster=own total_bytes=8i,unknown=7 ${NOON}`,
    `mem,host=a total_bytes=9i ${NOON}`,
  ];
  await writeLines(head, lines.join("\n"), "c1");
  const found = await head.select({ matchers: [], from: NOON, to: NOON });
  const labels = (entries: readonly (readonly [string, string])[]) => Object.fromEntries([...entries].sort());
  const ifLabels = [
    ["cluster", "c1"],
    ["__proto__", "p"],
    ["host", "a"],
  ] as const;
  const told = found.map((series) => [labels(Object.entries(series.labels)), ...series.values]);
  expect(new Set(told.map((one) => JSON.stringify(one)))).toEqual(
    new Set(
      [
        [labels([...ifLabels, [METRIC_NAME, "if_rx"]]), 1],
        [labels([...ifLabels, [METRIC_NAME, "if"]]), 2.5],
        [labels([...ifLabels, [METRIC_NAME, "if_up"]]), 1],
        [{ [METRIC_NAME]: "mem_total_bytes", cluster: "own", host: "a" }, 8],
        [{ [METRIC_NAME]: "mem_unknown", cluster: "own", host: "a" }, 7],
        [{ [METRIC_NAME]: "mem_total_bytes", cluster: "c1", host: "a" }, 9],
      ].map((one) => JSON.stringify(one)),
    ),
  );
});

test("above the limit samples of new series are refused and counted; known series go on", async () => {
  const { head } = await openHead({ limits: { series: 2 } });
  await head.write({ samples: [one("a", NOON), one("b", NOON)] });
  const outcome = await head.write({ samples: [one("c", NOON), one("a", NOON + 1), one("c", NOON + 1)] });
  expect(outcome).toEqual({ kind: "rejected", count: 2, reason: "2 of new series above the limit of 2" });
  expect(await valuesOf(head, "a")).toHaveLength(2);
  expect(head.stats()).toMatchObject({ series: 2, refused: { tooManySeries: { store: 2, host: 0 } } });
});

test("samples older than the retention, or more than an hour ahead, are refused and counted", async () => {
  const { head } = await openHead({ limits: { retentionHours: 3 } });
  const outcome = await head.write({
    samples: [one("m", NOON - 4 * HOUR_MS), one("m", NOON), one("m", NOON + HOUR_MS + 1), one("m", NOON + HOUR_MS)],
  });
  expect(outcome).toMatchObject({ kind: "rejected", count: 2 });
  expect(head.stats().refused).toEqual({ tooManySeries: NONE_BY_SCOPE, tooOld: 1, tooNew: 1 });
});

test("hours past the retention go, and with them the series that were written in them last", async () => {
  let now = NOON;
  const clock = { now: () => now, monotonicMs: () => 0 };
  const path = join(temporaryFolder(), "metrics.duckdb");
  const { head, close } = await openHead({ path, clock, limits: { retentionHours: 2, series: 2 } });
  await head.write({ samples: [one("old", NOON), one("kept", NOON)] });
  now = epochMsOf(NOON + 2 * HOUR_MS);
  await head.write({ samples: [one("kept", now, 5)] });
  expect(await valuesOf(head, "old")).toHaveLength(1);
  now = epochMsOf(NOON + 3 * HOUR_MS);
  await head.write({ samples: [one("kept", now, 6)] });
  expect(await valuesOf(head, "kept")).toEqual([5, 6]);
  expect(head.stats()).toMatchObject({ series: 1, hours: 2 });
  expect(await head.write({ samples: [one("fresh", now)] })).toEqual({ kind: "ok" });
  await close();
  const again = await openHead({ path, clock });
  expect(again.head.stats()).toMatchObject({ series: 2, hours: 2 });
});

test("a selection larger than the limit is refused, and the next one works", async () => {
  const { head } = await openHead({ limits: { samplesPerSelection: 10 } });
  await head.write({ samples: Array.from({ length: 20 }, (_, i) => one(`m${i % 2}`, NOON + i)) });
  const all = { matchers: [], from: NOON, to: epochMsOf(NOON + 100) };
  await expect(head.select(all)).rejects.toMatchObject({ code: "query.too_large", status: 422 });
  expect(await valuesOf(head, "m1")).toHaveLength(10);
});

test("thousands of series at once are selected like a few", async () => {
  const { head } = await openHead();
  const samples = Array.from({ length: 5_000 }, (_, i) => ({
    labels: { [METRIC_NAME]: "m", i: String(i) },
    at: NOON,
    value: i,
  }));
  await head.write({ samples });
  const found = await head.select({ matchers: [], from: NOON, to: NOON });
  expect(found.map(({ labels, values }) => [labels.i, values[0]]).sort()).toEqual(
    samples.map(({ labels, value }) => [labels.i, value]).sort(),
  );
});

test("a damaged file is told as such, and a new head begins when it has been set aside", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "metrics.duckdb");
  writeFileSync(path, Buffer.alloc(20_000, "not a database"));
  await expect(openHead({ path })).rejects.toMatchObject({ code: "store.damaged", status: 503 });
  const aside = setAsideDatabase(path, NOON);
  expect(existsSync(aside)).toBe(true);
  const { head } = await openHead({ path });
  expect(head.spoolPosition()).toBeUndefined();
  await head.write({ samples: [one("m", NOON)] });
  expect(readdirSync(folder)).toContain("metrics.duckdb.damaged-2026-09-21T123000.000Z");
});

test("a file cut short is told as damaged", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const first = await openHead({ path });
  for (let i = 0; i < 5; i++) {
    await first.head.write({ samples: Array.from({ length: 5_000 }, (_, k) => one(`m${k}`, NOON + i, Math.random())) });
  }
  await first.close();
  truncateSync(path, 200_000);
  await expect(openHead({ path })).rejects.toMatchObject({ code: "store.damaged" });
});
