import type { CountedSubnet, RangeUse } from "./network-inventory.ts";

export interface ToldRange extends Pick<RangeUse, "range" | "used" | "total"> {
  /** Whose it is. */
  readonly region: string;
}

/** Of one subnet: a tenant makes as many pools as it likes, and each that is told is a series. */
const MOST_RANGES = 200;
/** Pools that are not told one by one, and regions that have such. */
const REST = "rest";
const MOST_REGIONS_OF_REST = 200;

/**
 * Pools as ranges: those with a region's tag first, then the largest. Which these are depends on the pools alone, so that none comes and
 * goes with what is used. What each region has beyond them is one range more, and sums by region stay right.
 */
export function toldRanges(
  ranges: readonly RangeUse[],
  { regionByRange }: Pick<CountedSubnet, "regionByRange">,
  ownRegion: string,
): readonly ToldRange[] {
  const all = ranges.map(({ range, used, total }) => ({
    ...{ range, used, total },
    region: regionByRange.get(range) ?? ownRegion,
  }));
  if (all.length <= MOST_RANGES) return all;
  const isTagged = ({ range }: ToldRange) => Number(regionByRange.has(range));
  all.sort((a, b) => isTagged(b) - isTagged(a) || b.total - a.total);
  const rest = new Map<string, ToldRange>();
  for (const { region, used, total } of all.slice(MOST_RANGES)) {
    const sum = rest.get(region) ?? { range: REST, region, used: 0, total: 0 };
    rest.set(region, { ...sum, used: sum.used + used, total: sum.total + total });
  }
  return [...all.slice(0, MOST_RANGES), ...[...rest.values()].slice(0, MOST_REGIONS_OF_REST)];
}
