import fc from "fast-check";
import { expect, test } from "vitest";
import { nextSlot, scheduleOf, slotAt, slotToRun } from "../../alerts/schedule.ts";
import { epochMsOf } from "../../core/clock.ts";

const schedule = fc.record({ group: fc.string(), intervalMs: fc.integer({ min: 1_000, max: 3_600_000 }) });
const moment = fc.integer({ min: 1e12, max: 2e12 }).map(epochMsOf);

test("slots are one interval apart, the same for everybody who asks, and never in the future", () => {
  fc.assert(
    fc.property(schedule, moment, ({ group, intervalMs }, at) => {
      const slots = scheduleOf(group, intervalMs);
      const slot = slotAt(slots, at);
      expect(at - slot).toBeGreaterThanOrEqual(0);
      expect(at - slot).toBeLessThan(intervalMs);
      expect(nextSlot(slots, at) - slot).toBe(intervalMs);
      expect(slotAt(slots, slot)).toBe(slot);
    }),
  );
});

const slots = { intervalMs: 10_000, offsetMs: 0 };
test.each([
  ["on time", 0, 0],
  ["a little early", -3, 0],
  ["late by less than an interval", 9_000, 0],
  ["after the machine slept", 35_000, 30_000],
  ["after the clock was set back", -3_600_000, -3_600_000],
])("a timer that fires %s runs the slot that is due", (_name, offMs, expectedMs) => {
  const planned = epochMsOf(1e12);
  expect(slotToRun(slots, planned, epochMsOf(1e12 + offMs))).toBe(1e12 + expectedMs);
});
