import type { Invariant } from "./invariant.ts";
import { domainInterfaceWithoutBackend, tapWithoutOwner } from "./rules/domain-interfaces.ts";
import { duplicateIp, duplicateMac } from "./rules/duplicate-addresses.ts";
import { bgpSessionDown, evpnDuplicateMac, vtepUnknownToEvpn } from "./rules/evpn.ts";
import {
  agentClockOffset,
  dhcpServersCollide,
  lldpNeighbourChanged,
  sysctlNotAsConfigured,
} from "./rules/host-settings.ts";
import { mtuMismatch } from "./rules/mtu-along-links.ts";
import { neutronPortNotBound } from "./rules/neutron-port.ts";
import { domainUnknownToNova, ovsPortUnknownToNeutron, vmNotOnHost } from "./rules/openstack-drift.ts";
import { ovsDeadVlan, ovsPortWithoutDevice } from "./rules/ovs-port.ts";
import { subnetUsedUp } from "./rules/subnet-range.ts";
import { tunnelOneEnd } from "./rules/tunnel-ends.ts";
import { tunnelMtuTooLarge } from "./rules/tunnel-mtu.ts";

/** Everything the topology alone can be judged by. */
export const INVARIANTS: readonly Invariant[] = [
  ovsPortWithoutDevice,
  ovsDeadVlan,
  domainInterfaceWithoutBackend,
  tapWithoutOwner,
  neutronPortNotBound,
  vmNotOnHost,
  domainUnknownToNova,
  ovsPortUnknownToNeutron,
  tunnelOneEnd,
  mtuMismatch,
  tunnelMtuTooLarge,
  duplicateIp,
  duplicateMac,
  evpnDuplicateMac,
  vtepUnknownToEvpn,
  bgpSessionDown,
  dhcpServersCollide,
  sysctlNotAsConfigured,
  lldpNeighbourChanged,
  subnetUsedUp,
  agentClockOffset,
];
