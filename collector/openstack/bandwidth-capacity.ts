import { addPoint, type Sum, Sums } from "./capacity-sums.ts";
import type { AddPoint } from "./gauges.ts";
import type { RegionInventory } from "./region-sync.ts";

/** By any name that OpenStack has for a host. */
export type BandwidthOf = (hostName: string) => (Sum & { readonly host: string }) | undefined;

/** `bandwidth` of compute nodes and network nodes, zones and the region: hosts that Nova or Neutron names and an agent tells of. */
export function addBandwidth(
  { region, compute, network }: RegionInventory,
  bandwidthOf: BandwidthOf,
  whole: Sums,
  add: AddPoint,
): void {
  const named: (readonly [name: string, zone: string | undefined])[] = [
    ...compute.services.flatMap(({ binary, host, zone }) => (binary === "nova-compute" ? [[host, zone] as const] : [])),
    // Those with a zone first: of the agents of a node not all say theirs.
    ...network.agents
      .map(({ host, zone }) => [host, zone] as const)
      .toSorted((a, b) => Number(b[1] !== undefined) - Number(a[1] !== undefined)),
  ];
  const seen = new Set<string>();
  const zones = new Map<string, Sums>();
  for (const [name, zone] of named) {
    const sum = bandwidthOf(name);
    if (sum === undefined || seen.has(sum.host)) continue;
    const { host, used, total } = sum;
    seen.add(host);
    addPoint(add, "bandwidth", { used, total }, { scope: "host", region, zone, host: name });
    whole.add("bandwidth", used, total);
    if (zone === undefined) continue;
    const sums = zones.get(zone) ?? new Sums();
    zones.set(zone, sums);
    sums.add("bandwidth", used, total);
  }
  for (const [zone, sums] of zones) {
    for (const [resource, sum] of sums.all()) addPoint(add, resource, sum, { scope: "zone", region, zone });
  }
}
