import { networkUuid, projectId, subnetUuid } from "../cloud/identity.ts";
import { securityGroups } from "../elements/machine-elements.ts";
import { uuidOf } from "../random.ts";
import type { Estate } from "./estate.ts";
import { type FabricRange, fabricNetwork, fabricSubnet, fabricSubnetParts, fabricUsed } from "./fabric.ts";
import {
  externalSubnet,
  hasFloatingIp,
  networkName,
  networks,
  networksOf,
  oldStamps,
  operatorProject,
  ownedBy,
  routersOf,
  type SubnetParts,
  subnets,
  tenantSubnets,
} from "./neutron.ts";
import { hasLoadBalancer, loadBalancerUuid, vipAddress } from "./neutron-ports.ts";
import { isoSeconds, type OpenStackObject } from "./view.ts";

// What else Neutron and Octavia have of one cluster. Sources: OpenStack Networking API v2.0 reference,
// `neutron/db/network_ip_availability_db.py`, OpenStack Load Balancer API v2 reference.

export function allNetworks(estate: Estate): readonly OpenStackObject[] {
  const { cloud, cluster, view } = estate;
  return [...networks(cloud, cluster, view), ...(estate.fabric === undefined ? [] : [fabricNetwork(view, cluster)])];
}

export function allSubnets(estate: Estate): readonly OpenStackObject[] {
  const { cloud, cluster, view } = estate;
  return [
    ...subnets(cloud, cluster, view),
    ...(estate.fabric === undefined ? [] : [fabricSubnet(view, cluster, estate.fabricWidenedAt)]),
  ];
}

interface Counted {
  readonly parts: SubnetParts;
  readonly networkName: string;
  readonly used: number;
  readonly usedInPools: number;
}

function countedSubnets(estate: Estate, ms: number): readonly Counted[] {
  const { cloud, cluster, fabric } = estate;
  const floating = [...estate.machines()].filter(({ index }) => hasFloatingIp(index)).length;
  const outside = routersOf(cloud, cluster).length + floating;
  const external = {
    parts: externalSubnet(cloud, cluster),
    networkName: "external",
    used: outside,
    usedInPools: outside,
  };
  const tenant = tenantSubnets(cloud, cluster).map((parts) => {
    const network = cloud.networks[parts.number];
    const machines = network?.taken.size ?? 0;
    const services = (network?.dhcpHosts.length ?? 0) + 2 + (hasLoadBalancer(parts.number) ? 1 : 0);
    return { parts, networkName: networkName(parts.number), used: machines + services, usedInPools: machines };
  });
  if (fabric === undefined) return [external, ...tenant];
  const used = fabricUsed(estate.fabricRanges(), fabric, ms).reduce((sum, each) => sum + each, 0);
  const parts = fabricSubnetParts(cloud, cluster, estate.fabricWidenedAt.length);
  return [external, ...tenant, { parts, networkName: "fabric", used, usedInPools: used }];
}

