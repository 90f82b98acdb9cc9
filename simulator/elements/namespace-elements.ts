import { type Attributes, type Element, linkOf } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, netnsId, ovsBridgeId } from "../../core/element-id.ts";
import {
  DHCP_OFFSET,
  deviceName,
  externalAddress,
  GATEWAY_OFFSET,
  portMac,
  prefixLengthOf,
  segmentationId,
  TENANT_MTU,
  tenantAddress,
} from "../cloud/addresses.ts";
import type { Cloud, Host, Network, Router } from "../cloud/cloud.ts";
import { dhcpPort, gatewayPort, networkUuid, portUuid, routerPort, routerUuid, snatPort } from "../cloud/identity.ts";
import { portNode } from "./bridge-elements.ts";
import { nodeOf } from "./builders.ts";
import { handedOut, loopbackNode } from "./underlay-elements.ts";

export const dhcpNamespace = (cloud: Cloud, network: number): string => `qdhcp-${networkUuid(cloud, network)}`;

export function dhcpDeviceId(cloud: Cloud, host: Host, network: Network): ElementId {
  const replica = network.dhcpHosts.indexOf(host.index);
  const name = deviceName("tap", portUuid(cloud, dhcpPort(network.index, replica)));
  return interfaceId(host.name, dhcpNamespace(cloud, network.index), name);
}

/** Of a network node: the namespaces of its routers and DHCP servers. */
export function namespaceElements(cloud: Cloud, host: Host): readonly Element[] {
  if (host.role !== "network") return [];
  const { routers, networks } = duties(cloud, host);
  return [
    ...networks.flatMap((network) => dhcpElements(cloud, host, network)),
    ...routers.flatMap((router) => routerElements(cloud, host, router)),
  ];
}

interface Duties {
  readonly routers: readonly Router[];
  readonly networks: readonly Network[];
}

/** Who serves what is settled when a cloud is built. */
const dutiesOfCloud = new WeakMap<readonly Network[], ReadonlyMap<number, Duties>>();

export function duties(cloud: Cloud, host: Host): Duties {
  let known = dutiesOfCloud.get(cloud.networks);
  if (known === undefined) {
    const byHost = new Map<number, { routers: Router[]; networks: Network[] }>();
    const of = (index: number) => {
      const entry = byHost.get(index) ?? { routers: [], networks: [] };
      byHost.set(index, entry);
      return entry;
    };
    for (const router of cloud.routers) of(router.host).routers.push(router);
    for (const network of cloud.networks) for (const index of network.dhcpHosts) of(index).networks.push(network);
    known = byHost;
    dutiesOfCloud.set(cloud.networks, known);
  }
  return known.get(host.index) ?? { routers: [], networks: [] };
}

function dhcpElements(cloud: Cloud, host: Host, network: Network): readonly Element[] {
  const replica = network.dhcpHosts.indexOf(host.index);
  const port = dhcpPort(network.index, replica);
  const name = deviceName("tap", portUuid(cloud, port));
  const { fault } = network;
  const offset = DHCP_OFFSET + (fault?.kind === "duplicate-address" ? 0 : replica);
  const servers =
    fault?.kind === "unbound-dhcp" && replica === 0
      ? Array.from({ length: fault.servers }, () => "dnsmasq:unbound:67")
      : [`dnsmasq:bound:${name}:67`];
  const netns = dhcpNamespace(cloud, network.index);
  return [
    ...namespace(host, netns, {
      service: "dhcp",
      network_id: networkUuid(cloud, network.index),
      dhcp_servers: servers,
    }),
    ...internalPort(cloud, host, {
      netns,
      port,
      name,
      owner: "network:dhcp",
      network: network.index,
      address: addressIn(network.index, offset),
    }),
  ];
}

function routerElements(cloud: Cloud, host: Host, router: Router): readonly Element[] {
  const uuid = routerUuid(cloud, router.index);
  const inside = `qrouter-${uuid}`;
  const outside = `snat-${uuid}`;
  const gateway = gatewayPort(router.index);
  return [
    ...namespace(host, inside, { service: "router", router_id: uuid }),
    ...namespace(host, outside, { service: "snat", router_id: uuid }),
    ...router.networks.flatMap((network) => {
      const [port, snat] = [routerPort(network), snatPort(network)];
      const address = addressIn(network, GATEWAY_OFFSET);
      const snatAddress = addressIn(network, DHCP_OFFSET + 2);
      const at = (prefix: string, number: number) => deviceName(prefix, portUuid(cloud, number));
      return [
        ...internalPort(cloud, host, {
          netns: inside,
          port,
          name: at("qr-", port),
          owner: "network:router_interface",
          network,
          address,
        }),
        ...internalPort(cloud, host, {
          netns: outside,
          port: snat,
          name: at("sg-", snat),
          owner: "network:router_centralized_snat",
          network,
          address: snatAddress,
        }),
      ];
    }),
    ...internalPort(cloud, host, {
      netns: outside,
      port: gateway,
      name: deviceName("qg-", portUuid(cloud, gateway)),
      owner: "network:router_gateway",
      network: undefined,
      address: `${externalAddress(router.index)}/15`,
    }),
  ];
}

function addressIn(network: number, offset: number): string {
  return `${tenantAddress(network, offset)}/${prefixLengthOf(network)}`;
}

function namespace(host: Host, netns: string, attributes: Attributes): readonly Element[] {
  const id = netnsId(host.name, netns);
  return [
    nodeOf({
      id,
      kind: "netns",
      name: netns,
      host: host.name,
      parent: hostId(host.name),
      attributes: { held_by: "name", ...attributes },
    }),
    loopbackNode(host, id, interfaceId(host.name, netns, "lo")),
  ];
}

interface InternalPort {
  readonly netns: string;
  readonly port: number;
  readonly name: string;
  /** As Neutron calls it. */
  readonly owner: string;
  /** Undefined: the network outside. */
  readonly network: number | undefined;
  readonly address: string;
}

/** A port of type internal whose device Neutron has moved into a namespace. */
function internalPort(
  cloud: Cloud,
  host: Host,
  { netns, port, name, owner, network, address }: InternalPort,
): readonly Element[] {
  const device = interfaceId(host.name, netns, name);
  const mac = portMac(port);
  const ovsPort = portNode(host, {
    bridge: "br-int",
    name,
    type: "internal",
    tag: handedOut(host, network ?? -1, 4_000),
    mac_in_use: mac,
    mtu: TENANT_MTU,
    "external_ids.attached-mac": mac,
    "external_ids.iface-id": portUuid(cloud, port),
    "external_ids.iface-status": "active",
    ...(network === undefined
      ? { "other_config.network_type": "flat", "other_config.physical_network": "external" }
      : {
          "other_config.net_uuid": networkUuid(cloud, network),
          "other_config.network_type": "vxlan",
          "other_config.segmentation_id": String(segmentationId(network)),
        }),
  });
  return [
    nodeOf({
      id: device,
      kind: "interface",
      name,
      host: host.name,
      parent: netnsId(host.name, netns),
      attributes: {
        admin_up: true,
        operstate: "unknown",
        carrier: true,
        mtu: TENANT_MTU,
        mac,
        addresses: [address],
        ifindex: handedOut(host, port + 7, 100_000) + 100,
        device_type: "openvswitch",
        device_owner: owner,
      },
    }),
    ovsPort,
    linkOf("layer2", ovsPort.id, ovsBridgeId(host.name, "br-int")),
    linkOf("layer2", ovsPort.id, device),
  ];
}
