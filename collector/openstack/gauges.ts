import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import type { OPENSTACK_METRICS } from "../../core/metrics/openstack-metrics.ts";
import type { BandwidthOf } from "./bandwidth-capacity.ts";
import { capacityPoints, hostAmounts } from "./capacity.ts";
import type { CloudSync } from "./cloud-sync.ts";
import type { CountedService } from "./compute-inventory.ts";
import { isNeeded, type ServiceHealth } from "./health.ts";
import type { Notifications } from "./notifications/listen.ts";
import type { RegionInventory, RegionSync } from "./region-sync.ts";
import { toldRanges } from "./told-ranges.ts";

export type Measurement = keyof typeof OPENSTACK_METRICS;
export type Tags = { readonly [tag: string]: string | undefined };
export type Fields = { readonly [field: string]: FieldValue };
export type AddPoint = (measurement: Measurement, tags: Tags, fields: Fields) => void;

/** What others know of a cloud. */
export interface FiguresBesides {
  readonly bandwidthOf?: BandwidthOf;
  readonly notifications?: Pick<Notifications, "status" | "counts"> | undefined;
}

/** All that is told of a cloud, in parts, so that others may have their turn in between. What was not read lately is not told. */
export function* cloudPoints(
  cloud: Pick<CloudSync, "source" | "regions">,
  at: EpochMs,
  { bandwidthOf = () => undefined, notifications }: FiguresBesides = {},
): Generator<readonly Point[]> {
  let points: Point[] = [];
  const taken = (): readonly Point[] => {
    const part = points;
    points = [];
    return part;
  };
  const { cluster, fullEveryMs } = cloud.source;
  const add: AddPoint = (measurement, tags, fields) => {
    points.push({ measurement, tags: { ...definedIn(tags), cluster }, fields, at });
  };
  const known = cloud.regions.map((region) => ({
    inventory: region.inventory,
    fresh: freshOf(region, at, fullEveryMs),
  }));
  for (const { inventory, fresh } of known) {
    if (fresh.compute) computePoints(inventory, fresh, add);
    yield taken();
    if (fresh.network) networkPoints(inventory, add);
    yield taken();
    if (fresh.volume) servicePoints(inventory.region, inventory.volume.services, add);
  }
  capacityPoints(known, bandwidthOf, add);
  yield taken();
  for (const region of cloud.regions) apiPoints(region, add);
  syncPoint(cloud.regions, at, add);
  if (notifications !== undefined) notificationsPoint(notifications, add);
  yield taken();
}

export interface Fresh {
  readonly compute: boolean;
  readonly network: boolean;
  readonly volume: boolean;
  /** Whose figures of hosts are told: Placement's, Nova's where there is no Placement, nobody's until Placement was read whole. */
  readonly sizes: "placement" | "nova" | "nobody";
}

/** Figures of a service that failed for longer than two whole rounds say nothing of now. */
function freshOf({ services, inventory: { placement } }: RegionSync, at: EpochMs, fullEveryMs: number): Fresh {
  const isFresh = (service: ServiceHealth["service"]): boolean =>
    services.some(({ loop }) => {
      const { service: own, trueAt, fullAt } = loop.health;
      return own === service && fullAt !== undefined && trueAt !== undefined && at - trueAt <= 2 * fullEveryMs;
    });
  // Other totals for a while would look like a cloud that grew, or shrank.
  const placed = placement.isWhole && isFresh("placement") ? "placement" : "nobody";
  return {
    compute: isFresh("compute"),
    network: isFresh("network"),
    volume: isFresh("volume"),
    sizes: placement.isRefused ? "nova" : placed,
  };
}

function computePoints(inventory: RegionInventory, fresh: Fresh, add: AddPoint): void {
  const { region, compute } = inventory;
  const byStatus = countBy(compute.servers.values(), ({ status }) => status);
  for (const [status, count] of byStatus) add("os_servers", { status, region }, { count: { int: count } });
  servicePoints(region, compute.services, add);
  const instances = countBy(compute.servers.values(), ({ host }) => host ?? "");
  for (const hypervisor of compute.hypervisors) {
    const { host, isUp } = hypervisor;
    const amounts = hostAmounts(inventory, fresh, hypervisor);
    const [vcpus, memory, disk] = ["vcpus", "memory", "disk"].map((resource) => amounts?.get(resource));
    const fields = {
      up: bit(isUp),
      instances: { int: instances.get(host) ?? 0 },
      vcpus: intOf(vcpus?.physical),
      vcpus_used: intOf(vcpus?.used),
      memory_bytes: intOf(memory?.physical),
      memory_used_bytes: intOf(memory?.used),
      disk_bytes: intOf(disk?.physical),
      disk_used_bytes: intOf(disk?.used),
    };
    add("os_hypervisor", { host, region }, fields);
  }
}

