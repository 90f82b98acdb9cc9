/** A machine's port on this host. */
export interface MachinePort {
  readonly portId: string;
  readonly vmId: string;
  /** As `addressKey` writes them; undefined when nobody here knows. */
  readonly addresses: readonly string[] | undefined;
  /** Its switch is in user space and tracks connections by itself: that the kernel has none of it says nothing. */
  readonly inUserSpace?: boolean | undefined;
}

/** Whose connections a conntrack zone holds. */
export type Zone =
  /** Of one port alone: OVN, and the firewall by iptables. */
  | { readonly kind: "port"; readonly port: MachinePort }
  /** Of all ports of a network on this host: the firewall in Open vSwitch, whose zone is the network's local VLAN. */
  | { readonly kind: "network"; readonly networkId: string; readonly ports: readonly MachinePort[] }
  /** Known, and no machine's: a router of OVN. */
  | { readonly kind: "other" };

export type Zones = ReadonlyMap<number, Zone>;
