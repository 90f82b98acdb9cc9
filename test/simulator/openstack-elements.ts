import type { AttributeValue, Node } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { POOL_FIRST_OFFSET, poolLastOffset } from "../../simulator/cloud/addresses.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { subnetUuid } from "../../simulator/cloud/identity.ts";
import { networks, routers, subnets } from "../../simulator/openstack/neutron.ts";
import { ports } from "../../simulator/openstack/neutron-ports.ts";
import { servers } from "../../simulator/openstack/nova.ts";
import type { OpenStackObject } from "../../simulator/openstack/view.ts";

// What OpenStack's APIs tell of a simulated cloud, as the elements an owner `openstack` says.

export function openstackElements(cloud: Cloud, cluster: number): readonly Node[] {
  const used = usedAddresses(cloud);
  return [
    ...Array.from(servers(cloud, cluster), machineNode),
    ...Array.from(ports(cloud, cluster), portNode),
    ...networks(cloud, cluster).map(networkNode),
    ...subnets(cloud, cluster).map((subnet) => subnetNode(subnet, used.get(text(subnet, "id") ?? ""))),
    ...routers(cloud, cluster).map((router) => nodeOf("router", router, {})),
  ];
}

function machineNode(server: OpenStackObject): Node {
  return {
    ...nodeOf("vm", server, {
      status: text(server, "status"),
      project_id: text(server, "tenant_id"),
      az: text(server, "OS-EXT-AZ:availability_zone"),
    }),
    id: elementIdOf("vm", text(server, "id") ?? ""),
    host: text(server, "OS-EXT-SRV-ATTR:host"),
  };
}

function portNode(port: OpenStackObject): Node {
  return nodeOf("port", port, {
    mac: text(port, "mac_address"),
    fixed_ips: records(port, "fixed_ips").flatMap((fixed) => text(fixed, "ip_address") ?? []),
    network_id: text(port, "network_id"),
    device_id: text(port, "device_id"),
    device_owner: text(port, "device_owner"),
    binding_host: text(port, "binding:host_id"),
    binding_vif_type: text(port, "binding:vif_type"),
    admin_up: port.admin_state_up === true,
    status: text(port, "status"),
  });
}

function networkNode(network: OpenStackObject): Node {
  const segmentation = network["provider:segmentation_id"];
  return nodeOf("network", network, {
    network_type: text(network, "provider:network_type"),
    segmentation_id: typeof segmentation === "number" ? segmentation : undefined,
    mtu: typeof network.mtu === "number" ? network.mtu : undefined,
  });
}

function subnetNode(subnet: OpenStackObject, addresses: { readonly used: number; readonly total: number } | undefined) {
  return nodeOf("subnet", subnet, {
    cidr: text(subnet, "cidr"),
    network_id: text(subnet, "network_id"),
    gateway: text(subnet, "gateway_ip"),
    pools: records(subnet, "allocation_pools").map((pool) => `${text(pool, "start")}-${text(pool, "end")}`),
    ...addresses,
  });
}

/** As `GET /v2.0/network-ip-availabilities` counts them, but for the ports of DHCP and routers, outside the pools. */
function usedAddresses(cloud: Cloud): ReadonlyMap<string, { readonly used: number; readonly total: number }> {
  return new Map(
    cloud.networks.map(({ index, taken }) => [
      subnetUuid(cloud, index),
      { used: taken.size, total: poolLastOffset(index) - POOL_FIRST_OFFSET + 1 },
    ]),
  );
}

function nodeOf(
  kind: "vm" | "port" | "network" | "subnet" | "router",
  object: OpenStackObject,
  values: { readonly [name: string]: AttributeValue | undefined },
): Node {
  const uuid = text(object, "id") ?? "";
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) attributes[name] = value;
  return { id: elementIdOf("neutron", kind, uuid), kind, name: text(object, "name") ?? uuid, cluster: "", attributes };
}

function text(object: OpenStackObject, member: string): string | undefined {
  const value = object[member];
  return typeof value === "string" ? value : undefined;
}

function records(object: OpenStackObject, member: string): readonly OpenStackObject[] {
  const list = object[member];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
