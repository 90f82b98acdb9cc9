import fc from "fast-check";
import { expect, test } from "vitest";
import { sortedInTurns } from "../../core/sort-in-turns.ts";

test("any number of items is sorted as toSorted does it, equal ones in the order they came in", async () => {
  const size = fc.constantFrom(0, 1, 2, 1_999, 2_000, 2_001, 4_000, 9_000);
  await fc.assert(
    fc.asyncProperty(size, fc.integer({ min: 1, max: 10_000 }), async (length, kinds) => {
      const items = Array.from({ length }, (_, place) => ({ place, key: (place * 7_919) % kinds }));
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
      expect(await sortedInTurns(items, compare, () => undefined)).toEqual(items.toSorted(compare));
    }),
    { numRuns: 30 },
  );
});

test("whoever waits gets a turn while many are sorted", async () => {
  const items = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 10_007);
  let [most, since, pauses] = [0, 0, 0];
  const pause = (comparisons: number) => {
    since += comparisons;
    most = Math.max(most, since);
    if (since < 1_000) return undefined;
    [since, pauses] = [0, pauses + 1];
    return Promise.resolve();
  };
  await sortedInTurns(items, (a, b) => a - b, pause);
  expect(pauses).toBeGreaterThan(20);
  expect(most).toBeLessThan(25_000);
});
