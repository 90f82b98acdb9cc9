import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { medianOf, quantileOf, spreadOf } from "../../../core/forecast/quantiles.ts";
import { robustLine, slopeInterval } from "../../../core/forecast/robust-line.ts";

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const points = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), number), {
    selector: ([x]) => x,
    minLength: 2,
    maxLength: 30,
  })
  .map((list) => list.toSorted(([a], [b]) => a - b));

/** As it is defined, and nothing else. */
function obviousSlope(list: readonly (readonly [number, number])[]): number {
  const slopes = list
    .flatMap(([x, y], i) => list.slice(0, i).map(([otherX, otherY]) => (y - otherY) / (x - otherX)))
    .sort((a, b) => a - b);
  const half = slopes.length / 2;
  return slopes.length % 2 === 1
    ? (slopes[Math.floor(half)] ?? 0)
    : ((slopes[half - 1] ?? 0) + (slopes[half] ?? 0)) / 2;
}

const lineThrough = (list: readonly (readonly [number, number])[]) =>
  robustLine(
    list.map(([x]) => x),
    list.map(([, y]) => y),
  );

describe("the line", () => {
  test("has the slope that the definition gives", () => {
    fc.assert(
      fc.property(points, (list) => {
        const expected = obviousSlope(list);
        expect(Math.abs(lineThrough(list).slope - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));
      }),
    );
  });

  test("goes through the points when all but a quarter lie on one", () => {
    fc.assert(
      fc.property(
        number,
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.array(number, { minLength: 20, maxLength: 20 }),
        (at, slope, odd) => {
          const list = odd.map((value, i) => [i, i % 5 === 3 ? value : at + slope * i] as const);
          const { slope: found, spread } = lineThrough(list);
          expect(found).toBeCloseTo(slope, 4);
          expect(spread).toBeLessThan(1e-3);
        },
      ),
    );
  });

  test("turns with the points, and grows with them", () => {
    fc.assert(
      fc.property(points, fc.double({ min: 0.1, max: 10, noNaN: true }), (list, factor) => {
        const larger = lineThrough(list.map(([x, y]) => [x, y * factor] as const)).slope;
        expect(larger).toBeCloseTo(lineThrough(list).slope * factor, 0);
      }),
    );
  });

  test("has its slope within the interval, which is wider for more certainty", () => {
    fc.assert(
      fc.property(points, (list) => {
        const line = lineThrough(list);
        const [narrow, wide] = [slopeInterval(line, 1), slopeInterval(line, 3)];
        expect(narrow[0] <= line.slope && line.slope <= narrow[1]).toBe(true);
        expect(wide[0] <= narrow[0] && narrow[1] <= wide[1]).toBe(true);
      }),
    );
  });
});

test("quantiles lie between the values beside them", () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 2, 3])).toBe(2.5);
  expect(quantileOf([1, 2, 3, 4, 5], 0.25)).toBe(2);
  expect(quantileOf([], 0.5)).toBeNaN();
  expect(spreadOf([1, 1, 1, 100])).toBe(0);
});
