import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { seriesOf } from "../../store/embedded/metrics/sample-block.ts";
import type { Selection } from "../../store/metric-store.ts";
import { contentOf, EVERYTHING, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 8, 21, 10);
const HOUR = START / HOUR_MS;
const NEXT = epochMsOf(START + HOUR_MS + 900_000);

const openAt = (path: string, clock: { readonly nowMs: EpochMs }, makesRollups: boolean) =>
  openHead(path, clock, { retentionHours: 3, rollups: { minuteDays: 1, hourDays: 3 }, makesRollups });
const filesOf = (path: string) => readdirSync(path.replace(/\.duckdb$/, "-sealed")).sort();
const valuesOf = async (head: EmbeddedMetrics) => [...(await contentOf(head)).values()];

/** Sealed, rolled up and dropped, as far as it is due. */
async function settle(head: EmbeddedMetrics): Promise<void> {
  await head.seal();
  await writeLines(head, []);
}

/** A head that made the minutes of an hour, opened again to make no more. */
async function openedAnew(clock: { nowMs: EpochMs }) {
  const path = newPath();
  const first = await openAt(path, clock, true);
  await writeLines(first.head, [`mem,host=a oom_kills=1 ${START}`]);
  await first.head.seal();
  await first.close();
  return { path, ...(await openAt(path, clock, false)) };
}

test("when no more rollups are made, those there are become those of their day, and go after their time", async () => {
  const clock = { nowMs: NEXT };
  const { path, head } = await openedAnew(clock);
  await writeLines(head, [`mem,host=a oom_kills=2 ${START + HOUR_MS}`]);
  clock.nowMs = epochMsOf(NEXT + HOUR_MS);
  await settle(head);
  expect(filesOf(path)).toEqual(
    [`rows_mem_${HOUR}_g0_0.parquet`, `rows_mem_${HOUR}_g0_0_1m.parquet`, `rows_mem_${HOUR + 1}_g0_0.parquet`].sort(),
  );
  const [none, one] = [{ files: 0 }, { files: 1 }];
  const at = [
    { hours: 15, tiers: { raw: none, "1m": one, "1h": one }, values: [1] },
    { hours: 39, tiers: { raw: none, "1m": none, "1h": one }, values: [1] },
    { hours: 87, tiers: { raw: none, "1m": none, "1h": none }, values: [] },
  ];
  for (const { hours, tiers, values } of at) {
    clock.nowMs = epochMsOf(START + hours * HOUR_MS + 900_000);
    await settle(head);
    expect([hours, head.stats().sealed.tiers]).toMatchObject([hours, tiers]);
    expect(await valuesOf(head)).toEqual(values);
  }
  expect(filesOf(path)).toEqual([]);
});

test("an hour that has its minutes makes them anew with what comes late", async () => {
  const clock = { nowMs: NEXT };
  const { path, head } = await openedAnew(clock);
  await writeLines(head, [`mem,host=a oom_kills=5 ${START + 1}`]);
  await head.seal();
  expect(filesOf(path)).toEqual([`rows_mem_${HOUR}_g1_0.parquet`, `rows_mem_${HOUR}_g1_0_1m.parquet`]);
  clock.nowMs = epochMsOf(NEXT + 4 * HOUR_MS);
  await settle(head);
  expect(await valuesOf(head)).toEqual([5]);
});

test("samples of which no rollup will be made do not wait for it", async () => {
  const clock = { nowMs: NEXT };
  const { head } = await openAt(newPath(), clock, false);
  await writeLines(head, [`mem,host=a oom_kills=1 ${START}`]);
  clock.nowMs = epochMsOf(NEXT + 3 * HOUR_MS);
  await writeLines(head, []);
  expect(head.stats()).toMatchObject({ hours: 0, droppedBeforeMs: START + HOUR_MS });
});

test("samples and rollups are read apart or together, those of series that are gone among them", async () => {
  const clock = { nowMs: NEXT };
  const { head } = await openAt(newPath(), clock, true);
  expect(head.stats().droppedBeforeMs).toBe(Number.NEGATIVE_INFINITY);
  await writeLines(head, [`mem,host=gone oom_kills=1 ${START}`, `mem,host=a oom_kills=2 ${START}`]);
  await head.seal();
  clock.nowMs = epochMsOf(NEXT + 5 * HOUR_MS);
  await settle(head);
  await writeLines(head, [`mem,host=a oom_kills=3 ${clock.nowMs}`]);
  expect(head.stats().pastSeries).toBeGreaterThan(0);
  const read = async (only: Selection["only"]) => {
    const selection = { matchers: [], ...EVERYTHING, only };
    const found = await head.select(selection);
    expect((await head.selectBlocks(selection)).flatMap(seriesOf)).toEqual(found);
    expect((await head.series(selection)).map(({ host }) => host).sort()).toEqual(
      found.map(({ labels }) => labels.host).sort(),
    );
    return found.flatMap(({ values }) => [...values]).sort();
  };
  expect(await read("samples")).toEqual([3]);
  expect(await read("rollups")).toEqual([1, 2]);
  expect(await read(undefined)).toEqual([1, 2, 3]);
  const last = await head.selectBlocks({ matchers: [], ...EVERYTHING, only: "rollups", lastOnly: true });
  expect(last.flatMap(({ values }) => [...values]).sort()).toEqual([1, 2]);
});
