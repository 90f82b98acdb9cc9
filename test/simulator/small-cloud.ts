import type { Element } from "../../core/element.ts";
import { agentId, elementIdOf } from "../../core/element-id.ts";
import { buildCloud } from "../../simulator/cloud/build.ts";
import type { Cloud } from "../../simulator/cloud/cloud.ts";
import { placeElements } from "../../simulator/cloud/places.ts";
import { DEFAULT_SIZE } from "../../simulator/cloud/size.ts";
import type { ChurnRates } from "../../simulator/day/churn.ts";
import { Day, type DayOptions } from "../../simulator/day/day.ts";
import { hostElements } from "../../simulator/elements/host-elements.ts";
import { networks, routers, subnets } from "../../simulator/openstack/neutron.ts";
import { ports } from "../../simulator/openstack/neutron-ports.ts";
import { servers } from "../../simulator/openstack/nova.ts";

export const BEGAN_AT = Date.UTC(2026, 2, 1, 8);

export function smallCloud(seed = 7, hosts = 60, clusters = 1): Cloud {
  return buildCloud({ seed, size: { ...DEFAULT_SIZE, hosts, clusters }, beganAt: BEGAN_AT });
}

export const CALM: ChurnRates = {
  boots: 0,
  deletions: 0,
  resizes: 0,
  migrations: 0,
  security_changes: 0,
  link_flaps: 0,
  agent_restarts: 0,
};

/** Every host sees some of each within minutes. */
export const BUSY: ChurnRates = {
  boots: 300,
  deletions: 250,
  resizes: 100,
  migrations: 200,
  security_changes: 100,
  link_flaps: 60,
  agent_restarts: 60,
};

export function dayOf(cloud: Cloud, options: Partial<DayOptions> = {}): Day {
  return new Day(cloud, {
    rates: CALM,
    churnForMs: undefined,
    metricsIntervalMs: undefined,
    scenarios: [],
    ...options,
  });
}

/** What all agents would say now. */
export function elementsOf(cloud: Cloud): readonly Element[] {
  return cloud.hosts.flatMap((host) => hostElements(cloud, host));
}

/** Ids of all there is: what agents say, what the recorder makes of them, what is declared, what OpenStack has. */
export function idsOf(cloud: Cloud): ReadonlySet<string> {
  const openstack = (kind: string, objects: Iterable<{ readonly id?: unknown }>) =>
    [...objects].map(({ id }) => elementIdOf("neutron", kind, String(id)));
  return new Set<string>([
    ...elementsOf(cloud).map(({ id }) => id),
    ...cloud.hosts.map(({ name }) => agentId(name)),
    ...placeElements(cloud).map(({ id }) => id),
    ...cloud.clusters.flatMap(({ index }) => [
      ...[...servers(cloud, index)].map(({ id }) => elementIdOf("vm", String(id))),
      ...openstack("network", networks(cloud, index)),
      ...openstack("subnet", subnets(cloud, index)),
      ...openstack("router", routers(cloud, index)),
      ...openstack("port", ports(cloud, index)),
    ]),
  ]);
}
