import type { Release } from "./releases.ts";
import type { OpenStackObject } from "./view.ts";

/** Alias and name of Neutron's extensions that a deployment with Open vSwitch, routers and DHCP usually has. */
const EXTENSIONS: readonly (readonly [string, string])[] = [
  ["address-scope", "Address scope"],
  ["agent", "agent"],
  ["allowed-address-pairs", "Allowed Address Pairs"],
  ["availability_zone", "Availability Zone"],
  ["binding", "Port Binding"],
  ["dhcp_agent_scheduler", "DHCP Agent Scheduler"],
  ["external-net", "Neutron external network"],
  ["extra_dhcp_opt", "Neutron Extra DHCP options"],
  ["ext-gw-mode", "Neutron L3 Configurable external gateway mode"],
  ["filter-validation", "Filter parameters validation"],
  ["l3_agent_scheduler", "L3 Agent Scheduler"],
  ["net-mtu", "Network MTU"],
  ["network_availability_zone", "Network Availability Zone"],
  ["network-ip-availability", "Network IP Availability"],
  ["network-ip-availability-details", "Network IP Availability details"],
  ["pagination", "Pagination support"],
  ["port-security", "Port Security"],
  ["project-id", "project_id field enabled"],
  ["provider", "Provider Network"],
  ["quota_details", "Quota details management support"],
  ["quotas", "Quota management support"],
  ["router", "Neutron L3 Router"],
  ["router_availability_zone", "Router Availability Zone"],
  ["security-group", "security-group"],
  ["segment", "Segment"],
  ["sorting", "Sorting support"],
  ["standard-attr-description", "standard-attr-description"],
  ["standard-attr-revisions", "Resource revision numbers"],
  ["standard-attr-tag", "Tag support for resources with standard attribute"],
  ["standard-attr-timestamp", "Resource timestamps"],
  ["subnet_allocation", "Subnet Allocation"],
];

export function extensionsOf(release: Release, missing: readonly string[]): readonly OpenStackObject[] {
  return EXTENSIONS.filter(([alias]) => !release.lacks.includes(alias) && !missing.includes(alias)).map(
    ([alias, name]) => ({ alias, name, description: "", updated: "2016-01-01T10:00:00-00:00", links: [] }),
  );
}
