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

const NOTHING_DROPPED = { droppedBeforeMs: () => Number.NEGATIVE_INFINITY };

test("a head is whole from when it was new, then from the hour after the oldest it keeps", async () => {
  const folder = temporaryFolder();
  const clock = clockAt(NOON + 1_000);
  const whole = await openHeadSpan(folder, { isNew: true, retentionHours: 3, ...NOTHING_DROPPED }, clock);
  expect(whole()).toBe(NOON + 1_000);
  clock.set(NOON + 2 * HOUR_MS + 5);
  expect(whole()).toBe(NOON + 1_000);
  clock.set(NOON + 9 * HOUR_MS + 5);
  expect(whole()).toBe(NOON + 7 * HOUR_MS);
});

test("a head that keeps more hours than it did is not whole before what it dropped", async () => {
  const folder = temporaryFolder();
  await openHeadSpan(folder, { isNew: true, retentionHours: 1, ...NOTHING_DROPPED }, clockAt(NOON));
  const clock = clockAt(NOON + 100 * HOUR_MS);
  const dropped = { droppedBeforeMs: () => NOON + 99 * HOUR_MS };
  const whole = await openHeadSpan(folder, { isNew: false, retentionHours: 48, ...dropped }, clock);
  expect(whole()).toBe(NOON + 99 * HOUR_MS);
  clock.set(NOON + 146 * HOUR_MS);
  expect(whole()).toBe(NOON + 99 * HOUR_MS);
  clock.set(NOON + 147 * HOUR_MS);
  expect(whole()).toBe(NOON + 100 * HOUR_MS);
});

test("since when it is there is remembered, unless it is new again or the note cannot be read", async () => {
  const folder = temporaryFolder();
  const wholeAt = async (ms: number, isNew: boolean) =>
    (await openHeadSpan(folder, { isNew, retentionHours: 48, ...NOTHING_DROPPED }, clockAt(ms)))();
  expect(await wholeAt(NOON, true)).toBe(NOON);
  expect(await wholeAt(NOON + HOUR_MS, false)).toBe(NOON);
  expect(await wholeAt(NOON + 2 * HOUR_MS, true)).toBe(NOON + 2 * HOUR_MS);
  writeFileSync(`${folder}/head-since.json`, "{");
  expect(await wholeAt(NOON + 3 * HOUR_MS, false)).toBe(NOON + 3 * HOUR_MS);
});
