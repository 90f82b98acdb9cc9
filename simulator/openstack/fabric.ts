import { dottedAddress, portNumber } from "../cloud/addresses.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { uuidOf } from "../random.ts";
import { networkObject, operatorProject, type SubnetParts, subnetObject } from "./neutron.ts";
import { portOf } from "./neutron-ports.ts";
import { isoSeconds, type OpenStackObject, type View } from "./view.ts";

// A network of the operator's own whose one subnet is cut into ranges, one for each region: in one of them addresses
// run out while the others are nearly empty. To the subnet as a whole all is well.

/** Each range is an allocation pool; which region it is for stands in the subnet's tags as `range:<region>:<start>-<end>`. */
export interface FabricRange {
  readonly region: string;
  readonly start: string;
  readonly end: string;
  readonly total: number;
}

const RANGE_SPAN = 256;
const RANGE_FIRST = 10;
const RANGE_ADDRESSES = 240;
const FEWEST_RANGES = 3;
const MOST_RANGES = 15;
const USED_ELSEWHERE = 18;
const PORTS_PER_CLUSTER = 4_096;
const HOUR_MS = 3_600_000;

export interface FabricFill {
  /** Addresses of the first range that are taken when the cloud begins, of 240. */
  readonly usedAtFirst: number;
  readonly takenPerHour: number;
}

export const USUAL_FILL: FabricFill = { usedAtFirst: 200, takenPerHour: 4 };

const fabricNumber = (cluster: number): number => -1_000_001 - cluster;

/** `moreOfFirst`: ranges that the first region was given besides its own. */
export function fabricRanges(cloud: Cloud, cluster: number, moreOfFirst = 0): readonly FabricRange[] {
  const range = cloud.clusters[cluster]?.hosts;
  const places = cloud.hosts.slice(range?.first, range?.end).map(({ place }) => place);
  const regions = [...new Set(places.map(({ region }) => region))];
  const names = regions.length > 1 ? regions : [...new Set(places.map(({ zone }) => zone))];
  for (let n = names.length; n < FEWEST_RANGES; n++) names.push(`${names[0] ?? "region"}-${n + 1}`);
  const first = names[0] ?? "region";
  const all = [...names.slice(0, MOST_RANGES), ...Array.from({ length: moreOfFirst }, () => first)];
  return all.slice(0, MOST_RANGES).map((region, n) => ({
    region,
    start: addressIn(cluster, n, 0),
    end: addressIn(cluster, n, RANGE_ADDRESSES - 1),
    total: RANGE_ADDRESSES,
  }));
}

/** How many addresses of each range are taken, `ms` after the cloud began; they never become fewer. */
export function fabricUsed(ranges: readonly FabricRange[], fill: FabricFill, ms: number): readonly number[] {
  let left = fill.usedAtFirst + Math.floor((Math.max(0, ms) / HOUR_MS) * fill.takenPerHour);
  return ranges.map(({ region }, n) => {
    if (region !== ranges[0]?.region) return Math.max(2, USED_ELSEWHERE - 4 * n);
    const used = Math.min(RANGE_ADDRESSES, left);
    left -= used;
    return used;
  });
}

export function fabricNetwork(view: View, cluster: number): OpenStackObject {
  return networkObject(view, {
    ...{ number: fabricNumber(cluster), name: "fabric", project: operatorProject(view.cloud), mtu: 1_500, zones: [] },
    ...{ isExternal: false, type: "vlan", physical: "fabric", segmentation: 3_000 },
  });
}

/** `widenedAt`: when its pools were changed, each time; epoch milliseconds. */
export function fabricSubnet(view: View, cluster: number, widenedAt: readonly number[]): OpenStackObject {
  const subnet = subnetObject(view, fabricSubnetParts(view.cloud, cluster, widenedAt.length));
  const last = widenedAt.at(-1);
  if (last === undefined) return subnet;
  return {
    ...subnet,
    updated_at: isoSeconds(last),
    revision_number: Number(subnet.revision_number) + widenedAt.length,
  };
}

export function fabricSubnetParts(cloud: Cloud, cluster: number, moreOfFirst: number): SubnetParts {
  const ranges = fabricRanges(cloud, cluster, moreOfFirst);
  return {
    ...{ number: fabricNumber(cluster), name: "fabric", project: operatorProject(cloud), hasDhcp: false },
    ...{ cidr: `${baseOf(cluster)}/20`, gateway: dottedAddress(baseNumber(cluster) + 1) },
    pools: ranges.map(({ start, end }) => ({ start, end })),
    tags: ranges.map(({ region, start, end }) => `range:${region}:${start}-${end}`),
  };
}

/** The number of the `slot`-th port of a range. */
export function fabricPortNumber(cluster: number, range: number, slot: number): number {
  return portNumber("fabric", cluster * PORTS_PER_CLUSTER + range * RANGE_SPAN + slot);
}

/** Of something that has an address and no host that anybody knows of: a machine without virtualization. */
export function fabricPort(view: View, index: number, fill: FabricFill): OpenStackObject {
  const cluster = Math.floor(index / PORTS_PER_CLUSTER);
  const range = Math.floor((index % PORTS_PER_CLUSTER) / RANGE_SPAN);
  const slot = index % RANGE_SPAN;
  // Of a range the first region was given later, all of them.
  const ordinal = slot + (range === 0 ? 0 : RANGE_ADDRESSES);
  const isOfFirst = range === 0 || range >= fabricRanges(view.cloud, cluster).length;
  const isNew = isOfFirst && ordinal >= fill.usedAtFirst;
  const port = portOf(view, {
    ...{ number: portNumber("fabric", index), network: fabricNumber(cluster), project: operatorProject(view.cloud) },
    ...{ address: addressIn(cluster, range, slot), device: uuidOf(view.cloud.seed, "ghost", index, 1) },
    ...{ owner: "baremetal:none", host: undefined },
    createdMs: isNew ? ((ordinal + 1 - fill.usedAtFirst) / fill.takenPerHour) * HOUR_MS : -90 * 24 * HOUR_MS,
  });
  return { ...port, "binding:vnic_type": "baremetal" };
}

function addressIn(cluster: number, range: number, slot: number): string {
  return dottedAddress(baseNumber(cluster) + range * RANGE_SPAN + RANGE_FIRST + slot);
}

/** Of `172.16.0.0/12`: 256 clusters have a subnet each. */
function baseNumber(cluster: number): number {
  return 0xac100000 + (cluster % 256) * 4_096;
}

function baseOf(cluster: number): string {
  return dottedAddress(baseNumber(cluster));
}
