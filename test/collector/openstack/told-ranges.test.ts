import { expect, test } from "vitest";
import { toldRanges } from "../../../collector/openstack/told-ranges.ts";

/** `count` pools of ever more addresses, those of the first `tagged` with a region each of these. */
function subnetOf(count: number, regions: readonly string[] = [], usedOf = (i: number) => i % 7) {
  const ranges = Array.from({ length: count }, (_, i) => ({
    ...{ subnetId: "s1", range: `10.${i >> 8}.${i & 255}.0-10.${i >> 8}.${i & 255}.200` },
    ...{ used: usedOf(i), total: 10 + i },
  }));
  const regionByRange = new Map(regions.map((region, i) => [ranges[i]?.range ?? "", region]));
  return { ranges, regionByRange, told: toldRanges(ranges, { regionByRange }, "own") };
}

const sumsByRegion = (ranges: readonly { region: string; used: number; total: number }[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(ranges, ({ region }) => region)).map(([region, own = []]) => [
      region,
      own.reduce((sum, { used, total }) => ({ used: sum.used + used, total: sum.total + total }), {
        used: 0,
        total: 0,
      }),
    ]),
  );

test("up to 200 pools are told one by one, in their order", () => {
  const { ranges, told } = subnetOf(200, ["north", "south"]);
  expect(told.map(({ range }) => range)).toEqual(ranges.map(({ range }) => range));
  expect(told.slice(0, 3).map(({ region }) => region)).toEqual(["north", "south", "own"]);
});

test("of more, those with a region first, then the largest; the others together, by region", () => {
  const { ranges, told } = subnetOf(3_000, ["north", "south", "north"]);
  const names = (from: number, to: number) => ranges.slice(from, to).map(({ range }) => range);
  expect(told).toHaveLength(201);
  expect(new Set(told.slice(0, 200).map(({ range }) => range))).toEqual(
    new Set([...names(0, 3), ...names(2_803, 3_000)]),
  );
  expect(told.at(-1)).toMatchObject({ range: "rest", region: "own" });
});

test.each([
  ["of few regions", Array.from({ length: 400 }, (_, i) => ["north", "south", "west"][i % 3] ?? "")],
  ["of one", []],
])("what each region has in all is what its pools have, %s", (_name, regions) => {
  const { ranges, regionByRange, told } = subnetOf(1_000, regions);
  const all = ranges.map((range) => ({ ...range, region: regionByRange.get(range.range) ?? "own" }));
  expect(sumsByRegion(told)).toEqual(sumsByRegion(all));
});

test("which are told one by one does not change with what is used", () => {
  const names = (usedOf: (i: number) => number) => subnetOf(1_000, ["north"], usedOf).told.map(({ range }) => range);
  expect(names((i) => i)).toEqual(names((i) => 1_000 - i));
});

test("however many pools and regions there are, no more than 400 are told", () => {
  const { told } = subnetOf(
    3_000,
    Array.from({ length: 3_000 }, (_, i) => `r${i}`),
  );
  expect(told).toHaveLength(400);
  expect(new Set(told.map(({ region, range }) => `${region} ${range}`)).size).toBe(400);
});
