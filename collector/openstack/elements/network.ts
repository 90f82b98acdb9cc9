import { type Link, linkOf } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import {
  type ApiObject,
  booleanAt,
  idAt,
  nameOf,
  numberAt,
  recordAt,
  recordsAt,
  textAt,
  textsAt,
} from "../api/words.ts";
import { type ElementContext, neutronId, nodeOf, projectValues, type ToldObject, told } from "./element-context.ts";

// Networks, subnets, routers, floating IPs of Neutron as elements. Source: OpenStack Networking API v2.0.

export function networkElements(network: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(network);
  if (id === undefined) return undefined;
  const values = {
    status: textAt(network, "status"),
    admin_up: booleanAt(network, "admin_state_up"),
    network_type: textAt(network, "provider:network_type"),
    physical_network: textAt(network, "provider:physical_network"),
    segmentation_id: numberAt(network, "provider:segmentation_id"),
    mtu: numberAt(network, "mtu"),
    external: booleanAt(network, "router:external"),
    shared: booleanAt(network, "shared"),
    port_security: booleanAt(network, "port_security_enabled"),
    az: textsAt(network, "availability_zones").toSorted(),
    ...projectValues(network, context),
  };
  return told(nodeOf({ id: neutronId("network", id), kind: "network", name: nameOf(network, id), values }, context));
}

/** How many addresses of a subnet are given, and how many its pools have. */
export interface SubnetUse {
  readonly used: number;
  readonly total: number | undefined;
}

export function subnetElements(
  subnet: ApiObject,
  context: ElementContext,
  use: SubnetUse | undefined,
): ToldObject | undefined {
  const [id, network] = [idAt(subnet), idAt(subnet, "network_id")];
  if (id === undefined) return undefined;
  const values = {
    cidr: textAt(subnet, "cidr"),
    network_id: network,
    ip_version: numberAt(subnet, "ip_version"),
    gateway: textAt(subnet, "gateway_ip"),
    dhcp: booleanAt(subnet, "enable_dhcp"),
    pools: poolsOf(subnet).map(({ start, end }) => `${start}-${end}`),
    dns: textsAt(subnet, "dns_nameservers"),
    host_routes: recordsAt(subnet, "host_routes")
      .map((route) => `${textAt(route, "destination")} via ${textAt(route, "nexthop")}`)
      .toSorted(),
    used: use?.used,
    total: use?.total,
    ...projectValues(subnet, context),
  };
  const parent = network === undefined ? undefined : neutronId("network", network);
  return told(
    nodeOf({ id: neutronId("subnet", id), kind: "subnet", name: nameOf(subnet, id), parent, values }, context),
  );
}

export function poolsOf(subnet: ApiObject): readonly { readonly start: string; readonly end: string }[] {
  return recordsAt(subnet, "allocation_pools").flatMap((pool) => {
    const [start, end] = [textAt(pool, "start"), textAt(pool, "end")];
    return start === undefined || end === undefined ? [] : [{ start, end }];
  });
}

export function routerElements(router: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(router);
  if (id === undefined) return undefined;
  const gateway = recordAt(router, "external_gateway_info");
  const values = {
    status: textAt(router, "status"),
    admin_up: booleanAt(router, "admin_state_up"),
    distributed: booleanAt(router, "distributed"),
    ha: booleanAt(router, "ha"),
    external_network_id: idAt(gateway, "network_id"),
    external_ips: recordsAt(gateway, "external_fixed_ips")
      .flatMap((ip) => textAt(ip, "ip_address") ?? [])
      .toSorted(),
    snat: booleanAt(gateway, "enable_snat"),
    routes: recordsAt(router, "routes")
      .map((route) => `${textAt(route, "destination")} via ${textAt(route, "nexthop")}`)
      .toSorted(),
    az: textsAt(router, "availability_zones").toSorted(),
    ...projectValues(router, context),
  };
  return told(nodeOf({ id: neutronId("router", id), kind: "router", name: nameOf(router, id), values }, context));
}

/** Named by its address, and `routes-to` the port it stands for. */
export function floatingIpElements(floating: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(floating);
  if (id === undefined) return undefined;
  const port = idAt(floating, "port_id");
  const values = {
    floating_ip: textAt(floating, "floating_ip_address"),
    fixed_ip: textAt(floating, "fixed_ip_address"),
    status: textAt(floating, "status"),
    network_id: idAt(floating, "floating_network_id"),
    port_id: port,
    router_id: idAt(floating, "router_id"),
    ...projectValues(floating, context),
  };
  const name = textAt(floating, "floating_ip_address") ?? id;
  const node = nodeOf({ id: neutronId("floating-ip", id), kind: "floating-ip", name, values }, context);
  return told(node, linksToPort(node.id, port));
}

export function loadBalancerElements(balancer: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(balancer);
  if (id === undefined) return undefined;
  const port = idAt(balancer, "vip_port_id");
  const values = {
    vip: textAt(balancer, "vip_address"),
    status: textAt(balancer, "provisioning_status"),
    operating_status: textAt(balancer, "operating_status"),
    admin_up: booleanAt(balancer, "admin_state_up"),
    provider: textAt(balancer, "provider"),
    network_id: idAt(balancer, "vip_network_id"),
    subnet_id: idAt(balancer, "vip_subnet_id"),
    port_id: port,
    listeners: recordsAt(balancer, "listeners").length,
    pool_count: recordsAt(balancer, "pools").length,
    ...projectValues(balancer, context),
  };
  const parts = {
    id: neutronId("load-balancer", id),
    kind: "load-balancer",
    name: nameOf(balancer, id),
    values,
  } as const;
  const node = nodeOf(parts, context);
  return told(node, linksToPort(node.id, port));
}

/** An address outside stands for the port it leads to. */
function linksToPort(from: ElementId, port: string | undefined): readonly Link[] {
  return port === undefined ? [] : [linkOf("routes-to", from, neutronId("port", port))];
}
