import {
  EXTERNAL_CIDR,
  EXTERNAL_POOL,
  externalAddress,
  GATEWAY_OFFSET,
  POOL_FIRST_OFFSET,
  poolLastOffset,
  segmentationId,
  TENANT_MTU,
  tenantAddress,
  tenantCidr,
} from "../cloud/addresses.ts";
import type { Cloud, Network, Router, Vm } from "../cloud/cloud.ts";
import { hostAt, networkUuid, portUuid, projectId, routerUuid, subnetUuid, vmPort } from "../cloud/identity.ts";
import { uuidOf } from "../random.ts";
import { isoSeconds, type OpenStackObject, plainView, type View } from "./view.ts";

// Networks, subnets, routers and floating IPs of one cluster, as an administrator sees them.
// Source: OpenStack Networking API v2.0 reference.

export const networkName = (network: number): string => `net-${network}`;
/** The number of the one network outside; not one of `cloud.networks`. */
export const externalNumber = (cluster: number): number => -1 - cluster;
/** Whoever runs the cloud. */
export const operatorProject = (cloud: Cloud): string => uuidOf(cloud.seed, "project", -1).replaceAll("-", "");

const DAY_MS = 86_400_000;

/** Made with the cloud, and never changed since. */
export function oldStamps(view: View, daysAgo = 120): OpenStackObject {
  const at = isoSeconds(view.wallOf(-daysAgo * DAY_MS));
  return { created_at: at, updated_at: at, revision_number: 2 };
}

/** Both names of the one thing. */
export function ownedBy(project: string): OpenStackObject {
  return { project_id: project, tenant_id: project };
}

interface NetworkParts {
  readonly number: number;
  readonly name: string;
  readonly project: string;
  readonly mtu: number;
  readonly isExternal: boolean;
  readonly type: string;
  readonly physical: string | null;
  readonly segmentation: number | null;
  readonly zones: readonly string[];
}

export function networkObject(view: View, parts: NetworkParts): OpenStackObject {
  const { cloud } = view;
  return {
    id: networkUuid(cloud, parts.number),
    name: parts.name,
    ...ownedBy(parts.project),
    description: "",
    status: "ACTIVE",
    admin_state_up: true,
    mtu: parts.mtu,
    shared: false,
    "router:external": parts.isExternal,
    ...(parts.isExternal ? { is_default: true } : {}),
    "provider:network_type": parts.type,
    "provider:physical_network": parts.physical,
    "provider:segmentation_id": parts.segmentation,
    subnets: [subnetUuid(cloud, parts.number)],
    availability_zone_hints: [],
    availability_zones: parts.zones,
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    l2_adjacency: true,
    port_security_enabled: true,
    qos_policy_id: null,
    tags: [],
    ...oldStamps(view),
  };
}

export function networks(cloud: Cloud, cluster: number, view: View = plainView(cloud)): readonly OpenStackObject[] {
  const external = networkObject(view, {
    ...{ number: externalNumber(cluster), name: "external", project: operatorProject(cloud), mtu: 1_500, zones: [] },
    ...{ isExternal: true, type: "flat", physical: "external", segmentation: null },
  });
  return [
    external,
    ...networksOf(cloud, cluster).map(({ index, dhcpHosts }) =>
      networkObject(view, {
        ...{ number: index, name: networkName(index), project: projectId(cloud, index), mtu: TENANT_MTU },
        ...{ isExternal: false, type: "vxlan", physical: null, segmentation: segmentationId(index) },
        zones: [...new Set(dhcpHosts.map((host) => hostAt(cloud, host).place.zone))],
      }),
    ),
  ];
}

export interface SubnetParts {
  readonly number: number;
  readonly name: string;
  readonly project: string;
  readonly cidr: string;
  readonly gateway: string | null;
  readonly hasDhcp: boolean;
  readonly pools: readonly { readonly start: string; readonly end: string }[];
  readonly tags: readonly string[];
}

