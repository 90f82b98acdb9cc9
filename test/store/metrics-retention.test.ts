import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { silentLog } from "../../core/log.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { loadContent } from "../../store/embedded/metrics/hour-tables.ts";
import { type FilePart, type Part, Parts } from "../../store/embedded/metrics/parts.ts";
import { duePerTier } from "../../store/embedded/metrics/past-its-tier.ts";
import { RecentParts } from "../../store/embedded/metrics/recent-parts.ts";
import { Retention } from "../../store/embedded/metrics/retention.ts";
import { Rollups } from "../../store/embedded/metrics/rollups.ts";
import { NO_LIMITS } from "../../store/embedded/metrics/series-limits.ts";
import type { Layer } from "../../store/embedded/metrics/tiers.ts";
import { contentOf, newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
/** The first of a day. */
const HOUR = 495_000;
const KEPT = { rawHours: 2, minuteHours: 24, hourHours: 48, makesRollups: true };

function fileOf(layer: Layer, hour: number, slice = 0): FilePart {
  return {
    ...{
      kind: "file",
      layer,
      isWhole: true,
      table: "rows_mem",
      hour,
      generation: 0,
      path: `${layer}-${hour}-${slice}`,
      columns: [],
    },
    ...{ firstSeries: 0, lastSeries: 9, rows: 1, bytes: 1 },
  };
}

const due = (
  { parts = [], rollups = [] }: { parts?: readonly Part[]; rollups?: readonly FilePart[] },
  presentHour: number,
  inUse: readonly Part[] = [],
) =>
  duePerTier({ parts: new Parts(parts), rollups: new Rollups(rollups), kept: KEPT }, presentHour, (part) =>
    inUse.includes(part),
  );

test("an hour of which a part is in use stays as a whole, that no rollup is hidden by what is left of it", () => {
  const rows: Part = { kind: "rows", table: "rows_mem", hour: HOUR, generation: 1 };
  const [first, second, other] = [fileOf("raw", HOUR), fileOf("raw", HOUR, 1), fileOf("raw", HOUR + 1)];
  expect(due({ parts: [first, second, other] }, HOUR + 9).raw).toHaveLength(3);
  expect(due({ parts: [first, second, other] }, HOUR + 9, [second])).toEqual({ raw: [other], files: [], isAll: false });
  expect(due({ parts: [first, rows, other] }, HOUR + 9)).toEqual({ raw: [other], files: [], isAll: false });
});

test("files of an hour that was not sealed as a whole wait for its rollup as rows do", () => {
  const part = { ...fileOf("raw", HOUR), isWhole: false };
  expect(due({ parts: [part] }, HOUR + 2 + 24)).toEqual({ raw: [], files: [], isAll: false });
  expect(due({ parts: [part] }, HOUR + 3 + 24).raw).toEqual([part]);
});

test("a day of which a file is in use stays as a whole, too", () => {
  const rollups = [fileOf("day_1m", HOUR), fileOf("day_1m", HOUR, 1), fileOf("day_1h", HOUR)];
  const [first, second, hours] = rollups;
  expect(due({ rollups }, HOUR + 47)).toEqual({ raw: [], files: [], isAll: true });
  expect(due({ rollups }, HOUR + 48)).toEqual({ raw: [], files: [first, second], isAll: true });
  expect(due({ rollups }, HOUR + 48, [second ?? fileOf("raw", 0)])).toEqual({ raw: [], files: [], isAll: false });
  expect(due({ rollups }, HOUR + 72).files).toEqual([first, second, hours]);
});

test("minutes of hours wait for their day, as long as rows may come late and longer", () => {
  const rollups = [fileOf("hour_1m", HOUR)];
  expect(due({ rollups }, HOUR + 1 + 24 + 47).files).toEqual([]);
  expect(due({ rollups }, HOUR + 1 + 24 + 48).files).toEqual(rollups);
});

test("a file that is read is not removed before it has been", async () => {
  const path = newPath();
  const rollups = { minuteDays: 1, hourDays: 0 };
  const clock = { nowMs: epochMsOf((HOUR + 24) * HOUR_MS + 900_000) };
  const { head, close } = await openHead(path, clock, { rollups });
  await writeLines(head, [`mem,host=a oom_kills=7 ${HOUR * HOUR_MS}`]);
  await head.seal();
  await close();
  const file = await DuckDbFile.open(path, { threads: 1, memoryMegabytes: 64 });
  onTestFinished(() => file.close());
  const deps = { clock: { now: () => clock.nowMs }, log: silentLog };
  const content = await loadContent(file, { series: NO_LIMITS, pastSeries: 10 }, deps);
  const kept = { rawHours: 30, minuteHours: 24, hourHours: 0, makesRollups: true };
  const retention = new Retention({
    file,
    log: silentLog,
    recent: new RecentParts(0),
    ...content,
    kept,
    isBusy: () => false,
    onForgotten: () => {},
  });
  const [minutes] = content.rollups.all();
  if (minutes === undefined) throw new Error("no minutes were made");
  const { promise, resolve } = Promise.withResolvers<void>();
  const reading = content.parts.reading([minutes], () => promise);
  await retention.apply(HOUR + 48);
  expect(content.rollups.all()).toEqual([minutes]);
  resolve();
  await reading;
  await retention.apply(HOUR + 48);
  expect(content.rollups.all()).toEqual([]);
});

test("an hour sealed while it went on is sealed as a whole when it is over, though nothing came after", async () => {
  const clock = { nowMs: epochMsOf(HOUR * HOUR_MS + 1_800_000) };
  const path = newPath();
  const { head, close } = await openHead(path, clock, { rollups: { minuteDays: 1, hourDays: 0 } });
  const lines = [1, 2].map((value) => `mem,host=a oom_kills=${value} ${HOUR * HOUR_MS + value}`);
  for (const line of lines) {
    await writeLines(head, [line]);
    await head.sealPresent();
  }
  expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 2 }, "1m": { files: 0 } });
  clock.nowMs = epochMsOf((HOUR + 1) * HOUR_MS + 900_000);
  await head.seal();
  expect(head.stats().sealed.tiers).toMatchObject({ raw: { files: 1 }, "1m": { files: 1 } });
  await close();
  const again = await openHead(path, clock, { rollups: { minuteDays: 1, hourDays: 0 } });
  expect([...(await contentOf(again.head)).values()]).toEqual([1, 2]);
});

test("a day that is put together when its minutes are past their tier has its hours only", async () => {
  const rollups = { minuteDays: 1, hourDays: 3 };
  const clock = { nowMs: epochMsOf((HOUR + 24) * HOUR_MS + 900_000) };
  const path = newPath();
  const { head, close } = await openHead(path, clock, { retentionHours: 3, rollups });
  // The days that are over are put together.
  await head.seal();
  await writeLines(
    head,
    [0, 899_000].map((ms) => `mem,host=a oom_kills=7 ${(HOUR + 23) * HOUR_MS + ms}`),
  );
  await head.seal();
  await close();
  clock.nowMs = epochMsOf((HOUR + 48) * HOUR_MS + 900_000);
  const again = await openHead(path, clock, { retentionHours: 3, rollups });
  expect(again.head.stats().sealed.tiers).toMatchObject({ raw: { files: 0 }, "1m": { files: 1 }, "1h": { files: 0 } });
  await again.head.seal();
  await writeLines(again.head, []);
  expect(again.head.stats().sealed.tiers).toMatchObject({ raw: { files: 0 }, "1m": { files: 0 }, "1h": { files: 1 } });
});
