import type { NodeKind } from "../../../core/element.ts";

/** The strata of an opened host, top to bottom. Their order never changes. */
export const BANDS = ["physical", "tunnels", "bridges", "virtual", "namespaces", "workloads"] as const;
export type BandName = (typeof BANDS)[number];

/** Where a node of this kind stands when it is in the host's own namespace; undefined: not drawn on a host's map. */
export function bandOf(kind: NodeKind): BandName | undefined {
  switch (kind) {
    case "nic":
    case "bond":
    case "vlan":
    case "vf":
    case "loopback":
      return "physical";
    case "vxlan":
    case "geneve":
    case "gre":
    case "vni":
    case "bgp-speaker":
      return "tunnels";
    case "bridge":
    case "ovs-bridge":
    case "ovs-port":
      return "bridges";
    case "veth":
    case "tap":
    case "tun":
    case "macvtap":
    case "macvlan":
    case "interface":
      return "virtual";
    case "netns":
      return "namespaces";
    case "container":
    case "domain":
    case "vm":
      return "workloads";
    case "region":
    case "zone":
    case "rack":
    case "switch":
    case "switchport":
    case "host":
    case "agent":
    case "network":
    case "subnet":
    case "router":
    case "port":
    case "load-balancer":
    case "floating-ip":
    case "security-group":
    case "neutron-agent":
    case "service":
    case "hypervisor":
    case "availability-zone":
    case "aggregate":
    case "project":
    case "volume":
    case "note":
      return undefined;
  }
}
