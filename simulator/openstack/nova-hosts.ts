import { underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { instanceName, vmUuid } from "../cloud/identity.ts";
import { uuidOf } from "../random.ts";
import { isoMicroseconds, lastReport, type OpenStackObject, plainView, type View } from "./view.ts";

// Hosts as the compute API of one cluster shows them: GET /os-hypervisors/detail, /os-services, /os-aggregates,
// /os-availability-zone. Source: OpenStack Compute API reference.

/** As the hosts' own metrics have it, but for the disk. */
export const HOST_CAPACITY = { vcpus: 64, memoryMib: 512 * 1_024, diskGib: 8_000 } as const;

const REPORT_EVERY_MS = 10_000;
/** Nova's `service_down_time`. */
const DOWN_AFTER_MS = 60_000;

export const hypervisorUuid = (cloud: Cloud, host: number): string => uuidOf(cloud.seed, "hypervisor", host);
const serviceUuid = (cloud: Cloud, host: number): string => uuidOf(cloud.seed, "service", host);

/** Of one cluster, in their order. */
export function clusterHosts(cloud: Cloud, cluster: number): readonly Host[] {
  const range = cloud.clusters[cluster]?.hosts;
  return range === undefined ? [] : cloud.hosts.slice(range.first, range.end);
}

export function computeNodes(cloud: Cloud, cluster: number): readonly Host[] {
  return clusterHosts(cloud, cluster).filter(({ role }) => role === "compute");
}

/** The machines whose server is on this host: one that is migrating here is still elsewhere. */
export function machinesOn(cloud: Cloud, host: Host): readonly Vm[] {
  return [...host.vms].flatMap((index) => {
    const vm = cloud.vms.get(index);
    return vm?.host === host.index ? [vm] : [];
  });
}

export interface Usage {
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly diskGib: number;
}

export function usageOf(vms: readonly Vm[]): Usage {
  return vms.reduce(
    ({ vcpus, memoryMib, diskGib }, { flavor }) => {
      const more = flavorOf(flavor);
      return {
        vcpus: vcpus + more.vcpus,
        memoryMib: memoryMib + more.ramMib,
        diskGib: diskGib + more.diskGib,
      };
    },
    { vcpus: 0, memoryMib: 0, diskGib: 0 },
  );
}

export interface HypervisorLook {
  readonly version: number;
  readonly withServers: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Undefined: all that are there. */
  readonly serversOn?: ((host: Host) => readonly Vm[]) | undefined;
}

/** With their servers, as version 2.88 has them, when the cloud begins. */
export function hypervisors(cloud: Cloud, cluster: number): readonly OpenStackObject[] {
  const look = { version: 2_088, withServers: true, now: cloud.beganAt };
  return computeNodes(cloud, cluster).map((host) => hypervisorObject(plainView(cloud), host, look));
}

export function hypervisorObject(
  view: View,
  host: Host,
  { version, withServers, now, serversOn }: HypervisorLook,
): OpenStackObject {
  const { cloud, names } = view;
  const vms = serversOn?.(host) ?? machinesOn(cloud, host);
  const hasUuids = version >= 2_053;
  return {
    id: hasUuids ? hypervisorUuid(cloud, host.index) : host.index + 1,
    hypervisor_hostname: names.hypervisor(host),
    state: isUp(view, host, now) ? "up" : "down",
    status: "enabled",
    hypervisor_type: "QEMU",
    hypervisor_version: 7_002_000,
    host_ip: underlayAddress(host.index),
    service: {
      id: hasUuids ? serviceUuid(cloud, host.index) : host.index + 1,
      host: names.service(host),
      disabled_reason: null,
    },
    ...(version >= 2_088 ? { uptime: uptimeOf(view, host, now) } : loadOf(version, vms)),
    ...serversOf(cloud, vms, version, withServers),
  };
}

/** Before 2.75 the member was left out where it would have been empty. */
function serversOf(cloud: Cloud, vms: readonly Vm[], version: number, withServers: boolean): OpenStackObject {
  if (!withServers || version < 2_053 || (version < 2_075 && vms.length === 0)) return {};
  return { servers: vms.map((vm) => ({ uuid: vmUuid(cloud, vm.index), name: instanceName(vm) })) };
}

/** What Placement says instead since 2.88. */
function loadOf(version: number, vms: readonly Vm[]): OpenStackObject {
  const used = usageOf(vms);
  const { vcpus, memoryMib, diskGib } = HOST_CAPACITY;
  const cpu = { arch: "x86_64", model: "Cascadelake-Server", vendor: "Intel", features: ["pge", "clflush"] };
  const info = { ...cpu, topology: { cells: 2, sockets: 1, cores: 16, threads: 2 } };
  return {
    cpu_info: version >= 2_028 ? info : JSON.stringify(info),
    current_workload: 0,
    disk_available_least: diskGib - used.diskGib,
    free_disk_gb: diskGib - used.diskGib,
    free_ram_mb: memoryMib - used.memoryMib - 512,
    local_gb: diskGib,
    local_gb_used: used.diskGib,
    memory_mb: memoryMib,
    // Nova counts what it reserves for the host, too.
    memory_mb_used: used.memoryMib + 512,
    running_vms: vms.length,
    vcpus,
    vcpus_used: used.vcpus,
  };
}

/** As `uptime` prints it; null when the host cannot be asked. */
function uptimeOf(view: View, host: Host, now: number): string | null {
  if (!isUp(view, host, now)) return null;
  const { bootedMs } = host.condition;
  const days = bootedMs === undefined ? 40 : Math.floor((now - view.wallOf(bootedMs)) / 86_400_000);
  return ` ${new Date(now).toISOString().slice(11, 19)} up ${days} days,  0 users,  load average: 3.20, 3.10, 3.05`;
}

function reportedAt(view: View, host: Host, now: number): number {
  return lastReport(view, { host, daemon: "nova-compute", periodMs: REPORT_EVERY_MS }, now);
}

function isUp(view: View, host: Host, now: number): boolean {
  return now - reportedAt(view, host, now) < DOWN_AFTER_MS;
}

/** `at`: epoch milliseconds. */
export function services(cloud: Cloud, cluster: number, at: number): readonly OpenStackObject[] {
  return computeNodes(cloud, cluster).map((host) => computeService(plainView(cloud), host, 2_088, at));
}

export function computeService(view: View, host: Host, version: number, now: number): OpenStackObject {
  return {
    id: version >= 2_053 ? serviceUuid(view.cloud, host.index) : host.index + 1,
    binary: "nova-compute",
    host: view.names.service(host),
    zone: host.place.zone,
    status: "enabled",
    state: isUp(view, host, now) ? "up" : "down",
    updated_at: isoMicroseconds(reportedAt(view, host, now)),
    disabled_reason: null,
    ...(version >= 2_011 ? { forced_down: false } : {}),
  };
}

/** While a cell does not answer, this is all that is known (from 2.69 on). */
export function downCellService(view: View, host: Host): OpenStackObject {
  return { binary: "nova-compute", host: view.names.service(host), status: "UNKNOWN" };
}

const CONTROLLERS = 3;

export function controlServices(
  cloud: Cloud,
  cluster: number,
  { version, now }: { readonly version: number; readonly now: number },
): readonly OpenStackObject[] {
  return ["nova-scheduler", "nova-conductor"].flatMap((binary, kind) =>
    Array.from({ length: CONTROLLERS }, (_, n) => {
      const number = -1 - (cluster * CONTROLLERS + n) * 2 - kind;
      return {
        id: version >= 2_053 ? serviceUuid(cloud, number) : 1_000_000 - number,
        binary,
        host: `ctl-${n + 1}`,
        zone: "internal",
        status: "enabled",
        state: "up",
        updated_at: isoMicroseconds(Math.floor(now / REPORT_EVERY_MS) * REPORT_EVERY_MS),
        disabled_reason: null,
        ...(version >= 2_011 ? { forced_down: false } : {}),
      };
    }),
  );
}

/** One for each zone. */
export function aggregates(view: View, hosts: readonly Host[], version: number): readonly OpenStackObject[] {
  const zones = Map.groupBy(hosts, ({ place }) => place.zone);
  return [...zones].map(([zone, members], n) => ({
    id: n + 1,
    name: `agg-${zone}`,
    availability_zone: zone,
    created_at: isoMicroseconds(view.wallOf(-200 * 86_400_000)),
    updated_at: null,
    deleted: false,
    deleted_at: null,
    hosts: members.map((host) => view.names.service(host)),
    metadata: { availability_zone: zone },
    ...(version >= 2_041 ? { uuid: uuidOf(view.cloud.seed, "aggregate", members[0]?.index ?? 0) } : {}),
  }));
}

/** `detail`: with the services of each zone. */
export function availabilityZones(
  view: View,
  hosts: readonly Host[],
  { detail, now }: { readonly detail: boolean; readonly now: number },
): readonly OpenStackObject[] {
  const service = (available: boolean, at: number) => ({ active: true, available, updated_at: isoMicroseconds(at) });
  const internal = Object.fromEntries(
    Array.from({ length: CONTROLLERS }, (_, n) => [
      `ctl-${n + 1}`,
      { "nova-scheduler": service(true, now), "nova-conductor": service(true, now) },
    ]),
  );
  const zones = [...Map.groupBy(hosts, ({ place }) => place.zone)].map(([zoneName, members]) => ({
    zoneName,
    zoneState: { available: true },
    hosts: detail
      ? Object.fromEntries(
          members.map((host) => [
            view.names.service(host),
            { "nova-compute": service(isUp(view, host, now), reportedAt(view, host, now)) },
          ]),
        )
      : null,
  }));
  return [...(detail ? [{ zoneName: "internal", zoneState: { available: true }, hosts: internal }] : []), ...zones];
}
