import type { EpochMs } from "../../core/clock.ts";
import { METRIC_NAME, promqlName } from "../../core/series.ts";
import type { Sample } from "../../store/metric-store.ts";

type Numbers = Readonly<Record<string, number>>;
type Told = readonly [measurement: string, tags: Readonly<Record<string, string>>, counters: Numbers, gauges?: Numbers];

const AZ1 = { cluster: "az-1" } as const;
const HOST = { ...AZ1, host: "compute-1" } as const;
const VM = { ...HOST, vm_id: "vm-1", project_id: "p-1" } as const;
const ALERT = { ...AZ1, alertstate: "firing" } as const;
const CAPACITY = { ...AZ1, scope: "cluster" } as const;

/** By hand, so that a line of another field, of another series, or by another factor is another number: of each series different primes. */
const TOLD: readonly Told[] = [
  [
    "network_node",
    { ...AZ1, host: "net-1" },
    {
      ...{ rx_bytes: 2, tx_bytes: 3, rx_packets: 5, tx_packets: 7 },
      ...{ uplink_rx_bytes: 11, uplink_tx_bytes: 13, uplink_rx_packets: 17, uplink_tx_packets: 19 },
    },
    { routers: 23, active_routers: 29, dhcp_networks: 31 },
  ],
  [
    "network_node",
    { ...AZ1, host: "net-2" },
    {
      ...{ rx_bytes: 37, tx_bytes: 41, rx_packets: 43, tx_packets: 47 },
      ...{ uplink_rx_bytes: 53, uplink_tx_bytes: 59, uplink_rx_packets: 61, uplink_tx_packets: 67 },
    },
    { routers: 71, active_routers: 73, dhcp_networks: 79 },
  ],
  [
    "network_node",
    { cluster: "az-2", host: "net-9" },
    {
      ...{ rx_bytes: 83, tx_bytes: 89, rx_packets: 97, tx_packets: 101 },
      ...{ uplink_rx_bytes: 103, uplink_tx_bytes: 107, uplink_rx_packets: 109, uplink_tx_packets: 113 },
    },
    { routers: 127, active_routers: 131, dhcp_networks: 137 },
  ],
  ["process", { ...HOST, comm: "nova-compute" }, { cpu_s: 2, read_bytes: 13 }, { rss_bytes: 7, threads: 11 }],
  ["process", { ...HOST, comm: "qemu-kvm" }, { cpu_s: 3, read_bytes: 23 }, { rss_bytes: 17, threads: 19 }],
  ["process", { ...HOST, comm: "qemu-kvm", guest: "vm-1" }, { cpu_s: 5 }, { rss_bytes: 29, threads: 31 }],
  [
    "vm_net",
    { ...VM, interface: "tap-1" },
    {
      ...{ rx_bytes: 2, tx_bytes: 3, rx_packets: 5, tx_packets: 7 },
      ...{ rx_dropped: 11, tx_dropped: 13, rx_errors: 17, tx_errors: 19 },
    },
  ],
  [
    "vm_net",
    { ...VM, interface: "tap-2" },
    {
      ...{ rx_bytes: 23, tx_bytes: 29, rx_packets: 31, tx_packets: 37 },
      ...{ rx_dropped: 41, tx_dropped: 43, rx_errors: 47, tx_errors: 53 },
    },
  ],
  [
    "vm_connections",
    { ...HOST, vm_id: "vm-1", port_id: "port-1" },
    {},
    { count: 59, tcp_established: 61, udp: 67, other: 3 },
  ],
  [
    "vm_connections",
    { ...HOST, vm_id: "vm-1", port_id: "port-2" },
    {},
    { count: 71, tcp_established: 73, udp: 79, other: 5 },
  ],
  [
    "ovs_datapath",
    { ...HOST, datapath: "system" },
    { hit: 83, missed: 89, lost: 97, mask_hit: 107, cache_hit: 109 },
    { flows: 101, masks: 103, flow_limit: 113 },
  ],
  [
    "vm",
    { ...VM, flavor: "small" },
    {
      ...{ cpu_time_s: 5, cpu_user_s: 7, cpu_system_s: 11, steal_s: 13, swap_in_bytes: 43, swap_out_bytes: 47 },
      ...{ major_faults: 53, minor_faults: 59, io_read_bytes: 61, io_write_bytes: 67 },
    },
    {
      ...{ uptime_s: 2, vcpus: 3, running: 71, state: 73, mem_allocated_bytes: 17, mem_max_bytes: 19 },
      ...{ mem_rss_bytes: 23, mem_total_bytes: 97, mem_usable_bytes: 31, mem_unused_bytes: 37, mem_caches_bytes: 41 },
    },
  ],
  ["vm_vcpu", { ...VM, vcpu: "0" }, { time_s: 2, delay_s: 3 }],
  ["vm_vcpu", { ...VM, vcpu: "1" }, { time_s: 5, delay_s: 7 }],
  [
    "vm_disk",
    { ...VM, device: "vda" },
    {
      ...{ read_bytes: 2, reads: 3, read_time_s: 5, write_bytes: 7, writes: 11, write_time_s: 13 },
      ...{ flushes: 17, flush_time_s: 19 },
    },
    { capacity_bytes: 23, allocation_bytes: 29, physical_bytes: 31 },
  ],
  ["vm_filesystem", { ...VM, mountpoint: "/", fstype: "ext4" }, {}, { size_bytes: 37, used_bytes: 41 }],
  [
    "vm_guest",
    VM,
    { cpu_user_s: 59, cpu_system_s: 61, cpu_idle_s: 67, cpu_iowait_s: 71, cpu_steal_s: 73 },
    { load1: 43, load5: 47, load15: 53 },
  ],
  ["os_capacity", { ...CAPACITY, resource: "vcpus" }, {}, { used: 2, total: 3, available: 5 }],
  ["os_capacity", { ...CAPACITY, resource: "memory" }, {}, { used: 7, total: 11, available: 13 }],
  ["os_capacity", { ...CAPACITY, resource: "disk" }, {}, { used: 17, total: 19, available: 23 }],
  ["os_capacity", { ...CAPACITY, resource: "floating_ips" }, {}, { used: 29, total: 31, available: 37 }],
  [
    "os_capacity",
    { ...AZ1, scope: "zone", zone: "z-1", resource: "vcpus" },
    {},
    { used: 41, total: 43, available: 47 },
  ],
  [
    "os_capacity",
    { ...HOST, scope: "host", zone: "z-1", resource: "vcpus" },
    {},
    { used: 53, total: 59, available: 61 },
  ],
  [
    "os_capacity",
    { ...AZ1, scope: "project", project_id: "p-1", resource: "vcpus" },
    {},
    { used: 67, total: 71, available: 73 },
  ],
  ["os_servers", { ...AZ1, status: "ACTIVE" }, {}, { count: 79 }],
  ["os_servers", { ...AZ1, status: "ERROR" }, {}, { count: 83 }],
  ["os_subnet_ip", { ...AZ1, subnet: "net-a", cidr: "10.0.0.0/24" }, {}, { used: 89, total: 97 }],
  ["os_subnet_range", { ...AZ1, region: "r-1", subnet: "net-a", range: "rack-1" }, {}, { used: 101, total: 103 }],
  ["os_sync", AZ1, {}, { ok: 2, age_s: 3, seconds: 5, objects: 7 }],
  ["os_api", { ...AZ1, service: "compute", region: "r-1" }, {}, { up: 11, seconds: 13, requests: 17, errors: 19 }],
  ["os_api", { ...AZ1, service: "compute", region: "r-2" }, {}, { up: 23, seconds: 29, requests: 31, errors: 37 }],
  ["os_agent", { ...AZ1, host: "net-1", type: "L3 agent" }, {}, { alive: 23, admin_up: 29, heartbeat_age_s: 43 }],
  ["os_agent", { ...AZ1, host: "net-2", type: "L3 agent" }, {}, { alive: 41, admin_up: 47, heartbeat_age_s: 53 }],
  ["os_service", { ...AZ1, host: "a", binary: "nova-compute" }, {}, { up: 31, enabled: 37, heartbeat_age_s: 59 }],
  ["os_service", { ...AZ1, host: "b", binary: "nova-compute" }, {}, { up: 61, enabled: 67, heartbeat_age_s: 71 }],
  [
    "os_notifications",
    AZ1,
    { received: 53, hints: 59, ignored: 61, refused: 67, connections: 71 },
    { listening: 43, exchanges: 47 },
  ],
  [
    "cloud",
    { ...AZ1, region: "r-1", zone: "z-1" },
    {},
    { hosts: 2, agents: 3, agents_silent: 5, vms: 7, interfaces_down: 11 },
  ],
  [
    "cloud",
    { ...AZ1, region: "r-1", zone: "z-2" },
    {},
    { hosts: 13, agents: 17, agents_silent: 19, vms: 23, interfaces_down: 29 },
  ],
  ["alerts", { ...ALERT, alertname: "CapacityRunningOut", severity: "warning" }, {}, { count: 31, started: 37 }],
  ["alerts", { ...ALERT, alertname: "SubnetRangeNearlyFull", severity: "critical" }, {}, { count: 41, started: 43 }],
  ["alerts", { ...ALERT, alertname: "ConntrackFull", severity: "critical" }, {}, { count: 59, started: 61 }],
  [
    "alerts",
    { ...AZ1, alertstate: "pending", alertname: "CapacityRunningOut", severity: "warning" },
    {},
    { count: 47, started: 53 },
  ],
  ["topology_changes", AZ1, {}, { added: 67, removed: 71, updated: 73 }],
];

