import { addBandwidth, type BandwidthOf } from "./bandwidth-capacity.ts";
import { addPoint, type Sum, Sums } from "./capacity-sums.ts";
import type { ComputeInventory, CountedHypervisor, HostAmounts } from "./compute-inventory.ts";
import type { AddPoint, Fresh } from "./gauges.ts";
import { addComputeProjects, addNetworkProjects, addVolumeProjects } from "./project-capacity.ts";
import type { RegionInventory } from "./region-sync.ts";

/** `os_capacity` of hosts, zones, regions, projects, external networks and pools, and of the cluster as their sum. */
export function capacityPoints(
  regions: readonly { readonly inventory: RegionInventory; readonly fresh: Fresh }[],
  bandwidthOf: BandwidthOf,
  add: AddPoint,
): void {
  const cluster = new Sums();
  for (const { inventory, fresh } of regions) {
    const { region } = inventory;
    const whole = new Sums();
    if (fresh.compute) {
      addHosts(inventory, fresh, whole, add);
      addComputeProjects(inventory, add);
    }
    if (fresh.network) {
      addNetworks(inventory, whole, add);
      addNetworkProjects(inventory, add);
    }
    if (fresh.volume) {
      addVolumeProjects(inventory, add);
      for (const { name, used, total } of inventory.volume.pools) {
        addPoint(add, "volumes", { used, total }, { scope: "pool", region, pool: name });
        whole.add("volumes", used, total);
      }
    }
    if (fresh.compute || fresh.network) addBandwidth(inventory, bandwidthOf, whole, add);
    for (const [resource, sum] of whole.all()) {
      addPoint(add, resource, sum, { scope: "region", region });
      cluster.add(resource, sum.used, sum.total);
    }
  }
  for (const [resource, sum] of cluster.all()) addPoint(add, resource, sum, { scope: "cluster" });
}

function addHosts(inventory: RegionInventory, fresh: Fresh, whole: Sums, add: AddPoint): void {
  const { region, compute } = inventory;
  const zones = new Map<string, Sums>();
  const zoneOf = zonesOf(compute);
  const instances = instancesOf(compute);
  const zoneSums = (zone: string): Sums => {
    const sums = zones.get(zone) ?? new Sums();
    zones.set(zone, sums);
    return sums;
  };
  for (const hypervisor of compute.hypervisors) {
    const { host } = hypervisor;
    const zone = zoneOf.get(host);
    const sums = new Sums();
    sums.add("instances", instances.get(host) ?? 0, undefined);
    for (const [resource, { used, total }] of hostAmounts(inventory, fresh, hypervisor) ?? []) {
      sums.add(resource, used, total);
    }
    for (const [resource, sum] of sums.all()) {
      addPoint(add, resource, sum, { scope: "host", region, zone, host });
      whole.add(resource, sum.used, sum.total);
      if (zone !== undefined) zoneSums(zone).add(resource, sum.used, sum.total);
    }
  }
  if (fresh.sizes === "placement") addShared(inventory, whole, { zoneOf, zoneSums, add });
  for (const [zone, sums] of zones) {
    for (const [resource, sum] of sums.all()) addPoint(add, resource, sum, { scope: "zone", region, zone });
  }
}

/** What a hypervisor has, by whoever is to be believed; undefined when nobody is yet. */
export function hostAmounts(
  { placement }: Pick<RegionInventory, "placement">,
  { sizes }: Fresh,
  hypervisor: CountedHypervisor,
): HostAmounts | undefined {
  if (sizes === "placement") return placement.of(hypervisor);
  return sizes === "nova" ? hypervisor.amounts : undefined;
}

/** Shared storage is there once, however many hosts use it; it is a zone's when they are all of that zone. */
function addShared(
  { region, compute, placement }: RegionInventory,
  whole: Sums,
  {
    zoneOf,
    zoneSums,
    add,
  }: {
    readonly zoneOf: ReadonlyMap<string, string | undefined>;
    readonly zoneSums: (zone: string) => Sums;
    readonly add: AddPoint;
  },
): void {
  for (const { name, members, amounts } of placement.shared()) {
    const users = compute.hypervisors.filter((hypervisor) => members.has(placement.rootOf(hypervisor) ?? ""));
    const zones = new Set(users.map(({ host }) => zoneOf.get(host)));
    const [zone] = zones.size === 1 ? zones : [];
    for (const [resource, { used, total }] of amounts) {
      addPoint(add, resource, { used, total }, { scope: "pool", region, pool: name });
      whole.add(resource, used, total);
      if (zone !== undefined) zoneSums(zone).add(resource, used, total);
    }
  }
}

function zonesOf(compute: ComputeInventory): ReadonlyMap<string, string | undefined> {
  return new Map(
    compute.services.flatMap(({ binary, host, zone }) => (binary === "nova-compute" ? [[host, zone] as const] : [])),
  );
}

function instancesOf(compute: ComputeInventory): ReadonlyMap<string, number> {
  const instances = new Map<string, number>();
  for (const { host } of compute.servers.values()) {
    if (host !== undefined) instances.set(host, (instances.get(host) ?? 0) + 1);
  }
  return instances;
}

/** Floating IPs come from the subnets of external networks, where the gateways of routers take some as well. */
function addNetworks({ region, network }: RegionInventory, whole: Sums, add: AddPoint): void {
  const given = new Map<string, Sum>();
  for (const [id, isExternal] of network.networks) if (isExternal) given.set(id, { used: 0, total: undefined });
  for (const subnet of network.subnets.values()) {
    const sum = given.get(subnet.networkId);
    const own = sum === undefined ? undefined : network.givenOf(subnet);
    if (sum === undefined || own === undefined) continue;
    sum.used += own.used;
    sum.total = (sum.total ?? 0) + (own.total ?? 0);
  }
  const floating = new Map<string, number>();
  for (const { networkId } of network.floatingIps.values()) {
    if (networkId !== undefined) floating.set(networkId, (floating.get(networkId) ?? 0) + 1);
  }
  for (const [network_id, { used, total }] of given) {
    const count = floating.get(network_id) ?? 0;
    // Addresses that routers and others have are not to be given as floating ones.
    const sum = {
      used: count,
      total: total === undefined ? undefined : Math.max(count, total - Math.max(0, used - count)),
    };
    addPoint(add, "floating_ips", sum, { scope: "network", region, network_id });
    whole.add("floating_ips", sum.used, sum.total);
  }
  whole.add("ports", network.ports.size, undefined);
}
