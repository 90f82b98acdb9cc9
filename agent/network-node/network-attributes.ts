import type { Attributes } from "../../core/element.ts";
import { type ElementId, hostId, interfaceId, netnsId } from "../../core/element-id.ts";
import type { KnownNamespace } from "../metrics/interface-probe.ts";
import { attributesOf } from "../topology/attributes.ts";
import type { HaStates } from "./ha-state.ts";
import { deviceOwnerOf, neutronNamespace } from "./neutron-namespace.ts";

export interface NetworkFacts {
  readonly isNetworkNode: boolean;
  /** By inode of the namespace; see `dhcpServersOf`. */
  readonly dhcpServers: ReadonlyMap<number, readonly string[]>;
  readonly haStates: HaStates;
}

/**
 * What this host's elements are in OpenStack: `role` of the host, `service`, `router_id`, `network_id`, `ha_state` and
 * `dhcp_servers` of namespaces, `device_owner` of the devices in them.
 */
export function networkAttributes(
  host: string,
  namespaces: readonly KnownNamespace[],
  { isNetworkNode, dhcpServers, haStates }: NetworkFacts,
): ReadonlyMap<ElementId, Attributes> {
  const said = new Map<ElementId, Attributes>();
  for (const { name, inode, interfaces } of namespaces) {
    const servers = dhcpServers.get(inode);
    if (name === undefined) {
      const own = attributesOf({ role: isNetworkNode ? "network" : undefined, dhcp_servers: servers });
      if (Object.keys(own).length > 0) said.set(hostId(host), own);
      continue;
    }
    const neutron = neutronNamespace(name);
    const { service, routerId, networkId } = neutron ?? {};
    const attributes = attributesOf({
      service,
      router_id: routerId,
      network_id: networkId,
      ha_state: service === "router" && routerId !== undefined ? haStates.get(routerId)?.state : undefined,
      dhcp_servers: servers,
    });
    if (Object.keys(attributes).length > 0) said.set(netnsId(host, name), attributes);
    if (neutron === undefined) continue;
    for (const [device, { kind }] of interfaces) {
      const owner = deviceOwnerOf(neutron, device, kind);
      if (owner !== undefined) said.set(interfaceId(host, name, device), { device_owner: owner });
    }
  }
  return said;
}
