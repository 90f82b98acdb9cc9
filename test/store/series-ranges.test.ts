import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inSpans, spansOf } from "../../store/embedded/metrics/series-ranges.ts";

describe("spans of series", () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 60, size: "max" });

  test("hold every series, in at most so many ascending spans, and no more others than they must", () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 10 }), (series, most) => {
        const spans = spansOf(series, most);
        expect(spans.length).toBeLessThanOrEqual(most);
        for (const id of series) expect(spans.filter(({ first, last }) => first <= id && id <= last)).toHaveLength(1);
        for (const [place, { first, last }] of spans.entries()) {
          expect(first).toBeLessThanOrEqual(last);
          expect(first).toBeGreaterThan(spans[place - 1]?.last ?? -1);
        }
        const held = spans.reduce((sum, { first, last }) => sum + last + 1 - first, 0);
        expect(held).toBe(fewestHeld(series, most));
      }),
      { numRuns: 2_000 },
    );
  });

  test("are all of them when there are few", () => {
    expect(spansOf([7, 3, 4, 9])).toEqual([
      { first: 3, last: 4 },
      { first: 7, last: 7 },
      { first: 9, last: 9 },
    ]);
    expect(spansOf([])).toEqual([]);
  });

  test("as SQL name the whole first, which row groups are passed over by", () => {
    expect(inSpans(spansOf([7, 3, 4]))).toBe("series BETWEEN 3 AND 7 AND (series BETWEEN 3 AND 4 OR series = 7)");
    expect(inSpans([{ first: 3, last: 3 }])).toBe("series = 3");
    expect(inSpans([])).toBe("false");
  });
});

/** Leaving the widest gaps out, slowly. */
function fewestHeld(series: readonly number[], most: number): number {
  if (series.length === 0) return 0;
  const sorted = series.toSorted((left, right) => left - right);
  const gaps = sorted.slice(1).map((id, place) => id - (sorted[place] ?? 0) - 1);
  const left = gaps.sort((a, b) => b - a).slice(0, most - 1);
  return (sorted.at(-1) ?? 0) + 1 - (sorted[0] ?? 0) - left.reduce((sum, gap) => sum + gap, 0);
}
