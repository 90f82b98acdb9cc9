import type { Attributes } from "./element.ts";

/**
 * `config`: what someone set — versioned and compared. `state`: link, session, power — versioned and compared.
 * `volatile`: true only on this host until the next restart — kept current, never versioned or compared.
 */
export type AttributeClass = "config" | "state" | "volatile";

const STATE: ReadonlySet<string> = new Set([
  "operstate",
  "carrier",
  "speed_mbps",
  "duplex",
  "bridge_port_state",
  "error",
  "link_state",
  "admin_state",
  "mac_in_use",
  "lacp_current",
  "members_down",
  "members_lacp_expired",
  "bond_active_member",
  "session",
  "status",
  "controller_connected",
  "bfd_state",
  "sources",
  "verdict",
  "ha_state",
  "state",
  "state_reason",
  "peers_down",
  "peers_admin_down",
  "peers_down_reasons",
  "remote_vteps",
  "remote_vtep_count",
  "duplicate_macs",
  "lldp_neighbours",
  "bond_members_down",
  "lacp_partner_mac",
  "lacp_partner_macs",
  "lacp_partner_port",
  "lacp_members_outside",
  "lacp_members_churned",
  "vf_link_state",
  "vm_state",
  "task_state",
  "power_state",
  "fault",
  "operating_status",
  "alive",
  "forced_down",
  "disabled_reason",
  "available",
  "used",
  "servers",
  "ports",
]);

const VOLATILE: ReadonlySet<string> = new Set([
  "ifindex",
  "netns_inode",
  "nsid",
  "ofport",
  "tag",
  "other_config.tag",
  "pid",
  "boot_id",
  "ovs_uuid",
  "clock_offset_ms",
  "booted_at",
  "connected_from",
  "ovs_started_at",
  "mesh_silent",
  "mesh_refused",
  "guest_os",
  "guest_hostname",
  "guest_addresses",
]);

/** The class of an attribute by its name; a name nobody classified is configuration, so that it is never lost. */
export function attributeClass(name: string): AttributeClass {
  if (VOLATILE.has(name)) return "volatile";
  return STATE.has(name) ? "state" : "config";
}

export function isVolatile(name: string): boolean {
  return VOLATILE.has(name);
}

/** Only the volatile attributes. */
export function volatileOf(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isVolatile(name)));
}