export function subnetObject(view: View, parts: SubnetParts): OpenStackObject {
  return {
    id: subnetUuid(view.cloud, parts.number),
    name: parts.name,
    ...ownedBy(parts.project),
    description: "",
    network_id: networkUuid(view.cloud, parts.number),
    segment_id: null,
    subnetpool_id: null,
    ip_version: 4,
    ipv6_address_mode: null,
    ipv6_ra_mode: null,
    cidr: parts.cidr,
    gateway_ip: parts.gateway,
    enable_dhcp: parts.hasDhcp,
    allocation_pools: parts.pools,
    dns_nameservers: [],
    host_routes: [],
    service_types: [],
    tags: parts.tags,
    ...oldStamps(view),
  };
}

export function subnets(cloud: Cloud, cluster: number, view: View = plainView(cloud)): readonly OpenStackObject[] {
  return [externalSubnet(cloud, cluster), ...tenantSubnets(cloud, cluster)].map((parts) => subnetObject(view, parts));
}

export function externalSubnet(cloud: Cloud, cluster: number): SubnetParts {
  return {
    ...{ number: externalNumber(cluster), name: "external", project: operatorProject(cloud), cidr: EXTERNAL_CIDR },
    ...{ gateway: "198.18.0.1", hasDhcp: false, pools: [EXTERNAL_POOL], tags: [] },
  };
}

export function tenantSubnets(cloud: Cloud, cluster: number): readonly SubnetParts[] {
  return networksOf(cloud, cluster).map(({ index }) => ({
    ...{ number: index, name: `subnet-${index}`, project: projectId(cloud, index), cidr: tenantCidr(index) },
    ...{ gateway: tenantAddress(index, GATEWAY_OFFSET), hasDhcp: true, tags: [] },
    pools: [{ start: tenantAddress(index, POOL_FIRST_OFFSET), end: tenantAddress(index, poolLastOffset(index)) }],
  }));
}

export function routers(cloud: Cloud, cluster: number, view: View = plainView(cloud)): readonly OpenStackObject[] {
  const outside = externalNumber(cluster);
  return routersOf(cloud, cluster).map(({ index, host, networks: inside }) => ({
    id: routerUuid(cloud, index),
    name: `router-${index}`,
    ...ownedBy(projectId(cloud, inside[0] ?? 0)),
    description: "",
    status: "ACTIVE",
    admin_state_up: true,
    distributed: false,
    ha: false,
    routes: [],
    flavor_id: null,
    availability_zone_hints: [],
    availability_zones: [hostAt(cloud, host).place.zone],
    external_gateway_info: {
      network_id: networkUuid(cloud, outside),
      enable_snat: true,
      external_fixed_ips: [{ subnet_id: subnetUuid(cloud, outside), ip_address: externalAddress(index) }],
    },
    tags: [],
    ...oldStamps(view),
  }));
}

/** Every fiftieth machine has one. */
export function hasFloatingIp(vm: number): boolean {
  return vm % 50 === 0;
}

export const floatingIpUuid = (cloud: Cloud, vm: number): string => uuidOf(cloud.seed, "floatingIp", vm);

export function floatingIps(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  const view = plainView(cloud);
  return [...cloud.vms.values()].flatMap((vm) =>
    hasFloatingIp(vm.index) && hostAt(cloud, vm.host).cluster === cluster ? [floatingIpObject(view, vm)] : [],
  );
}

export function floatingIpObject(view: View, vm: Vm): OpenStackObject {
  const { cloud } = view;
  const network = cloud.networks[vm.network];
  const at = isoSeconds(view.wallOf(vm.bornMs));
  const port = vmPort(vm.index);
  return {
    id: floatingIpUuid(cloud, vm.index),
    floating_ip_address: externalAddress(cloud.routers.length + vm.index / 50),
    fixed_ip_address: tenantAddress(vm.network, vm.address),
    floating_network_id: networkUuid(cloud, externalNumber(network?.cluster ?? 0)),
    port_id: portUuid(cloud, port),
    router_id: routerUuid(cloud, network?.router ?? 0),
    ...ownedBy(projectId(cloud, vm.network)),
    description: "",
    status: "ACTIVE",
    port_details: null,
    qos_policy_id: null,
    tags: [],
    created_at: at,
    updated_at: at,
    revision_number: 1,
  };
}

export function networksOf(cloud: Cloud, cluster: number): readonly Network[] {
  return cloud.networks.filter((network) => network.cluster === cluster);
}

export function routersOf(cloud: Cloud, cluster: number): readonly Router[] {
  return cloud.routers.filter((router) => router.cluster === cluster);
}
