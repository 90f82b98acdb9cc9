import { type Element, isLink } from "../../core/element.ts";
import type { KnownNamespace } from "../metrics/interface-probe.ts";
import { neutronNamespace } from "./neutron-namespace.ts";

/**
 * Whether a host is a network node: it has a DHCP server, a centralised snat, a router with a gateway or of a highly available set,
 * or Open vSwitch says that it may be a gateway of OVN. A compute node with distributed routers has none of these.
 */
export function isNetworkNode(namespaces: readonly KnownNamespace[], elements: ReadonlyMap<string, Element>): boolean {
  for (const { name, interfaces } of namespaces) {
    const service = neutronNamespace(name)?.service;
    if (service === "dhcp" || service === "snat") return true;
    if (service === "router" && [...interfaces.keys()].some((it) => /^(qg|ha)-/.test(it))) return true;
  }
  return [...elements.values()].some(
    (it) =>
      !isLink(it) &&
      it.kind === "host" &&
      String(it.attributes["ovs_external_ids.ovn-cms-options"] ?? "")
        .split(",")
        .includes("enable-chassis-as-gw"),
  );
}
