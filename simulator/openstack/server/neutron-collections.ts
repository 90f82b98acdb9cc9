import { floatingIpObject, hasFloatingIp, routers } from "../neutron.ts";
import { agentsOf } from "../neutron-agents.ts";
import {
  allNetworks,
  allSecurityGroups,
  allSegments,
  allSubnets,
  ipAvailabilities,
  networkZones,
  subnetPools,
} from "../neutron-more.ts";
import type { OpenStackObject } from "../view.ts";
import type { Site } from "./call.ts";

/** One kind of Neutron's objects. */
export interface Collection {
  /** As in the answer: `network_ip_availabilities`. */
  readonly name: string;
  readonly one: string;
  /** The exception that Neutron names when there is none of that id, and what it calls the thing. */
  readonly notFound: string;
  readonly label: string;
  readonly key: string;
  /** Without this extension there is no such thing. */
  readonly extension: string | undefined;
  /** Whether only an administrator sees any. */
  readonly isAdminOnly: boolean;
  readonly adminAttributes: readonly string[];
  readonly all: (site: Site, now: number) => readonly OpenStackObject[];
}

const PROVIDER = ["provider:network_type", "provider:physical_network", "provider:segmentation_id"];

/** By the last part of the path. Ports are not among them: there are too many to have them all at once. */
export const COLLECTIONS: { readonly [path: string]: Collection } = {
  networks: kind("networks", "network", "Network", {
    adminAttributes: PROVIDER,
    all: ({ estate }) => allNetworks(estate),
  }),
  subnets: kind("subnets", "subnet", "Subnet", { all: ({ estate }) => allSubnets(estate) }),
  routers: kind("routers", "router", "Router", {
    ...{ extension: "router", adminAttributes: ["ha", "distributed"] },
    all: ({ estate: { cloud, cluster, view } }) => routers(cloud, cluster, view),
  }),
  floatingips: kind("floatingips", "floatingip", "Floating IP", {
    ...{ extension: "router", notFound: "FloatingIPNotFound" },
    all: ({ estate }) =>
      [...estate.machines()]
        .filter(({ index }) => hasFloatingIp(index) && estate.cloud.vms.has(index))
        .map((vm) => floatingIpObject(estate.view, vm)),
  }),
  "security-groups": kind("security_groups", "security_group", "Security group", {
    ...{ extension: "security-group", notFound: "SecurityGroupNotFound" },
    all: ({ estate }) => allSecurityGroups(estate),
  }),
  agents: kind("agents", "agent", "Agent", {
    ...{ extension: "agent", isAdminOnly: true },
    all: ({ estate }, now) => estate.hosts().flatMap((host) => agentsOf(estate.view, host, now)),
  }),
  subnetpools: kind("subnetpools", "subnetpool", "Subnet pool", {
    ...{ extension: "subnet_allocation", notFound: "SubnetPoolNotFound" },
    all: ({ estate }) => subnetPools(estate),
  }),
  segments: kind("segments", "segment", "Segment", {
    ...{ extension: "segment", isAdminOnly: true },
    all: ({ estate }) => allSegments(estate),
  }),
  availability_zones: kind("availability_zones", "availability_zone", "AvailabilityZone", {
    ...{ extension: "availability_zone", key: "name" },
    all: ({ estate }) => networkZones(estate),
  }),
  "network-ip-availabilities": kind("network_ip_availabilities", "network_ip_availability", "Network", {
    ...{ extension: "network-ip-availability", isAdminOnly: true, key: "network_id" },
    all: (site, now) =>
      ipAvailabilities(site.estate, { now, hasDetails: hasExtension(site, "network-ip-availability-details") }),
  }),
};

export const PORTS: Collection = kind("ports", "port", "Port", {
  adminAttributes: ["binding:host_id", "binding:vif_type", "binding:vif_details", "binding:profile"],
  all: () => [],
});

function kind(
  name: string,
  one: string,
  label: string,
  parts: Partial<Collection> & Pick<Collection, "all">,
): Collection {
  return {
    ...{ name, one, label, notFound: `${label.replaceAll(" ", "")}NotFound`, key: "id", extension: undefined },
    ...{ isAdminOnly: false, adminAttributes: [] },
    ...parts,
  };
}

export function hasExtension(site: Site, alias: string): boolean {
  return !site.release().lacks.includes(alias) && !site.behaviour().missingExtensions.includes(alias);
}

/** Names that a filter may have though no object of ours carries them. */
export const OTHER_FILTERS = [
  "fields",
  "limit",
  "marker",
  "page_reverse",
  "sort_key",
  "sort_dir",
  "tags",
  "tags-any",
  "not-tags",
];
