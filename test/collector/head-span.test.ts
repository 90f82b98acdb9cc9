import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openHeadSpan } from "../../collector/head-span.ts";
import { epochMsOf } from "../../core/clock.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 8, 21, 12);

function clockAt(ms: number) {
  let now = ms;
  return {
    now: () => epochMsOf(now),
    set: (to: number) => {
      now = to;
    },
  };
}

test("a head is whole from when it was new, then from the hour after the oldest it keeps", async () => {
  const folder = temporaryFolder();
  const clock = clockAt(NOON + 1_000);
  const span = await openHeadSpan(folder, { isNew: true, retentionHours: 3 }, clock);
  expect([span.whole(), span.kept()]).toEqual([NOON + 1_000, NOON - 2 * HOUR_MS]);
  clock.set(NOON + 2 * HOUR_MS + 5);
  expect([span.whole(), span.kept()]).toEqual([NOON + 1_000, NOON]);
  clock.set(NOON + 9 * HOUR_MS + 5);
  expect([span.whole(), span.kept()]).toEqual([NOON + 7 * HOUR_MS, NOON + 7 * HOUR_MS]);
});

test("since when it is there is remembered, unless it is new again or the note cannot be read", async () => {
  const folder = temporaryFolder();
  const wholeAt = async (ms: number, isNew: boolean) =>
    (await openHeadSpan(folder, { isNew, retentionHours: 48 }, clockAt(ms))).whole();
  expect(await wholeAt(NOON, true)).toBe(NOON);
  expect(await wholeAt(NOON + HOUR_MS, false)).toBe(NOON);
  expect(await wholeAt(NOON + 2 * HOUR_MS, true)).toBe(NOON + 2 * HOUR_MS);
  writeFileSync(`${folder}/head-since.json`, "{");
  expect(await wholeAt(NOON + 3 * HOUR_MS, false)).toBe(NOON + 3 * HOUR_MS);
});
