import {
  DHCP_OFFSET,
  externalAddress,
  GATEWAY_OFFSET,
  POOL_FIRST_OFFSET,
  poolLastOffset,
  portMac,
  segmentationId,
  TENANT_MTU,
  tenantAddress,
  tenantCidr,
  underlayAddress,
} from "../cloud/addresses.ts";
import type { Cloud, Host, Network, Router, Vm } from "../cloud/cloud.ts";
import {
  dhcpPort,
  gatewayPort,
  hostAt,
  networkUuid,
  portUuid,
  projectId,
  routerPort,
  routerUuid,
  snatPort,
  subnetUuid,
  vmPort,
  vmUuid,
} from "../cloud/identity.ts";
import { securityGroups } from "../elements/machine-elements.ts";
import { duties } from "../elements/namespace-elements.ts";
import { uuidOf } from "../random.ts";
import type { OpenStackObject } from "./nova.ts";

// Objects of the networking API of one cluster, as an administrator sees them.
// Source: OpenStack Networking API v2.0 reference.

export const networkName = (network: number): string => `net-${network}`;
/** The one network outside; not one of `cloud.networks`. */
const EXTERNAL = -1;

export function networks(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  const external = {
    id: networkUuid(cloud, EXTERNAL - cluster),
    name: "external",
    status: "ACTIVE",
    admin_state_up: true,
    mtu: 1_500,
    shared: false,
    "router:external": true,
    "provider:network_type": "flat",
    "provider:physical_network": "external",
    "provider:segmentation_id": null,
    subnets: [],
  };
  return [
    external,
    ...networksOf(cloud, cluster).map(({ index }) => ({
      id: networkUuid(cloud, index),
      name: networkName(index),
      project_id: projectId(cloud, index),
      status: "ACTIVE",
      admin_state_up: true,
      mtu: TENANT_MTU,
      shared: false,
      "router:external": false,
      "provider:network_type": "vxlan",
      "provider:physical_network": null,
      "provider:segmentation_id": segmentationId(index),
      subnets: [subnetUuid(cloud, index)],
    })),
  ];
}

export function subnets(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  return networksOf(cloud, cluster).map(({ index }) => ({
    id: subnetUuid(cloud, index),
    name: `subnet-${index}`,
    network_id: networkUuid(cloud, index),
    project_id: projectId(cloud, index),
    ip_version: 4,
    cidr: tenantCidr(index),
    gateway_ip: tenantAddress(index, GATEWAY_OFFSET),
    enable_dhcp: true,
    allocation_pools: [
      { start: tenantAddress(index, POOL_FIRST_OFFSET), end: tenantAddress(index, poolLastOffset(index)) },
    ],
  }));
}

export function routers(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  return routersOf(cloud, cluster).map(({ index, networks: inside }) => ({
    id: routerUuid(cloud, index),
    name: `router-${index}`,
    project_id: projectId(cloud, inside[0] ?? 0),
    status: "ACTIVE",
    admin_state_up: true,
    distributed: false,
    ha: false,
    external_gateway_info: {
      network_id: networkUuid(cloud, EXTERNAL - cluster),
      enable_snat: true,
      external_fixed_ips: [{ ip_address: externalAddress(index) }],
    },
  }));
}

/** Every fiftieth machine has one. */
export function floatingIps(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  return [...cloud.vms.values()].flatMap((vm) => {
    if (vm.index % 50 !== 0 || hostAt(cloud, vm.host).cluster !== cluster) return [];
    const network = cloud.networks[vm.network];
    return {
      id: uuidOf(cloud.seed, "floatingIp", vm.index),
      floating_ip_address: externalAddress(cloud.routers.length + vm.index / 50),
      fixed_ip_address: tenantAddress(vm.network, vm.address),
      floating_network_id: networkUuid(cloud, EXTERNAL - cluster),
      port_id: portUuid(cloud, vmPort(vm.index)),
      router_id: routerUuid(cloud, network?.router ?? 0),
      project_id: projectId(cloud, vm.network),
      status: "ACTIVE",
    };
  });
}

/** Of one cluster: of machines, of DHCP, of routers; made one by one, since there may be many. */
export function* ports(cloud: Cloud, cluster: number): Generator<OpenStackObject> {
  for (const vm of cloud.vms.values()) if (hostAt(cloud, vm.host).cluster === cluster) yield vmPortOf(cloud, vm);
  for (const network of networksOf(cloud, cluster)) {
    for (const [replica, host] of network.dhcpHosts.entries()) yield dhcpPortOf(cloud, network, { replica, host });
  }
  for (const router of routersOf(cloud, cluster)) yield* routerPortsOf(cloud, router);
}

