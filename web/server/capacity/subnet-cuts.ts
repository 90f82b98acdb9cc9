import { commonAddresses, parseAddressRange } from "../../../core/address-range.ts";
import type { CapacitySubnet } from "../../api/capacity.ts";
import { type Amounts, amountsJson, shareOf } from "./rows.ts";

/** The ranges of one subnet, whichever regions have them. */
export interface CutSubnet {
  readonly cluster: string;
  readonly name: string;
  readonly cidr: string | undefined;
  /** The fullest first. */
  readonly ranges: readonly Amounts[];
}

/**
 * Ranges by subnet. Where each region has a Neutron of its own, one network is a subnet with its own id in each of them: those with the
 * same name and the same addresses are one, as long as no region has two of these, which are then networks of their own.
 * `cidrs` by subnet id. The subnet with the fullest range first.
 */
export function cutSubnets(ranges: readonly Amounts[], cidrs: ReadonlyMap<string, string>): readonly CutSubnet[] {
  const byId = grouped(ranges, ({ thing }) => [thing.cluster, thing.subnet_id ?? ""].join("\u0000"));
  const subnets = [...byId.values()].map((own) => subnetOf(own, cidrs));
  const alike = grouped(subnets, ({ cluster, name, cidr }) => [cluster, name, cidr ?? ""].join("\u0000"));
  return [...alike.values()]
    .flatMap((same) => (areOne(same) ? [joined(same)] : same))
    .toSorted((a, b) => fullness(b) - fullness(a) || (a.name < b.name ? -1 : 1));
}

function subnetOf(ranges: readonly Amounts[], cidrs: ReadonlyMap<string, string>): CutSubnet {
  const { cluster = "", subnet, subnet_id: id = "" } = ranges[0]?.thing ?? {};
  return { cluster, name: subnet ?? id, cidr: cidrs.get(id), ranges };
}

function areOne(subnets: readonly CutSubnet[]): boolean {
  if (subnets.length < 2 || subnets[0]?.cidr === undefined) return false;
  const regions = subnets.flatMap(({ ranges }) => [...new Set(ranges.map(({ thing }) => thing.region))]);
  return !regions.includes(undefined) && new Set(regions).size === regions.length;
}

function joined(subnets: readonly CutSubnet[]): CutSubnet {
  const [first] = subnets;
  const ranges = subnets.flatMap((subnet) => subnet.ranges);
  return {
    cluster: first?.cluster ?? "",
    name: first?.name ?? "",
    cidr: first?.cidr,
    ranges: ranges.toSorted((a, b) => (shareOf(b) ?? -1) - (shareOf(a) ?? -1)),
  };
}

function fullness({ ranges }: CutSubnet): number {
  return Math.max(-1, ...ranges.map((range) => shareOf(range) ?? -1));
}

/** What the API says of one, but for the forecasts. */
export function subnetJson({ cluster, name, cidr, ranges }: CutSubnet): CapacitySubnet {
  const regions = grouped(ranges, ({ thing }) => thing.region ?? "");
  return {
    cluster,
    subnet: name,
    subnet_ids: distinct(ranges.map(({ thing }) => thing.subnet_id)),
    network_ids: distinct(ranges.map(({ thing }) => thing.network_id)),
    ...(cidr === undefined ? {} : { cidr }),
    ...amountsJson(sumOf(ranges)),
    ranges: ranges.map((range) => ({
      ...regionJson(range.thing.region),
      range: range.thing.range ?? "",
      ...amountsJson(range),
    })),
    regions: [...regions].map(([region, own]) => ({
      ...regionJson(region),
      ranges: own.length,
      ...amountsJson(sumOf(own)),
    })),
    fragmentation: fragmentationOf(ranges),
    overlaps: overlapsOf(ranges),
  };
}

/** Of small ranges that are told together none may have as much as all. */
function fragmentationOf(ranges: readonly Amounts[]): CapacitySubnet["fragmentation"] {
  const freeOf = ({ used, total = 0 }: Amounts) => Math.max(0, total - used);
  const all = ranges.reduce((sum, each) => sum + freeOf(each), 0);
  const single = ranges.filter(({ thing }) => parseAddressRange(thing.range ?? "") !== undefined);
  const largest = Math.max(0, ...single.map(freeOf));
  return { free: all, largest_free: largest, share: all === 0 ? 0 : 1 - largest / all };
}

/** Ranges sorted by their first address overlap with those that follow until one begins past their end. */
function overlapsOf(ranges: readonly Amounts[]): CapacitySubnet["overlaps"] {
  const parsed = ranges
    .flatMap(({ thing }) => {
      const addresses = parseAddressRange(thing.range ?? "");
      return addresses === undefined ? [] : [{ region: thing.region ?? "", range: thing.range ?? "", addresses }];
    })
    .toSorted((a, b) => (a.addresses.first < b.addresses.first ? -1 : 1));
  const overlaps: CapacitySubnet["overlaps"] = [];
  for (const [i, one] of parsed.entries()) {
    for (const other of parsed.slice(i + 1)) {
      if (other.addresses.first > one.addresses.last) break;
      const common = Number(commonAddresses(one.addresses, other.addresses));
      if (common === 0 || one.region === other.region) continue;
      overlaps.push({ regions: [one.region, other.region], ranges: [one.range, other.range], addresses: common });
      if (overlaps.length === MOST_OVERLAPS) return overlaps;
    }
  }
  return overlaps;
}

/** More say no more. */
const MOST_OVERLAPS = 100;

function sumOf(ranges: readonly Amounts[]) {
  return {
    used: ranges.reduce((sum, { used }) => sum + used, 0),
    total: ranges.reduce((sum, { total = 0 }) => sum + total, 0),
  };
}

function regionJson(region: string | undefined) {
  return region === undefined || region === "" ? {} : { region };
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.flatMap((name) => name ?? []))];
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    group.push(item);
    groups.set(key, group);
  }
  return groups;
}
