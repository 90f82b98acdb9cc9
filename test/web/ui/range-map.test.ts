import fc from "fast-check";
import { expect, test } from "vitest";
import { nameWithin, rangeMap } from "../../../web/ui/capacity/range-map-geometry.ts";

const range = (text: string, share = 0.5, region = "north") => ({ region, range: text, used: 1, total: 2, share });

test("ranges lie where their addresses do, with what is used of each, and what is between them left free", () => {
  const drawn = rangeMap([range("10.0.0.128-10.0.0.255", 1), range("10.0.0.0-10.0.0.63", 0.25)], 256);
  expect(drawn.map(({ x, width, usedWidth, lane }) => [x, width, usedWidth, lane])).toEqual([
    [0, 64, 16, 0],
    [128, 128, 128, 0],
  ]);
});

test("ranges with addresses in common lie below one another; what is no range is left out", () => {
  const drawn = rangeMap([range("10.0.0.0-10.0.0.99"), range("10.0.0.50-10.0.0.149"), range("somewhere")], 300);
  expect(drawn.map(({ lane }) => lane)).toEqual([0, 1]);
  expect(rangeMap([range("?")], 300)).toEqual([]);
});

test("whatever the ranges: each is to be seen, and none is drawn outside", () => {
  const size = fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 5_000 }));
  const address = (number: number) => `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 200, max: 2_000 }),
      (sizes, width) => {
        const drawn = rangeMap(
          sizes.map(([first, count]) => range(`${address(first)}-${address(first + count - 1)}`)),
          width,
        );
        expect(drawn).toHaveLength(sizes.length);
        for (const { x, width: own, usedWidth } of drawn) {
          expect(own).toBeGreaterThanOrEqual(3);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + own).toBeLessThanOrEqual(width + 1e-6);
          expect(usedWidth).toBeLessThanOrEqual(own);
        }
      },
    ),
  );
});

test("a name is cut to the room there is, and left out where that would say nothing", () => {
  expect(nameWithin("north", 100)).toBe("north");
  expect(nameWithin("north-of-the-river", 80)).toBe("north-of-…");
  expect(nameWithin("north", 20)).toBeUndefined();
});
