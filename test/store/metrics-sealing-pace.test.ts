import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { METRIC_NAME } from "../../core/series.ts";
import { contentOf, EVERYTHING, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** A quarter past: the hour before is over long enough to be sealed. */
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const HOUR = Math.floor(NOW / HOUR_MS) - 1;
const START = HOUR * HOUR_MS;

const sealedOf = (path: string) => readdirSync(path.replace(/\.duckdb$/, "-sealed")).sort();

test("rows of the present hour become files beside each other, and one when it is over", async () => {
  const path = newPath();
  const clock = { nowMs: NOW };
  const { head } = await openHead(path, clock);
  const hour = HOUR + 1;
  for (const value of [1, 2]) {
    await writeLines(head, [`mem,host=a total_bytes=${value} ${hour * HOUR_MS + value}`]);
    await head.sealPresent();
  }
  expect(sealedOf(path)).toEqual([0, 1].map((generation) => `rows_mem_${hour}_g${generation}_0.parquet`));
  await writeLines(head, [`mem,host=a total_bytes=3 ${hour * HOUR_MS + 1}`]);
  expect([...(await contentOf(head)).values()]).toEqual([3, 2]);
  clock.nowMs = epochMsOf(NOW + HOUR_MS);
  await head.seal();
  expect(sealedOf(path).filter((name) => !name.includes("1m"))).toEqual([`rows_mem_${hour}_g2_0.parquet`]);
  expect([...(await contentOf(head)).values()]).toEqual([3, 2]);
});

test("while there are writes, hours are sealed by themselves: the present one now and then unless it is in memory, one that is over at once, what is late after an hour", async () => {
  const path = newPath();
  const clock = { nowMs: NOW, monotonicMs: 0 };
  const { head } = await openHead(path, clock, { recentMegabytes: 0 });
  const many = (at: number) => {
    const rows = head.gather();
    for (let i = 0; i < 200_000; i++) {
      rows.addSample({ labels: { [METRIC_NAME]: "m", host: `h${i % 100}` }, at: epochMsOf(at + i), value: i });
    }
    return head.writeGathered(rows, undefined);
  };
  const small = (line: string) => writeLines(head, [line]);
  const passes = async (ms: number) => {
    clock.monotonicMs += ms;
    await small(`mem,host=a total_bytes=9 ${NOW}`);
  };
  // A write that comes while something is sealed does not look; the next one does.
  const settled = (names: readonly string[]) =>
    expect.poll(() => passes(0).then(() => sealedOf(path)), { timeout: 10_000 }).toEqual(names);
  await many((HOUR + 1) * HOUR_MS);
  await passes(70_000);
  expect(sealedOf(path)).toEqual([]);
  await passes(700_000);
  await settled([`samples_${HOUR + 1}_g0_0.parquet`]);
  await small(`mine,host=a x=1 ${START}`);
  await passes(70_000);
  await settled([`samples_${HOUR + 1}_g0_0.parquet`, `samples_${HOUR}_g0_0.parquet`].sort());
  await small(`mine,host=a x=2 ${START}`);
  await passes(70_000);
  await passes(1_000_000);
  expect(sealedOf(path)).not.toContain(`samples_${HOUR}_g1_0.parquet`);
  await passes(3_600_000);
  await settled([`samples_${HOUR + 1}_g0_0.parquet`, `samples_${HOUR}_g1_0.parquet`].sort());
});

test("rows in memory are not sealed before their hour is over, unless they take too much of it: then the oldest are, and the newest stay", async () => {
  const path = newPath();
  const clock = { nowMs: NOW, monotonicMs: 0 };
  const { head } = await openHead(path, clock, { recentMegabytes: 3 });
  let written = 0;
  const write = async (count: number) => {
    const rows = head.gather();
    for (const end = written + count; written < end; written++) {
      const at = epochMsOf((HOUR + 1) * HOUR_MS + (written >> 7) * 100);
      rows.addSample({ labels: { [METRIC_NAME]: "m", host: `h${written & 127}` }, at, value: written * 1e5 });
    }
    await head.writeGathered(rows, undefined);
    clock.monotonicMs += 700_000;
    await head.write({ samples: [] });
  };
  await write(190_000);
  expect(head.stats().recentBytes).toBeLessThan(1_500_000);
  // From here on rows go to another part, and those before are still in memory.
  await write(130_000);
  const before = head.stats().recentBytes;
  expect(before).toBeGreaterThan(1_500_000);
  for (let more = 0; more < 10 && sealedOf(path).length === 0; more++) {
    expect(head.stats().recentBytes).toBeLessThan(3_000_000);
    await write(30_000);
    await setTimeout(100);
  }
  await expect.poll(() => sealedOf(path), { timeout: 10_000 }).toEqual([`samples_${HOUR + 1}_g0_0.parquet`]);
  await expect.poll(() => head.stats().recentBytes, { timeout: 10_000 }).toBeLessThan(before);
  expect(head.stats().recentBytes).toBeGreaterThan(300_000);
  const found = await head.select({ matchers: [], ...EVERYTHING });
  expect(found.reduce((sum, { values }) => sum + values.length, 0)).toBe(written);
});

test("rows from before the start, which are not in memory, are sealed soon, if they are worth a file", async () => {
  const path = newPath();
  const clock = { nowMs: NOW, monotonicMs: 0 };
  const write = async (count: number) => {
    const { head, close } = await openHead(path, clock);
    const at = (i: number) => epochMsOf((HOUR + 1) * HOUR_MS + (i >> 7) * 100);
    const rows = head.gather();
    for (let i = 0; i < count; i++) {
      rows.addSample({ labels: { [METRIC_NAME]: "m", host: `h${i & 127}` }, at: at(i), value: i });
    }
    await head.writeGathered(rows, undefined);
    return { head, close };
  };
  for (const [count, files] of [
    [100_000, []],
    [150_000, [`samples_${HOUR + 1}_g0_0.parquet`]],
  ] as const) {
    const { close } = await write(count);
    await close();
    const { head, close: closeAgain } = await openHead(path, clock);
    clock.monotonicMs += 70_000;
    await head.write({ samples: [] });
    await expect.poll(() => sealedOf(path), { timeout: 10_000 }).toEqual(files);
    await closeAgain();
  }
});
