import fc from "fast-check";
import { expect, test } from "vitest";
import { NOTHING_DONE, nextRound } from "../../../collector/openstack/schedule.ts";

const beat = { fullEveryMs: 600_000, pollEveryMs: 20_000 };
const done = (change: Partial<typeof NOTHING_DONE>) => ({ ...NOTHING_DONE, fullAtMs: 0, lastAtMs: 5_000, ...change });

test.each([
  ["everything at first", NOTHING_DONE, { kind: "full", atMs: 0 }],
  ["then what changed", done({}), { kind: "poll", atMs: 25_000 }],
  ["everything when that is due", done({ lastAtMs: 590_000 }), { kind: "full", atMs: 600_000 }],
  ["after a failure the same again, after a pause", done({ failures: 1 }), { kind: "poll", atMs: 25_000 }],
  ["pauses double", done({ failures: 3 }), { kind: "poll", atMs: 85_000 }],
  ["but not for ever", done({ failures: 50 }), { kind: "poll", atMs: 305_000 }],
  [
    "a service that asks for longer gets it",
    done({ failures: 1, retryAfterMs: 99_000 }),
    { kind: "poll", atMs: 104_000 },
  ],
  ["what was never read is read whole", done({ fullAtMs: undefined, failures: 1 }), { kind: "full", atMs: 25_000 }],
])("%s", (_what, state, expected) => {
  expect(nextRound(state, beat, 0.5)).toEqual(expected);
});

test("a pause is at most five minutes and a quarter, at least three quarters of a beat, and never shorter than asked for", () => {
  const ms = fc.integer({ min: 0, max: 1e9 });
  fc.assert(
    fc.property(
      ms,
      fc.integer({ min: 1, max: 1_000 }),
      fc.option(ms, { nil: undefined }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (lastAtMs, failures, retryAfterMs, random) => {
        const { atMs } = nextRound({ fullAtMs: undefined, lastAtMs, failures, retryAfterMs }, beat, random);
        const pause = atMs - lastAtMs;
        expect(pause).toBeGreaterThanOrEqual(Math.max(15_000, retryAfterMs ?? 0));
        expect(pause).toBeLessThanOrEqual(Math.max(375_000, retryAfterMs ?? 0));
      },
    ),
  );
});
