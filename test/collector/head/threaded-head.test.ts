import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Head } from "../../../collector/head/head.ts";
import { openThreadedHead } from "../../../collector/head/threaded-head.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { type Log, silentLog } from "../../../core/log.ts";
import { METRIC_NAME } from "../../../core/series.ts";
import { openEmbeddedMetrics } from "../../../store/embedded/metrics/head.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../../store/embedded/metrics/limits.ts";
import { labelsIn } from "../../../store/embedded/metrics/sample-block.ts";
import { deliveredStore, frameOf } from "../../store/delivered-store.ts";
import { metricStoreContract } from "../../store/metric-store.contract.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

const NOW = epochMsOf(Date.now());
const LIMITS = { ...EMBEDDED_METRICS_LIMITS, database: { threads: 1, memoryMegabytes: 128 } };
const HOUR_MS = 3_600_000;
const PLACE = { segment: 1, offset: 7 };

async function openHead(path = join(temporaryFolder(), "metrics.duckdb"), log: Log = silentLog, limits = LIMITS) {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  return { head: await openThreadedHead(path, limits, log, lifetime), close: () => lifetime.end() };
}

const everything = { matchers: [], from: epochMsOf(NOW - 1_000), to: epochMsOf(NOW + 1_000) };
const named = (name: string) => ({ ...everything, matchers: [{ kind: "=", name: METRIC_NAME, value: name } as const] });

async function write(head: Head, lines: readonly string[]): Promise<void> {
  expect(await head.consume([frameOf(lines.join("\n"))], PLACE)).toEqual({ kind: "ok" });
}

describe("the head in a thread of its own is a MetricStore", () => {
  metricStoreContract(
    async () => {
      const { head } = await openHead();
      return { store: deliveredStore(head, head), now: NOW };
    },
    { runs: 10 },
  );
});

test("blocks of many series have the labels of each, asked once or again, beside each other or after new ones", async () => {
  const { head } = await openHead();
  const hosts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `h${from + i}`);
  const lines = (some: readonly string[]) => some.map((host) => `mem,host=${host} total_bytes=1 ${NOW}`);
  const found = async (lastOnly: boolean) => {
    const blocks = await head.selectBlocks({ ...named("mem_total_bytes"), lastOnly });
    return blocks.flatMap(labelsIn).map(({ host }) => host);
  };
  await write(head, lines(hosts(0, 2_500)));
  const answers = await Promise.all([found(true), found(false), found(true)]);
  for (const answer of answers) expect(answer).toEqual(hosts(0, 2_500));
  await write(head, lines(hosts(2_500, 2_600)));
  expect(await found(true)).toEqual(hosts(0, 2_600));
  expect((await head.series(named("mem_total_bytes"))).map(({ host }) => host)).toEqual(hosts(0, 2_600));
  expect(head.stats().series).toBe(2_600 * 15);
});

test("series of the past have their labels, asked once or again, beside those there are", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const limits = { ...LIMITS, retentionHours: 2, rollups: { minuteDays: 3, hourDays: 0 } };
  const before = new Lifetime();
  let now = epochMsOf(NOW - 5 * HOUR_MS);
  const clock = { now: () => now, monotonicMs: () => 0 };
  const local = await openEmbeddedMetrics(path, limits, { clock, log: silentLog }, before);
  const up = (host: string) => ({ labels: { [METRIC_NAME]: "up", host }, at: now, value: 1 });
  const gone = Array.from({ length: 1_200 }, (_, i) => `gone-${i}`);
  await local.write({ samples: gone.map(up) });
  now = NOW;
  await local.seal();
  await local.write({ samples: [up("there")] });
  await before.end();
  const { head } = await openHead(path, silentLog, limits);
  const hosts = async (from: number) => {
    const blocks = await head.selectBlocks({ ...named("up"), from: epochMsOf(from) });
    return blocks.flatMap(labelsIn).map(({ host }) => host);
  };
  const answers = await Promise.all([hosts(0), hosts(NOW - 60_000), hosts(0)]);
  expect(answers).toEqual([["there", ...gone], ["there"], ["there", ...gone]]);
  expect(await hosts(0)).toHaveLength(1_201);
  const labels = await head.series({ ...named("up"), from: epochMsOf(0) });
  expect(labels.map(({ host }) => host)).toContain("gone-1199");
});

test("a block's memory is given back alone, and what the head keeps stays", async () => {
  const { head } = await openHead();
  await write(head, [`m,i=1 value=1 ${NOW}`, `m,i=1 value=2 ${NOW - 1}`, `n,i=1 value=3 ${NOW}`]);
  for (const lastOnly of [true, false]) {
    const [of, other] = [await head.selectBlocks({ ...named("m"), lastOnly }), await head.selectBlocks(named("n"))];
    for (const block of of) block.release?.();
    expect(
      of.map(({ ids, begins, timesMs, values }) => [ids, begins, timesMs, values].map(({ length }) => length)),
    ).toEqual([[0, 0, 0, 0]]);
    expect(other.map(({ values }) => [...values])).toEqual([[3]]);
    expect((await head.select(named("m"))).map(({ values }) => [...values])).toEqual([[2, 1]]);
  }
});

test("where it stands in the spool is told when it is opened again", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const first = await openHead(path);
  expect(first.head.openedAt).toBeUndefined();
  await write(first.head, [`m value=1 ${NOW}`]);
  await first.close();
  const { head } = await openHead(path);
  expect(head.openedAt).toEqual(PLACE);
  expect(await head.series(named("m"))).toHaveLength(1);
});

test("errors come over with what to do about them", async () => {
  const path = join(temporaryFolder(), "metrics.duckdb");
  const first = await openHead(path);
  await write(first.head, [`m value=1 ${NOW}`]);
  await first.close();
  truncateSync(path, 4_096);
  writeFileSync(path, "no database", { flag: "r+" });
  await expect(openHead(path)).rejects.toMatchObject({ code: "store.damaged", status: 503, hint: expect.any(String) });
});

test("a selection that is too large is refused as it would be here", async () => {
  const { head } = await openHead(undefined, silentLog, { ...LIMITS, samplesPerSelection: 3 });
  await write(
    head,
    Array.from({ length: 5 }, (_, i) => `m value=1 ${NOW - i}`),
  );
  await expect(head.select(named("m"))).rejects.toMatchObject({ code: "query.too_large", status: 422 });
});

test("whoever does not want an answer any more waits no longer, and others get theirs", async () => {
  const { head } = await openHead();
  await write(
    head,
    Array.from({ length: 2_000 }, (_, i) => `m,i=${i} value=1 ${NOW}`),
  );
  const controller = new AbortController();
  const asked = head.select({ ...everything, signal: controller.signal });
  const other = head.select(named("m"));
  controller.abort(new Error("gone"));
  await expect(asked).rejects.toThrow("gone");
  expect(await other).toHaveLength(2_000);
  await expect(head.select({ ...everything, signal: AbortSignal.abort(new Error("never")) })).rejects.toThrow("never");
});

test("what is waiting is answered before the thread ends", async () => {
  const { head, close } = await openHead();
  const writing = write(head, [`m value=1 ${NOW}`]);
  await close();
  await writing;
});