interface PortParts {
  readonly number: number;
  readonly network: number;
  readonly address: string;
  readonly device: string;
  readonly owner: string;
  readonly host: number;
}

function portOf(cloud: Cloud, { number, network, address, device, owner, host }: PortParts): OpenStackObject {
  const isInside = network >= 0;
  return {
    id: portUuid(cloud, number),
    name: "",
    network_id: networkUuid(cloud, network),
    project_id: isInside ? projectId(cloud, network) : "",
    device_id: device,
    device_owner: owner,
    mac_address: portMac(number),
    fixed_ips: [{ subnet_id: isInside ? subnetUuid(cloud, network) : null, ip_address: address }],
    status: "ACTIVE",
    admin_state_up: true,
    allowed_address_pairs: [],
    security_groups: [],
    "binding:host_id": hostAt(cloud, host).name,
    "binding:vif_type": "ovs",
    "binding:vnic_type": "normal",
    "binding:vif_details": { port_filter: true, ovs_hybrid_plug: false },
    "binding:profile": {},
  };
}

function vmPortOf(cloud: Cloud, vm: Vm): OpenStackObject {
  const parts = {
    number: vmPort(vm.index),
    network: vm.network,
    address: tenantAddress(vm.network, vm.address),
    device: vmUuid(cloud, vm.index),
    owner: "compute:nova",
    host: vm.host,
  };
  const status = vm.state === "building" ? "BUILD" : "ACTIVE";
  return { ...portOf(cloud, parts), status, security_groups: securityGroups(cloud, vm) };
}

function dhcpPortOf(
  cloud: Cloud,
  { index, fault }: Network,
  { replica, host }: { readonly replica: number; readonly host: number },
): OpenStackObject {
  const offset = DHCP_OFFSET + (fault?.kind === "duplicate-address" ? 0 : replica);
  return portOf(cloud, {
    number: dhcpPort(index, replica),
    network: index,
    address: tenantAddress(index, offset),
    device: `dhcp-${networkUuid(cloud, index)}`,
    owner: "network:dhcp",
    host,
  });
}

function routerPortsOf(cloud: Cloud, { index, cluster, host, networks: inside }: Router): readonly OpenStackObject[] {
  const device = routerUuid(cloud, index);
  return [
    ...inside.flatMap((network) => [
      portOf(cloud, {
        number: routerPort(network),
        network,
        address: tenantAddress(network, GATEWAY_OFFSET),
        device,
        owner: "network:router_interface",
        host,
      }),
      portOf(cloud, {
        number: snatPort(network),
        network,
        address: tenantAddress(network, DHCP_OFFSET + 2),
        device,
        owner: "network:router_centralized_snat",
        host,
      }),
    ]),
    portOf(cloud, {
      number: gatewayPort(index),
      network: EXTERNAL - cluster,
      address: externalAddress(index),
      device,
      owner: "network:router_gateway",
      host,
    }),
  ];
}

/** `at`: epoch milliseconds, the last heartbeat of those that are alive. Neutron writes times in UTC without a zone. */
export function agents(cloud: Cloud, cluster: number, at: number): readonly OpenStackObject[] {
  const heartbeat = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  const agent = (host: Host, order: number, type: string, binary: string, configurations: OpenStackObject) => ({
    id: uuidOf(cloud.seed, "agent", host.index, order),
    agent_type: type,
    binary,
    host: host.name,
    alive: host.condition.powered,
    admin_state_up: true,
    availability_zone: host.place.zone,
    heartbeat_timestamp: heartbeat,
    configurations,
  });
  return cloud.hosts
    .filter((host) => host.cluster === cluster)
    .flatMap((host) => {
      const served = duties(cloud, host);
      const tunnels = { tunneling_ip: underlayAddress(host.index), tunnel_types: ["vxlan"], devices: host.vms.size };
      const vswitch = agent(host, 0, "Open vSwitch agent", "neutron-openvswitch-agent", tunnels);
      if (host.role === "compute") return [vswitch];
      return [
        vswitch,
        agent(host, 1, "L3 agent", "neutron-l3-agent", { routers: served.routers.length }),
        agent(host, 2, "DHCP agent", "neutron-dhcp-agent", { networks: served.networks.length }),
      ];
    });
}

function networksOf(cloud: Cloud, cluster: number): readonly Network[] {
  return cloud.networks.filter((network) => network.cluster === cluster);
}

function routersOf(cloud: Cloud, cluster: number): readonly Router[] {
  return cloud.routers.filter((router) => router.cluster === cluster);
}
