import fc from "fast-check";
import { expect, test } from "vitest";
import { earliestSendMs, retryDelayMs, withSend } from "../../../alerts/notify/pace.ts";

const limits = { perSecond: 5, perMinute: 100 };

test("however fast it may go, no window sees more than 5 a second or 100 a minute", () => {
  const took = fc.array(fc.nat({ max: 400 }), { minLength: 150, maxLength: 250 });
  fc.assert(
    fc.property(took, (durations) => {
      let ended: readonly number[] = [];
      let now = 0;
      const arrivals: number[] = [];
      for (const durationMs of durations) {
        now = Math.max(now, earliestSendMs(ended, limits));
        arrivals.push(now + durationMs / 2);
        now += durationMs;
        ended = withSend(ended, now, limits);
      }
      for (const [i, at] of arrivals.entries()) {
        const within = (ms: number) => arrivals.slice(0, i + 1).filter((earlier) => at - earlier < ms).length;
        if (within(1_000) > 5 || within(60_000) > 100) return false;
      }
      return true;
    }),
    { numRuns: 30 },
  );
});

test("a burst leaves at once, as far as it is allowed", () => {
  expect(earliestSendMs([1, 2, 3, 4], limits)).toBe(Number.NEGATIVE_INFINITY);
  expect(earliestSendMs([1, 2, 3, 4, 5], limits)).toBe(1_001);
});

test.each([
  [1, 0, 500],
  [1, 0.999, 999.5],
  [2, 0, 1_000],
  [9, 0, 128_000],
  [10, 0, 150_000],
  [1_000, 0.5, 225_000],
])("after attempt %d with chance %d it waits %d ms", (attempts, random, ms) => {
  expect(retryDelayMs(attempts, random)).toBe(ms);
});

test("what the receiver asks for is never undercut", () => {
  expect(retryDelayMs(1, 0, 30_000)).toBe(30_000);
  expect(retryDelayMs(9, 0, 30_000)).toBe(128_000);
});