/** Of each series ten samples, ten seconds apart. */
const COUNT = 10;
const EVERY_MS = 10_000;
export const SPAN_SECONDS = (COUNT * EVERY_MS) / 1_000;
/** What another host has more of all: no panel of the host chosen may count it. */
const OTHER_HOST_TIMES = 1_000;

/**
 * The last sample is at `end`. A counter gains its number each second. A gauge has its number in the last sample and ten more in
 * those before: of a prime p the mean of all is p + 9, the most p + 10, the sum of the last three 3 p + 20.
 */
export function promisedSamples(end: EpochMs): readonly Sample[] {
  return TOLD.flatMap(([measurement, tags, counters, gauges = {}]) => {
    const hosts = tags.host === HOST.host ? [HOST.host, "compute-2"] : [tags.host];
    return hosts.flatMap((host) => {
      const times = host === "compute-2" ? OTHER_HOST_TIMES : 1;
      const own = host === undefined ? tags : { ...tags, host };
      return Array.from({ length: COUNT }, (_, tick) => {
        const at = (end - (COUNT - 1 - tick) * EVERY_MS) as EpochMs;
        const sample = (field: string, value: number): Sample => ({
          ...{ labels: { ...own, [METRIC_NAME]: promqlName(measurement, field) }, at, value: value * times },
        });
        const gained = 1_000 + (tick * EVERY_MS) / 1_000;
        const before = tick === COUNT - 1 ? 0 : 10;
        return [
          ...Object.entries(counters).map(([field, pace]) => sample(field, pace * gained)),
          ...Object.entries(gauges).map(([field, prime]) => sample(field, prime + before)),
        ];
      }).flat();
    });
  });
}