/** Of Nova and Cinder, whose services are each of a backend: `host@backend`. */
function servicePoints(region: string, services: readonly CountedService[], add: AddPoint): void {
  for (const { binary, host: named, zone, isUp, isEnabled, heartbeatAgeMs } of services) {
    const [host, backend] = named.split("@");
    const fields = { up: bit(isUp), enabled: bit(isEnabled), heartbeat_age_s: secondsOf(heartbeatAgeMs) };
    add("os_service", { binary, host, backend, zone, region }, fields);
  }
}

function networkPoints({ region, network }: RegionInventory, add: AddPoint): void {
  const byStatus = countBy(network.ports.values(), ({ status, vifType }) => `${status} ${vifType}`);
  for (const [both, count] of byStatus) {
    const [status, vif_type] = both.split(" ");
    add("os_ports", { status, vif_type, region }, { count: { int: count } });
  }
  for (const { type, host, isAlive, isEnabled, heartbeatAgeMs } of network.agents) {
    const fields = { alive: bit(isAlive), admin_up: bit(isEnabled), heartbeat_age_s: secondsOf(heartbeatAgeMs) };
    add("os_agent", { type, host, region }, fields);
  }
  for (const subnet of network.subnets.values()) {
    const given = network.givenOf(subnet);
    if (given === undefined) continue;
    const { id, name, networkId, cidr } = subnet;
    const tags = { network_id: networkId, subnet_id: id, subnet: name, cidr, region };
    add("os_subnet_ip", tags, { used: { int: given.used }, total: intOf(given.total) });
    for (const { range, region: whose, used, total } of toldRanges(network.rangesOf(subnet), subnet, region)) {
      const own = { network_id: networkId, subnet_id: id, subnet: name, range };
      add("os_subnet_range", { ...own, region: whose }, { used: { int: used }, total: { int: total } });
    }
  }
}

function apiPoints({ services, inventory: { region } }: RegionSync, add: AddPoint): void {
  for (const { api, loop } of services) {
    const { state } = loop.health;
    if (state === "absent") continue;
    const { requests, errors, seconds } = api.takeFigures();
    add(
      "os_api",
      { service: api.service, region },
      {
        up: state === "starting" ? undefined : bit(state === "ok"),
        seconds: requests === 0 ? undefined : seconds / requests,
        requests: { int: requests },
        errors: { int: errors },
      },
    );
  }
}

function syncPoint(regions: readonly RegionSync[], at: EpochMs, add: AddPoint): void {
  const healths = regions.flatMap(({ services }) => services.map(({ loop }) => loop.health));
  const needed = healths.filter(({ service }) => isNeeded(service));
  const oldest = needed.reduce<number | undefined>(
    (age, { trueAt }) => (trueAt === undefined ? age : Math.max(age ?? 0, (at - trueAt) / 1_000)),
    undefined,
  );
  const isReading = needed.some(({ state }) => state === "starting");
  add(
    "os_sync",
    {},
    {
      ok: isReading ? undefined : bit(needed.length > 0 && needed.every(({ state }) => state === "ok")),
      age_s: oldest,
      seconds: isReading ? undefined : Math.max(0, ...healths.map(({ fullSeconds }) => fullSeconds ?? 0)),
      objects: { int: healths.reduce((sum, { objects }) => sum + objects, 0) },
    },
  );
}

function notificationsPoint(notifications: Pick<Notifications, "status" | "counts">, add: AddPoint): void {
  const { received, hints, ignored, refused, connections } = notifications.counts();
  const { isListening, exchanges } = notifications.status();
  const fields = {
    listening: bit(isListening),
    exchanges: { int: isListening ? exchanges.length : 0 },
    ...{ received: { int: received }, hints: { int: hints }, ignored: { int: ignored } },
    ...{ refused: { int: refused }, connections: { int: connections } },
  };
  add("os_notifications", {}, fields);
}

export function countBy<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function bit(value: boolean): FieldValue {
  return { int: value ? 1 : 0 };
}

function intOf(value: number | undefined): FieldValue {
  return value === undefined ? undefined : { int: Math.round(value) };
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}

function definedIn(tags: Tags): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [tag, value] of Object.entries(tags)) if (value !== undefined && value !== "") defined[tag] = value;
  return defined;
}
