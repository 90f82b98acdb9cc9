import type { NodeKind } from "../../core/element.ts";

/** What a namespace of Neutron is for, by its name. */
export interface NeutronNamespace {
  readonly service: "router" | "snat" | "fip" | "dhcp" | "ovn-metadata";
  readonly routerId?: string;
  readonly networkId?: string;
}

/** Where an interface of such a namespace leads: `inner` is to another namespace of this host. */
export type Side = "internal" | "external" | "ha" | "dhcp" | "inner";

const UUID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";
/** `qdhcp-<id>-<host>` is one of several where a network's DHCP servers share a machine. */
const NAME = new RegExp(`^(qrouter|snat|fip|qdhcp|ovnmeta)-${UUID}(?:$|-)`);

/** Undefined for a namespace that is not Neutron's. Names: NS_PREFIX of neutron/agent/l3, dhcp and ovn/metadata. */
export function neutronNamespace(name: string | undefined): NeutronNamespace | undefined {
  const [, prefix, id = ""] = NAME.exec(name ?? "") ?? [];
  switch (prefix) {
    case "qrouter":
      return { service: "router", routerId: id };
    case "snat":
      return { service: "snat", routerId: id };
    // The external network that the floating addresses of this host are of.
    case "fip":
      return { service: "fip", networkId: id };
    case "qdhcp":
      return { service: "dhcp", networkId: id };
    case "ovnmeta":
      return { service: "ovn-metadata", networkId: id };
    default:
      return undefined;
  }
}

/** By prefix of the device: what it leads to, and what Neutron calls the owner of its port. */
const DEVICES: { readonly [prefix: string]: { readonly side: Side; readonly owner?: string } } = {
  "qr-": { side: "internal", owner: "network:router_interface" },
  "sg-": { side: "internal", owner: "network:router_centralized_snat" },
  "qg-": { side: "external", owner: "network:router_gateway" },
  "fg-": { side: "external", owner: "network:floatingip_agent_gateway" },
  "ha-": { side: "ha", owner: "network:router_ha_interface" },
  rfp: { side: "inner" },
  fpr: { side: "inner" },
};

export function sideOf({ service }: NeutronNamespace, device: string): Side | undefined {
  if (device === "lo") return undefined;
  if (service === "dhcp" || service === "ovn-metadata") return "dhcp";
  return DEVICES[device.slice(0, 3)]?.side;
}

/** As `device_owner` of the port; what is not told by the name of the device (distributed, highly available) is not in it. */
export function deviceOwnerOf({ service }: NeutronNamespace, device: string, kind: NodeKind): string | undefined {
  if (device === "lo") return undefined;
  if (service === "dhcp") return "network:dhcp";
  if (service === "ovn-metadata") return kind === "veth" || kind === "tap" ? "network:distributed" : undefined;
  return DEVICES[device.slice(0, 3)]?.owner;
}
