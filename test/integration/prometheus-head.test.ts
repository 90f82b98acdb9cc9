import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { windowsOf } from "../../collector/head/windows.ts";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import type { Series } from "../../core/series.ts";
import { evaluateRange } from "../../promql/evaluate.ts";
import type { SeriesSource, WindowSelection } from "../../promql/source.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../store/embedded/metrics/limits.ts";
import { type Prometheus, startPrometheus } from "./fixtures/prometheus.ts";
import { answerOf, differences } from "./fixtures/prometheus-answers.ts";
import { BEGIN_MS, END_MS, promqlData } from "./fixtures/promql-data.ts";

/** With NaN, infinities and stale markers, as scraped pages have them. */
const data = promqlData(7);
const lifetime = new Lifetime();
let prometheus: Prometheus;
let head: EmbeddedMetrics;

beforeAll(async () => {
  const clock = { now: () => epochMsOf(END_MS), monotonicMs: () => 0 };
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-agreement-"));
  lifetime.defer("folder", async () => rmSync(folder, { recursive: true, force: true }));
  head = await openEmbeddedMetrics(
    join(folder, "metrics.duckdb"),
    EMBEDDED_METRICS_LIMITS,
    { clock, log: silentLog },
    lifetime,
  );
  for (const samples of inBatches(data)) expect(await head.write({ samples })).toEqual({ kind: "ok" });
  prometheus = await startPrometheus();
  await prometheus.write(data);
});
afterAll(async () => {
  await prometheus?.stop();
  await lifetime.end();
});

/** As they would arrive: some minutes at a time, so that they lie in several pieces. */
function inBatches(series: readonly Series[]) {
  const samples = series.flatMap(({ labels, timesMs, values }) =>
    Array.from(timesMs, (at, i) => ({ labels, at: epochMsOf(at), value: values[i] ?? 0 })),
  );
  const byMinutes = Map.groupBy(samples, ({ at }) => Math.floor((at - BEGIN_MS) / 420_000));
  return [...byMinutes.values()];
}

/** The data lies on both sides of a full hour, where the head begins another table. */
const HOUR_MS = Math.ceil(BEGIN_MS / 3_600_000) * 3_600_000;

test("the data lies in two hours", () => {
  expect(HOUR_MS).toBeGreaterThan(BEGIN_MS + 300_000);
  expect(HOUR_MS).toBeLessThan(END_MS - 300_000);
});

const QUERIES = [
  "memory_used_bytes / memory_total_bytes",
  "sum by (host) (rate(requests_total[5m]))",
  "rate(requests_total[5m] offset 2m)",
  'max_over_time(temperature_celsius{sensor="cpu"}[12m])',
  "quantile_over_time(0.9, (memory_used_bytes)[11m300ms:20s])",
  "histogram_quantile(0.9, sum by (le, op) (rate(latency_seconds_bucket[2m])))",
  "temperature_celsius * on (host) group_left (cluster) host_info",
  "topk by (sensor) (9, temperature_celsius)",
  '{__name__=~"memory_.*"} unless on (host) host_info{cluster="b"}',
  "changes(temperature_celsius[10m]) and temperature_celsius > 200",
  "odd_value",
  "max_over_time(odd_value[3m])",
  "ephemeral",
  "count_over_time(ephemeral[4m])",
];

async function expectAgreement(query: string): Promise<void> {
  const range = { fromMs: HOUR_MS - 299_500, toMs: HOUR_MS + 299_500, stepMs: 7_000 };
  const theirs = await prometheus.range(query, range);
  const selectBlocks = head.selectBlocks.bind(head);
  const handedOver: SeriesSource = { select: head.select.bind(head), selectBlocks };
  const workedOut = { ...handedOver, selectWindows: (selection: WindowSelection) => windowsOf(head, selection) };
  for (const source of [handedOver, workedOut]) {
    const span = { from: epochMsOf(range.fromMs), to: epochMsOf(range.toMs), stepMs: range.stepMs };
    const { series } = await evaluateRange(query, span, { source });
    expect(differences(answerOf(series), theirs)).toEqual([]);
    expect(series.length).toBeGreaterThan(0);
  }
}

test.each(QUERIES)("over the head there is no seam at the full hour: %s", expectAgreement);

test("and none when both hours are sealed", async () => {
  await head.seal();
  await head.sealPresent();
  expect(head.stats().sealed.hours).toBe(2);
  for (const query of QUERIES) await expectAgreement(query);
});
