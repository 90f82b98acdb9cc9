import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { valueField } from "../../core/special-value.ts";
import { staleMarks } from "../../promql/staleness.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../store/embedded/metrics/limits.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { readerOf } from "../collector/line-protocol/read.ts";

/** A quarter past: the hour before is over long enough to be sealed. */
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const LAST_HOUR = NOW - 3_600_000;

async function open(path: string): Promise<{ head: EmbeddedMetrics; close: () => Promise<void> }> {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const limits = { ...EMBEDDED_METRICS_LIMITS, database: { threads: 1, memoryMegabytes: 256 } };
  const parts = { clock: { now: () => NOW, monotonicMs: () => 0 }, log: silentLog };
  return { head: await openEmbeddedMetrics(path, limits, parts, lifetime), close: () => lifetime.end() };
}

async function write(head: EmbeddedMetrics, values: readonly (number | "stale")[]): Promise<void> {
  const rows = head.gather();
  const lines = values.map((value, i) => `m ${valueField(value)} ${LAST_HOUR + i}`);
  for (const reader = readerOf(lines.join("\n")); reader.nextGood(); ) rows.addLine(reader, "c");
  await head.writeGathered(rows, undefined);
}

/** Values in the order of their times. */
async function valuesOf(head: EmbeddedMetrics): Promise<readonly (number | "stale")[]> {
  const matchers = [{ kind: "=", name: METRIC_NAME, value: "m" } as const];
  const [series] = await head.select({ matchers, from: epochMsOf(LAST_HOUR), to: NOW });
  const values = series?.values ?? new Float64Array(0);
  const marks = staleMarks(values);
  return Array.from(values, (value, i) => (marks?.[i] === 1 ? "stale" : value));
}

test("NaN, infinities and the end of a series are what they are in rows, in sealed files, and after another start", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const first = await open(path);
  const values: readonly (number | "stale")[] = [
    0.25,
    "stale",
    Number.NaN,
    0.5,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    "stale",
    -0,
  ];
  await write(first.head, values);
  expect(await valuesOf(first.head)).toEqual(values);
  await first.head.seal();
  expect(first.head.stats().sealed.hours).toBe(1);
  expect(await valuesOf(first.head)).toEqual(values);
  await first.close();
  const second = await open(path);
  expect(await valuesOf(second.head)).toEqual(values);
});

test("of samples of one time the last counts, also when it says that the series ends, or no longer does", async () => {
  const { head } = await open(join(temporaryFolder(), "metrics.duckdb"));
  await write(head, [1, "stale", 3]);
  await write(head, ["stale", 2, 3]);
  await head.seal();
  expect(await valuesOf(head)).toEqual(["stale", 2, 3]);
});

test("what is no such word is no sample, and neither is any other text", async () => {
  const { head } = await open(join(temporaryFolder(), "metrics.duckdb"));
  const rows = head.gather();
  const lines = [
    `m value_is="broken" ${LAST_HOUR}`,
    `m other="stale" ${LAST_HOUR}`,
    `m value_is="nan",value=7 ${LAST_HOUR + 1}`,
  ];
  for (const reader = readerOf(lines.join("\n")); reader.nextGood(); ) rows.addLine(reader, "c");
  await head.writeGathered(rows, undefined);
  expect(await valuesOf(head)).toEqual([7]);
});
