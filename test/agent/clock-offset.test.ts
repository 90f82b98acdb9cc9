import fc from "fast-check";
import { expect, test } from "vitest";
import { createClockOffset, type RoundTrip } from "../../agent/session/clock-offset.ts";
import { epochMsOf } from "../../core/clock.ts";

/** A round trip of an agent whose clock is `aheadMs` ahead, that took `outMs` there and `backMs` back. */
const trip = (aheadMs: number, outMs: number, backMs: number): RoundTrip => ({
  sentAt: epochMsOf(1_000_000 + aheadMs),
  rttMs: outMs + backMs,
  serverAt: epochMsOf(1_000_000 + outMs),
});

test("the offset is never wrong by more than the shortest round trip", () => {
  const trips = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.integer({ min: -100_000, max: 100_000 }), trips, (aheadMs, list) => {
      const offset = createClockOffset();
      for (const [outMs, backMs] of list) offset.add(trip(aheadMs, outMs, backMs));
      const shortest = Math.min(...list.map(([outMs, backMs]) => outMs + backMs));
      expect(Math.abs(offset.offsetMs() - aheadMs)).toBeLessThanOrEqual(shortest + 2);
    }),
  );
});

test("clocks that agree are not set apart, however uneven the way there and back", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), (outMs, backMs) => {
      const offset = createClockOffset();
      offset.add(trip(0, outMs, backMs));
      expect(offset.offsetMs()).toBe(0);
    }),
  );
});

test("a clock that was set is followed after eight round trips", () => {
  const offset = createClockOffset();
  expect(offset.offsetMs()).toBe(0);
  offset.add(trip(5_000, 1, 1));
  for (let n = 0; n < 8; n++) offset.add(trip(0, 20, 20));
  expect(offset.offsetMs()).toBe(0);
});
