import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesGlob } from "../../../collector/pull/name-filter.ts";
import { nextDueMs, paceOf } from "../../../collector/pull/pace.ts";

test("rounds are due at one place of each interval, however late the one before ended, and never twice", () => {
  const input = fc.record({
    key: fc.string(),
    intervalMs: fc.integer({ min: 1, max: 100_000 }),
    nowMs: fc.nat(1e9),
    lateMs: fc.nat(1e6),
  });
  fc.assert(
    fc.property(input, ({ key, intervalMs, nowMs, lateMs }) => {
      const pace = paceOf(key, intervalMs);
      const due = nextDueMs(pace, nowMs, undefined);
      expect(due - nowMs).toBeGreaterThanOrEqual(0);
      expect(due - nowMs).toBeLessThan(intervalMs);
      const next = nextDueMs(pace, due + lateMs, due);
      expect((next - due) % intervalMs).toBe(0);
      expect(next).toBeGreaterThan(due);
      expect(next - (due + lateMs)).toBeLessThanOrEqual(intervalMs);
    }),
  );
});

test("a timer that fires a little early does not make a second round", () => {
  const pace = { intervalMs: 1_000, offsetMs: 300 };
  expect(nextDueMs(pace, 5_299, 5_300)).toBe(6_300);
});

test("after the clock was set back rounds go on at once", () => {
  const pace = { intervalMs: 1_000, offsetMs: 300 };
  expect(nextDueMs(pace, 1_000, 3_600_300)).toBe(1_300);
});

test("targets are spread over the interval: no twentieth of it has twice its share", () => {
  const places = new Array<number>(20).fill(0);
  for (let host = 0; host < 2_000; host++) {
    const { offsetMs } = paceOf(`http://compute-${host}:9100/metrics`, 15_000);
    const place = Math.floor(offsetMs / 750);
    places[place] = (places[place] ?? 0) + 1;
  }
  expect(Math.max(...places)).toBeLessThan(200);
});

test("a glob matches what the regular expression of the same meaning matches", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 6 });
  fc.assert(
    fc.property(letters, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replace(/\*/g, ".*").replace(/\?/g, ".")}$`);
      expect(matchesGlob(pattern, text)).toBe(expression.test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("a glob full of stars is no way to keep the collector busy", () => {
  const start = performance.now();
  expect(matchesGlob(`${"*a".repeat(100)}b`, "a".repeat(10_000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(1_000);
});
