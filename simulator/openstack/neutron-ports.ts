import {
  DHCP_OFFSET,
  externalAddress,
  GATEWAY_OFFSET,
  type NumberedPort,
  numberedPort,
  portMac,
  portNumber,
  tenantAddress,
} from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
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
import { uuidOf } from "../random.ts";
import { externalNumber, floatingIpUuid, hasFloatingIp, networksOf, ownedBy, routersOf } from "./neutron.ts";
import { isoSeconds, type OpenStackObject, plainView, type View } from "./view.ts";

// Ports of Neutron, as an administrator sees them: the published samples leave out `binding:*`.
// Source: OpenStack Networking API v2.0 reference, GET /v2.0/ports.

const LONG_AGO_MS = -120 * 86_400_000;
/** A load balancer's address, below the pool. */
const VIP_OFFSET = DHCP_OFFSET + 3;

export const hasLoadBalancer = (network: number): boolean => network % 10 === 0;
export const vipAddress = (network: number): string => tenantAddress(network, VIP_OFFSET);
export const loadBalancerUuid = (cloud: Cloud, network: number): string => uuidOf(cloud.seed, "loadBalancer", network);

/** Of one cluster: of machines, DHCP, routers, load balancers and floating IPs; made one by one. */
export function* ports(cloud: Cloud, cluster: number): Generator<OpenStackObject> {
  const view = plainView(cloud);
  for (const vm of cloud.vms.values()) {
    if (hostAt(cloud, vm.host).cluster !== cluster) continue;
    for (const number of machinePortNumbers(vm.index)) yield* portObject(view, number);
  }
  for (const number of lastingPortNumbers(cloud, cluster)) yield* portObject(view, number);
}

/** The ports that come and go with a machine. */
export function machinePortNumbers(vm: number): readonly number[] {
  return hasFloatingIp(vm) ? [vmPort(vm), portNumber("floating", vm / 50)] : [vmPort(vm)];
}

/** Those that are there all day. */
export function lastingPortNumbers(cloud: Cloud, cluster: number): readonly number[] {
  return [
    ...networksOf(cloud, cluster).flatMap(({ index, dhcpHosts }) => [
      ...dhcpHosts.map((_, replica) => dhcpPort(index, replica)),
      ...(hasLoadBalancer(index) ? [portNumber("vip", index)] : []),
    ]),
    ...routersOf(cloud, cluster).flatMap(({ index, networks }) => [
      ...networks.flatMap((network) => [routerPort(network), snatPort(network)]),
      gatewayPort(index),
    ]),
  ];
}

export interface PortParts {
  readonly number: number;
  readonly network: number;
  readonly project: string;
  readonly address: string;
  readonly device: string;
  readonly owner: string;
  /** Undefined: bound nowhere. */
  readonly host: Host | undefined;
  /** Milliseconds since the cloud began. */
  readonly createdMs: number;
}

export function portOf(view: View, parts: PortParts): OpenStackObject {
  const { cloud } = view;
  const { number, network, project, address, device, owner, host } = parts;
  const at = isoSeconds(view.wallOf(parts.createdMs));
  return {
    id: portUuid(cloud, number),
    name: "",
    description: "",
    network_id: networkUuid(cloud, network),
    ...ownedBy(project),
    device_id: device,
    device_owner: owner,
    mac_address: portMac(number),
    fixed_ips: [{ subnet_id: subnetUuid(cloud, network), ip_address: address }],
    status: host === undefined ? "DOWN" : "ACTIVE",
    admin_state_up: true,
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    security_groups: [],
    port_security_enabled: owner.startsWith("compute:"),
    data_plane_status: null,
    ip_allocation: "immediate",
    qos_policy_id: null,
    tags: [],
    created_at: at,
    updated_at: at,
    revision_number: 4,
    "binding:host_id": host === undefined ? "" : view.names.neutron(host),
    "binding:vif_type": host === undefined ? "unbound" : "ovs",
    "binding:vnic_type": "normal",
    "binding:vif_details":
      host === undefined ? {} : { port_filter: true, ovs_hybrid_plug: false, datapath_type: "system" },
    "binding:profile": {},
  };
}

/** None when the port is not there any more, or is none of this cloud's own. */
export function portObject(view: View, number: number): readonly OpenStackObject[] {
  const made = madeOf(view, number, numberedPort(number));
  return made === undefined ? [] : [made];
}