/** Totals count the pools, and what is used counts the subnet: used may be more than total, as in Neutron. */
export function ipAvailabilities(
  estate: Estate,
  { now, hasDetails }: { readonly now: number; readonly hasDetails: boolean },
): readonly OpenStackObject[] {
  return countedSubnets(estate, estate.sinceBegin(now)).map(({ parts, networkName: name, used, usedInPools }) => {
    const total = parts.pools.reduce((sum, { start, end }) => sum + numberOf(end) - numberOf(start) + 1, 0);
    const prefix = Number(parts.cidr.split("/")[1]);
    const details = {
      total_ips_in_subnet: 2 ** (32 - prefix) - 2,
      total_ips_in_allocation_pool: total,
      used_ips_in_subnet: used,
      used_ips_in_allocation_pool: usedInPools,
      first_ip: parts.pools[0]?.start,
      last_ip: parts.pools.at(-1)?.end,
    };
    return {
      network_id: networkUuid(estate.cloud, parts.number),
      network_name: name,
      ...ownedBy(parts.project),
      total_ips: total,
      used_ips: used,
      subnet_ip_availability: [
        {
          subnet_id: subnetUuid(estate.cloud, parts.number),
          subnet_name: parts.name,
          cidr: parts.cidr,
          ip_version: 4,
          total_ips: total,
          used_ips: used,
          ...(hasDetails ? { ip_availability_details: details } : {}),
        },
      ],
    };
  });
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Each project's default group, and the groups that machines were given besides. */
export function allSecurityGroups(estate: Estate): readonly OpenStackObject[] {
  const { cloud, cluster, view } = estate;
  const group = (id: string, name: string, project: string) => {
    const stamps = oldStamps(view);
    const rule = (order: number, direction: string, ethertype: string) => ({
      id: uuidOf(cloud.seed, "rule", Number.parseInt(id.slice(0, 8), 16) | 0, order),
      security_group_id: id,
      ...ownedBy(project),
      direction,
      ethertype,
      protocol: null,
      port_range_min: null,
      port_range_max: null,
      remote_ip_prefix: null,
      remote_group_id: direction === "ingress" ? id : null,
      description: "",
      ...stamps,
    });
    return {
      id,
      name,
      description: name === "default" ? "Default security group" : "",
      ...ownedBy(project),
      stateful: true,
      shared: false,
      tags: [],
      security_group_rules: [
        ...[rule(0, "egress", "IPv4"), rule(1, "egress", "IPv6")],
        ...[rule(2, "ingress", "IPv4"), rule(3, "ingress", "IPv6")],
      ],
      ...stamps,
    };
  };
  const groups = new Map<string, OpenStackObject>();
  for (const { index } of networksOf(cloud, cluster)) {
    const id = uuidOf(cloud.seed, "group", index >> 1, 0);
    if (!groups.has(id)) groups.set(id, group(id, "default", projectId(cloud, index)));
  }
  for (const vm of estate.machines()) {
    for (const id of securityGroups(cloud, vm).slice(1)) groups.set(id, group(id, "own", projectId(cloud, vm.network)));
  }
  return [...groups.values()];
}

export function allSegments(estate: Estate): readonly OpenStackObject[] {
  return allNetworks(estate).map((network) => ({
    id: uuidOf(estate.cloud.seed, "segment", Number.parseInt(String(network.id).slice(0, 8), 16) | 0),
    network_id: network.id,
    network_type: network["provider:network_type"],
    physical_network: network["provider:physical_network"],
    segmentation_id: network["provider:segmentation_id"],
    name: null,
    description: null,
    ...oldStamps(estate.view),
  }));
}

/** One pool that tenants might cut subnets from. */
export function subnetPools(estate: Estate): readonly OpenStackObject[] {
  const { cloud, cluster, view } = estate;
  return [
    {
      id: uuidOf(cloud.seed, "subnet", -2_000_000 - cluster),
      name: "tenants",
      ...ownedBy(operatorProject(cloud)),
      description: "",
      prefixes: ["10.0.0.0/8"],
      default_prefixlen: "22",
      min_prefixlen: "26",
      max_prefixlen: "22",
      default_quota: null,
      address_scope_id: null,
      ip_version: 4,
      is_default: true,
      shared: true,
      tags: [],
      ...oldStamps(view),
    },
  ];
}

/** Of network nodes: where routers and DHCP servers can be. */
export function networkZones(estate: Estate): readonly OpenStackObject[] {
  const zones = [
    ...new Set(
      estate
        .hosts()
        .filter(({ role }) => role === "network")
        .map(({ place }) => place.zone),
    ),
  ];
  return zones.flatMap((name) => ["router", "network"].map((resource) => ({ name, resource, state: "available" })));
}

export function loadBalancers(estate: Estate): readonly OpenStackObject[] {
  const { cloud, cluster, view } = estate;
  return networksOf(cloud, cluster).flatMap(({ index }) => {
    if (!hasLoadBalancer(index)) return [];
    const at = isoSeconds(view.wallOf(-60 * 86_400_000)).slice(0, 19);
    const vip = uuidOf(cloud.seed, "port", 15_100_000 + index);
    return {
      id: loadBalancerUuid(cloud, index),
      name: `lb-${index}`,
      description: "",
      ...ownedBy(projectId(cloud, index)),
      provisioning_status: "ACTIVE",
      operating_status: "ONLINE",
      admin_state_up: true,
      provider: "amphora",
      flavor_id: null,
      availability_zone: null,
      vip_address: vipAddress(index),
      vip_port_id: vip,
      vip_subnet_id: subnetUuid(cloud, index),
      vip_network_id: networkUuid(cloud, index),
      vip_qos_policy_id: null,
      additional_vips: [],
      listeners: [{ id: uuidOf(cloud.seed, "listener", index, 0) }],
      pools: [{ id: uuidOf(cloud.seed, "listener", index, 1) }],
      tags: [],
      created_at: at,
      updated_at: at,
    };
  });
}

/** What each range of the fabric subnet holds now, for whoever checks an answer. `now`: epoch milliseconds. */
export function fabricState(estate: Estate, now: number): readonly (FabricRange & { readonly used: number })[] {
  if (estate.fabric === undefined) return [];
  const ranges = estate.fabricRanges();
  const used = fabricUsed(ranges, estate.fabric, estate.sinceBegin(now));
  return ranges.map((range, n) => ({ ...range, used: used[n] ?? 0 }));
}

/** Of a project: networks, subnets, ports and the like that it has. */
export function neutronUsage(estate: Estate, project: string) {
  const { cloud, cluster } = estate;
  const own = networksOf(cloud, cluster).filter(({ index }) => projectId(cloud, index) === project);
  const machines = own.reduce((sum, { taken }) => sum + taken.size, 0);
  const services = own.reduce((sum, { dhcpHosts }) => sum + dhcpHosts.length + 2, 0);
  const balancers = own.filter(({ index }) => hasLoadBalancer(index)).length;
  const numbers = new Set(own.map(({ index }) => index));
  const floating = [...estate.machines()].filter((vm) => hasFloatingIp(vm.index) && numbers.has(vm.network)).length;
  const routers = routersOf(cloud, cluster).filter(({ networks: inside }) => inside.some((each) => numbers.has(each)));
  const used = {
    network: own.length,
    subnet: own.length,
    port: machines + services + balancers,
    router: routers.length,
    floatingip: floating,
    security_group: 1,
    security_group_rule: 4,
    subnetpool: 0,
    rbac_policy: 0,
  };
  const limits = { ...NEUTRON_LIMITS, ...ownLimits(estate, project) };
  const names = Object.keys(NEUTRON_LIMITS) as (keyof typeof NEUTRON_LIMITS)[];
  return Object.fromEntries(names.map((name) => [name, [limits[name], used[name]] as const]));
}

export const NEUTRON_LIMITS = {
  network: 100,
  subnet: 100,
  port: 5_000,
  router: 20,
  floatingip: 50,
  security_group: 100,
  security_group_rule: 1_000,
  subnetpool: -1,
  rbac_policy: 10,
} as const;

/** Every fourth project has limits of its own. */
export function ownLimits(
  estate: Estate,
  project: string,
): { readonly floatingip: number; readonly port: number } | undefined {
  const place = estate.projects().indexOf(project);
  return place >= 0 && place % 4 === 0 ? { floatingip: 200, port: -1 } : undefined;
}
