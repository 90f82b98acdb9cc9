import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import type { RollupDays } from "../../store/embedded/metrics/tiers.ts";
import { contentOf, EVERYTHING, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** The last hour of a day, and a quarter of the next: both can be moved on by hours. */
const HOUR = Date.UTC(2026, 8, 21, 23) / HOUR_MS;
const START = HOUR * HOUR_MS;
const DAY = Math.floor(HOUR / 24);
const NEXT = epochMsOf(START + HOUR_MS + 900_000);

/** Source: Prometheus, model/value/value.go. */
const STALE_BITS = 0x7ff0_0000_0000_0002n;

const folderOf = (path: string) => path.replace(/\.duckdb$/, "-sealed");
const filesOf = (path: string) => readdirSync(folderOf(path)).sort();
const valuesOf = async (head: EmbeddedMetrics, metric?: string) => [...(await contentOf(head, metric)).values()];

const openAt = (
  path: string,
  clock: { readonly nowMs: EpochMs },
  {
    retentionHours = 3,
    rollups = { minuteDays: 1, hourDays: 3 },
  }: { retentionHours?: number; rollups?: RollupDays } = {},
) => openHead(path, clock, { retentionHours, rollups });

/** Sealed, rolled up and dropped, as far as it is due. */
async function settle(head: EmbeddedMetrics): Promise<void> {
  await head.seal();
  await writeLines(head, []);
}

describe("files of rollups", () => {
  test("an hour that is sealed leaves its minutes behind; a day that is over, minutes and hours in one file each", async () => {
    const path = newPath();
    const clock = { nowMs: epochMsOf(START + 900_000) };
    const { head } = await openAt(path, clock);
    const before = START - HOUR_MS;
    await writeLines(
      head,
      [1, 3].map((value) => `mem,host=a total_bytes=${value} ${before + value}`),
    );
    await writeLines(head, [`own,host=a x=1 ${before}`]);
    await head.seal();
    expect(await valuesOf(head, "mem_total_bytes")).toEqual([1, 3]);
    const raw = ["rows_mem", "samples"].map((table) => `${table}_${HOUR - 1}_g0_0.parquet`);
    const minutes = ["rows_mem", "samples"].map((table) => `${table}_${HOUR - 1}_g0_0_1m.parquet`);
    expect(filesOf(path)).toEqual([...raw, ...minutes].sort());
    clock.nowMs = NEXT;
    await head.seal();
    const ofDay = ["rows_mem", "samples"].flatMap((table) =>
      ["1h", "1m"].map((tier) => `${table}_d${DAY}_g${HOUR + 1}_0_${tier}.parquet`),
    );
    expect(filesOf(path)).toEqual([...raw, ...ofDay].sort());
    expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 2 }, "1m": { files: 2 }, "1h": { files: 2 } });
    expect(head.stats().sealed.tiers["1h"].bytes).toBeGreaterThan(100);
  });

  test("each tier goes after its time: samples, minutes, hours, and then nothing is left, not even the series", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    const seconds = [0, 30, 60, 90];
    await writeLines(
      head,
      seconds.map((second) => `mem,host=a oom_kills=${second},total_bytes=${second} ${START + second * 1_000}`),
    );
    const at: [hoursLater: number, last: readonly number[], mean: readonly number[]][] = [
      [3, seconds, seconds],
      [4, [30, 90], [15, 75]],
      [24, [30, 90], [15, 75]],
      [25, [90], [45]],
      [72, [90], [45]],
      [73, [], []],
    ];
    for (const [hoursLater, last, mean] of at) {
      await head.seal();
      clock.nowMs = epochMsOf(START + hoursLater * HOUR_MS + 900_000);
      await settle(head);
      const read = [await valuesOf(head, "mem_oom_kills"), await valuesOf(head, "mem_total_bytes")];
      expect([hoursLater, ...read]).toEqual([hoursLater, last, mean]);
    }
    expect(filesOf(path)).toEqual([]);
    expect(head.stats()).toMatchObject({ series: 0, pastSeries: 0 });
  });

  test("a day is put together once: what comes late stays beside it by the hour until the next day is over", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    await writeLines(head, [`mem,host=a oom_kills=1 ${START}`]);
    await head.seal();
    const ofDay = filesOf(path).filter((name) => name.includes("_d"));
    await writeLines(head, [`mem,host=a oom_kills=2 ${START + 1}`]);
    await head.seal();
    expect(filesOf(path)).toEqual(
      [...ofDay, `rows_mem_${HOUR}_g1_0.parquet`, `rows_mem_${HOUR}_g1_0_1m.parquet`].sort(),
    );
    clock.nowMs = epochMsOf(NEXT + 24 * HOUR_MS);
    await settle(head);
    expect(await valuesOf(head)).toEqual([2]);
    expect(filesOf(path)).toEqual([`rows_mem_d${DAY}_g${HOUR + 25}_0_1h.parquet`]);
  });

  test("with 0 days of each there are none, and those that were there go", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const first = await openAt(path, clock);
    await writeLines(first.head, [`mem,host=a total_bytes=1 ${START}`]);
    await first.head.seal();
    await first.close();
    const { head } = await openAt(path, clock, { rollups: { minuteDays: 0, hourDays: 0 } });
    await writeLines(head, [`mem,host=a total_bytes=2 ${START + 1}`]);
    await settle(head);
    expect(filesOf(path)).toEqual([`rows_mem_${HOUR}_g1_0.parquet`]);
  });

  test("with hours alone, minutes are there until the day is over", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock, { retentionHours: 1, rollups: { minuteDays: 0, hourDays: 3 } });
    await writeLines(head, [`mem,host=a total_bytes=1 ${START}`, `mem,host=a total_bytes=3 ${START + 1_000}`]);
    await head.seal();
    clock.nowMs = epochMsOf(NEXT + 2 * HOUR_MS);
    await settle(head);
    expect(filesOf(path)).toEqual([`rows_mem_d${DAY}_g${HOUR + 1}_0_1h.parquet`]);
    expect(await valuesOf(head)).toEqual([2]);
  });

  test("when the minutes cannot be written the hour stays as it was, and the next try seals it", async () => {
    const path = newPath();
    const { head } = await openAt(path, { nowMs: NEXT });
    await writeLines(head, [`mem,host=a total_bytes=1 ${START}`]);
    const inTheWay = join(folderOf(path), `rows_mem_${HOUR}_g0_0_1m.parquet`);
    mkdirSync(join(inTheWay, "taken"), { recursive: true });
    await expect(head.seal()).rejects.toThrow();
    expect(filesOf(path)).toEqual([`rows_mem_${HOUR}_g0_0_1m.parquet`]);
    expect(await valuesOf(head)).toEqual([1]);
    rmSync(inTheWay, { recursive: true });
    await head.seal();
    expect(await valuesOf(head)).toEqual([1]);
    expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 1 }, "1m": { files: 1 }, "1h": { files: 1 } });
  });

  test("when the hours of a day cannot be written its minutes stay, and the next try makes them", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    await writeLines(head, [`mem,host=a oom_kills=1 ${START}`, `mem,host=a oom_kills=2 ${START + 1}`]);
    const inTheWay = join(folderOf(path), `rows_mem_d${DAY}_g${HOUR + 1}_0_1h.parquet`);
    mkdirSync(join(inTheWay, "taken"), { recursive: true });
    await expect(head.seal()).rejects.toThrow();
    clock.nowMs = epochMsOf(NEXT + 3 * HOUR_MS);
    await writeLines(head, []);
    expect(await valuesOf(head)).toEqual([2]);
    expect(filesOf(path)).toEqual(
      [`rows_mem_${HOUR}_g0_0_1m.parquet`, `rows_mem_d${DAY}_g${HOUR + 1}_0_1h.parquet`].sort(),
    );
    rmSync(inTheWay, { recursive: true });
    await head.seal();
    expect(await valuesOf(head)).toEqual([2]);
    expect(head.stats().sealed.tiers).toMatchObject({ "1m": { files: 1 }, "1h": { files: 1 } });
  });

  test("rollups a crash left behind are no files, and are gone after the next start", async () => {
    const path = newPath();
    const first = await openAt(path, { nowMs: NEXT });
    await writeLines(first.head, [`mem,host=a total_bytes=1 ${START}`]);
    await first.close();
    for (const name of [`rows_mem_${HOUR}_g0_0_1m.parquet`, `rows_mem_d${DAY}_g${HOUR + 1}_0_1h.parquet.tmp`]) {
      writeFileSync(join(folderOf(path), name), "half a file");
    }
    await openAt(path, { nowMs: NEXT });
    expect(filesOf(path)).toEqual([]);
  });

  test("a series that ended is marked as ended in every tier, bit by bit, and its last number stays beside it", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    await writeLines(head, [
      `up,host=a value=1 ${START}`,
      `up,host=a value=5 ${START + 1}`,
      `up,host=a value_is="stale" ${START + 2}`,
    ]);
    await head.seal();
    for (const hoursLater of [4, 25]) {
      clock.nowMs = epochMsOf(START + hoursLater * HOUR_MS + 900_000);
      await settle(head);
      const [series] = await head.select({ matchers: [{ kind: "=", name: METRIC_NAME, value: "up" }], ...EVERYTHING });
      expect([...(series?.timesMs ?? [])]).toEqual([START + 1, START + 2]);
      expect(series?.values[0]).toBe(5);
      expect(new BigUint64Array(series?.values.slice().buffer ?? new ArrayBuffer(16))[1]).toBe(STALE_BITS);
    }
  });

  test("constant gauges stay exact, however long their numbers are; others have seven digits of their mean", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    const lines = [0, 1, 2].map(
      (i) => `mem,host=a total_bytes=549755813888123,free_bytes=${i * 1.1} ${START + i * 1_000}`,
    );
    await writeLines(head, lines);
    await head.seal();
    clock.nowMs = epochMsOf(START + 25 * HOUR_MS + 900_000);
    await settle(head);
    expect(await valuesOf(head, "mem_total_bytes")).toEqual([549755813888123]);
    expect(await valuesOf(head, "mem_free_bytes")).toEqual([Math.fround(1.1)]);
  });

  test("what could not be rolled up in time waits for it a day past the retention, and no longer", async () => {
    const path = newPath();
    const clock = { nowMs: epochMsOf(START) };
    const first = await openAt(path, clock);
    await writeLines(first.head, [`mem,host=a oom_kills=1 ${START}`, `own,host=a x=1 ${START - 3 * HOUR_MS}`]);
    await first.close();
    // Away for a day: only the oldest of the two hours has waited too long.
    clock.nowMs = epochMsOf(START + 26 * HOUR_MS + 900_000);
    const { head } = await openAt(path, clock);
    await settle(head);
    expect(await valuesOf(head)).toEqual([1]);
    expect(head.stats()).toMatchObject({ hours: 0, sealed: { tiers: { "1m": { files: 0 }, "1h": { files: 1 } } } });
  });

  test("rows of an hour whose samples were dropped are refused, even when more hours are to be kept from now on", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const first = await openAt(path, clock);
    await writeLines(first.head, [`mem,host=a oom_kills=7 ${START}`]);
    await first.head.seal();
    clock.nowMs = epochMsOf(NEXT + 4 * HOUR_MS);
    await settle(first.head);
    await first.close();
    const { head } = await openAt(path, clock, { retentionHours: 48 });
    const samples = [{ labels: { [METRIC_NAME]: "late" }, at: epochMsOf(START), value: 1 }];
    expect(await head.write({ samples })).toMatchObject({ kind: "rejected", count: 1 });
    expect(await valuesOf(head)).toEqual([7]);
  });

  test("rows gathered before their hour was dropped are refused with it", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const { head } = await openAt(path, clock);
    await writeLines(head, [`mem,host=a oom_kills=7 ${START}`]);
    await head.seal();
    const rows = head.gather();
    rows.addSample({ labels: { [METRIC_NAME]: "late" }, at: epochMsOf(START), value: 1 });
    clock.nowMs = epochMsOf(NEXT + 4 * HOUR_MS);
    expect(await head.writeGathered(rows, undefined)).toMatchObject({ kind: "rejected", count: 1 });
    expect(head.stats().refused.tooOld).toBe(1);
    expect(await valuesOf(head)).toEqual([7]);
  });

  test("sealed hours of a version without rollups are read as what they are", async () => {
    const path = newPath();
    const first = await openAt(path, { nowMs: NEXT }, { rollups: { minuteDays: 0, hourDays: 0 } });
    await writeLines(first.head, [`mem,host=a total_bytes=1 ${START}`]);
    await first.head.seal();
    await first.close();
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run("ALTER TABLE sealed DROP COLUMN layer; DROP TABLE past_series; DROP TABLE raw_span");
    connection.closeSync();
    instance.closeSync();
    const { head } = await openAt(path, { nowMs: NEXT });
    expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 1 }, "1m": { files: 0 }, "1h": { files: 0 } });
    expect(await valuesOf(head)).toEqual([1]);
    await writeLines(head, [`mem,host=a total_bytes=2 ${START + 1}`]);
    await head.seal();
    expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 1 }, "1h": { files: 1 } });
  });

  test("minutes that are kept from now on do not hide the hours of a day that has none", async () => {
    const path = newPath();
    const clock = { nowMs: NEXT };
    const first = await openAt(path, clock, { rollups: { minuteDays: 0, hourDays: 3 } });
    await writeLines(first.head, [`mem,host=a oom_kills=1 ${START - HOUR_MS}`, `mem,host=a oom_kills=2 ${START}`]);
    await first.head.seal();
    await first.close();
    const { head } = await openAt(path, clock);
    await writeLines(head, [`mem,host=a oom_kills=3 ${START + 1}`]);
    await head.seal();
    clock.nowMs = epochMsOf(NEXT + 4 * HOUR_MS);
    await settle(head);
    expect(head.stats().hours).toBe(0);
    expect(await valuesOf(head)).toEqual([1, 3]);
  });
});