function madeOf(view: View, number: number, { kind, index }: NumberedPort): OpenStackObject | undefined {
  const { cloud } = view;
  switch (kind) {
    case "vm": {
      const vm = cloud.vms.get(index);
      return vm === undefined ? undefined : machinePort(view, vm);
    }
    case "dhcp":
      return dhcpPortOf(view, index >> 1, index & 1);
    case "router":
      return routerPortOf(view, { number, network: index, owner: "network:router_interface", offset: GATEWAY_OFFSET });
    case "snat":
      return routerPortOf(view, {
        ...{ number, network: index, owner: "network:router_centralized_snat", offset: DHCP_OFFSET + 2 },
      });
    case "gateway":
      return gatewayPortOf(view, index);
    case "floating": {
      const vm = cloud.vms.get(index * 50);
      return vm === undefined ? undefined : floatingPort(view, vm, number);
    }
    case "vip":
      return portOf(view, {
        ...{ number, network: index, project: projectId(cloud, index), address: vipAddress(index) },
        ...{
          device: `lb-${loadBalancerUuid(cloud, index)}`,
          owner: "Octavia",
          host: undefined,
          createdMs: LONG_AGO_MS,
        },
      });
    case "fabric":
    case "ghost":
      return undefined;
  }
}

/** Its status, its host and its groups change; where it is migrating to is in the profile until it is there. */
function machinePort(view: View, vm: Vm): OpenStackObject {
  const { cloud } = view;
  const port = portOf(view, {
    ...{ number: vmPort(vm.index), network: vm.network, project: projectId(cloud, vm.network) },
    ...{ address: tenantAddress(vm.network, vm.address), device: vmUuid(cloud, vm.index), owner: "compute:nova" },
    ...{ host: hostAt(cloud, vm.host), createdMs: vm.bornMs },
  });
  const target = vm.target === undefined ? undefined : hostAt(cloud, vm.target);
  return {
    ...port,
    status: vm.state === "building" ? "BUILD" : "ACTIVE",
    security_groups: securityGroups(cloud, vm),
    updated_at: isoSeconds(view.wallOf(view.updatedMs(vm))),
    revision_number: 4 + view.revision(vm.index),
    "binding:profile": target === undefined ? {} : { migrating_to: view.names.neutron(target) },
  };
}

function dhcpPortOf(view: View, network: number, replica: number): OpenStackObject | undefined {
  const { cloud } = view;
  const host = cloud.networks[network]?.dhcpHosts[replica];
  if (host === undefined) return undefined;
  const offset = DHCP_OFFSET + (cloud.networks[network]?.fault?.kind === "duplicate-address" ? 0 : replica);
  return portOf(view, {
    ...{ number: dhcpPort(network, replica), network, project: projectId(cloud, network) },
    ...{ address: tenantAddress(network, offset), device: `dhcp-${networkUuid(cloud, network)}` },
    ...{ owner: "network:dhcp", host: hostAt(cloud, host), createdMs: LONG_AGO_MS },
  });
}

interface RouterPort {
  readonly number: number;
  readonly network: number;
  readonly owner: string;
  readonly offset: number;
}

function routerPortOf(view: View, { number, network, owner, offset }: RouterPort): OpenStackObject | undefined {
  const { cloud } = view;
  const router = cloud.routers[cloud.networks[network]?.router ?? -1];
  if (router === undefined) return undefined;
  return portOf(view, {
    ...{ number, network, project: projectId(cloud, network), address: tenantAddress(network, offset) },
    ...{ device: routerUuid(cloud, router.index), owner, host: hostAt(cloud, router.host), createdMs: LONG_AGO_MS },
  });
}

function gatewayPortOf(view: View, index: number): OpenStackObject | undefined {
  const { cloud } = view;
  const router = cloud.routers[index];
  if (router === undefined) return undefined;
  return portOf(view, {
    // Neutron gives it no project: it is nobody's to change.
    ...{ number: gatewayPort(index), network: externalNumber(router.cluster), project: "" },
    ...{ address: externalAddress(index), device: routerUuid(cloud, index), owner: "network:router_gateway" },
    ...{ host: hostAt(cloud, router.host), createdMs: LONG_AGO_MS },
  });
}

function floatingPort(view: View, vm: Vm, number: number): OpenStackObject {
  const { cloud } = view;
  const port = portOf(view, {
    ...{ number, network: externalNumber(hostAt(cloud, vm.host).cluster), project: "", host: undefined },
    ...{ address: externalAddress(cloud.routers.length + vm.index / 50), device: floatingIpUuid(cloud, vm.index) },
    ...{ owner: "network:floatingip", createdMs: vm.bornMs },
  });
  return { ...port, status: "N/A" };
}
