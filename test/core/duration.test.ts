import { expect, test } from "vitest";
import { parseDuration } from "../../core/duration.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["1ms", 1],
  ["30s", 30_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  ["1w", 604_800_000],
  ["1y", 31_536_000_000],
  ["2h10m15s", 7_815_000],
])("%s is a duration", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "1", "s", "-1s", "1.5h", "1m1h", "1h1h", "1 h", "1H", "294y", "99999999999999y"])(
  "%j is not a duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
