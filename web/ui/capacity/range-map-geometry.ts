import { type AddressRange, parseAddressRange } from "../../../core/address-range.ts";
import type { CapacitySubnet } from "../../api/capacity.ts";

type Range = CapacitySubnet["ranges"][number];

/** A range where its addresses lie, in pixels. */
export interface DrawnRange {
  readonly range: Range;
  readonly x: number;
  readonly width: number;
  /** Of `width`: how much of the range is used, not which of its addresses. */
  readonly usedWidth: number;
  /** 0 but where ranges have addresses in common: these lie below one another. */
  readonly lane: number;
}

/** Thinner is not to be seen. */
const LEAST_WIDTH = 3;

/** Ranges from the first address of all to the last, by their addresses; those that are no addresses are left out. */
export function rangeMap(ranges: readonly Range[], width: number): readonly DrawnRange[] {
  const placed = ranges
    .flatMap((range) => {
      const addresses = parseAddressRange(range.range);
      return addresses === undefined ? [] : [{ range, addresses }];
    })
    .toSorted((a, b) => (a.addresses.first < b.addresses.first ? -1 : 1));
  const first = placed[0]?.addresses.first ?? 0n;
  const last = placed.reduce((most, { addresses }) => (addresses.last > most ? addresses.last : most), first);
  const perPixel = Number(last - first + 1n) / width;
  const lanes: AddressRange[] = [];
  return placed.map(({ range, addresses }) => {
    const own = Number(addresses.last - addresses.first + 1n) / perPixel;
    const drawnWidth = Math.min(width, Math.max(LEAST_WIDTH, own));
    const free = lanes.findIndex((taken) => taken.last < addresses.first);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = addresses;
    const x = Math.min(Number(addresses.first - first) / perPixel, width - drawnWidth);
    return { range, x, width: drawnWidth, usedWidth: drawnWidth * Math.min(1, Math.max(0, range.share ?? 0)), lane };
  });
}

/** As much of a name as there is room for; undefined when that would say nothing. */
export function nameWithin(name: string, width: number): string | undefined {
  const characters = Math.floor((width - 8) / CHARACTER_WIDTH);
  if (characters >= [...name].length) return name;
  return characters < 3 ? undefined : `${[...name].slice(0, characters - 1).join("")}…`;
}

const CHARACTER_WIDTH = 7;
