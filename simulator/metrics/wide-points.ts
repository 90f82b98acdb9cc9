import type { Cloud, Host } from "../cloud/cloud.ts";
import { TORS_PER_RACK } from "../cloud/places.ts";
import { NICS } from "../elements/underlay-elements.ts";
import { noise, textHash } from "../random.ts";
import { routeServerPoints, vniPoints } from "./control-plane-points.ts";
import { dpdkPoints } from "./dpdk-points.ts";
import { secondsOf } from "./host-points.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { COUNTING_SINCE_MS, countedUntilMs, type Moment, surgeFactor } from "./rhythm.ts";
import { routerPoints } from "./router-points.ts";
import { wideVmPoints } from "./wide-vm-points.ts";

const WIDE = textHash("wide");
const GIB = 2 ** 30;

/** What a real agent measures besides, and nobody looks at every day. */
export function widePoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const seconds = (countedUntilMs(moment, host.index) - COUNTING_SINCE_MS) / 1_000;
  return [
    ...pressurePoints(cloud, host, moment),
    ...filesystemPoints(cloud, host, seconds),
    ...kernelPoints(host, seconds),
    ...logPoints(host, seconds),
    ...probePoints(host, moment),
    ...linkPoints(host, seconds),
    ...switchPoints(host, moment, seconds),
    ...dpdkPoints(cloud, host, moment),
    ...vniPoints(cloud, host),
    ...routeServerPoints(cloud, host),
    ...wideVmPoints(cloud, host, moment),
    ...routerPoints(cloud, host, moment),
  ];
}

const RESOURCES = [
  ["cpu", "cpu", 0.01],
  ["io", "disk", 0.02],
  ["memory", undefined, 0.0005],
] as const;

function pressurePoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  return RESOURCES.flatMap(([resource, load, share]) => {
    const factor = load === undefined ? 1 : surgeFactor(host.condition, load, moment.atMs);
    const stalled = secondsOf(cloud, host, moment, load ?? "upcalls") * share;
    const now = Math.min(100, 100 * share * factor);
    return (["some", "full"] as const).map((type) => {
      const part = type === "some" ? 1 : 0.4;
      return {
        measurement: "pressure",
        tags: { resource, type },
        fields: { total_s: stalled * part, avg10: now * part, avg60: now * part },
      };
    });
  });
}

function filesystemPoints(cloud: Cloud, host: Host, seconds: number): readonly SimulatedPoint[] {
  const mounts = [
    { device: "/dev/nvme0n1p2", mountpoint: "/", size: 50 * GIB },
    { device: "/dev/nvme0n1p3", mountpoint: "/var/lib", size: 1_700 * GIB },
  ];
  return [
    ...mounts.map(({ device, mountpoint, size }, n) => {
      const used = 0.2 + 0.4 * noise(cloud.seed, WIDE, host.index, n);
      return {
        measurement: "filesystem",
        tags: { device, mountpoint, fstype: "ext4" },
        fields: {
          size_bytes: { int: size },
          available_bytes: { int: size * (1 - used) - seconds * 1_000 },
          files: { int: size / 16_384 },
          files_free: { int: (size / 16_384) * 0.95 },
        },
      };
    }),
    {
      measurement: "disk_device",
      tags: { device: "nvme0n1", name: "nvme0n1", transport: "nvme", model: "Simulated-1.92T" },
      fields: { info: { int: 1 }, size_bytes: { int: 1_788 * GIB } },
    },
  ];
}

function kernelPoints(host: Host, seconds: number): readonly SimulatedPoint[] {
  const processes = 700 + 3 * host.vms.size;
  return [
    {
      measurement: "netstat",
      tags: {},
      fields: {
        tcp_established: { int: 60 + (host.index % 20) },
        tcp_active_opens: { int: seconds * 2 },
        tcp_passive_opens: { int: seconds * 0.5 },
        tcp_retransmitted_segments: { int: seconds * 0.05 },
        tcp_listen_drops: { int: 0 },
        udp_receive_errors: { int: 0 },
        udp_receive_buffer_errors: { int: 0 },
      },
    },
    {
      measurement: "processes",
      tags: {},
      fields: {
        total: { int: processes },
        threads: { int: processes * 1.6 },
        running: { int: 2 },
        sleeping: { int: processes - 2 },
        uninterruptible: { int: 0 },
        zombies: { int: 0 },
        stopped: { int: 0 },
      },
    },
  ];
}

function logPoints(host: Host, seconds: number): readonly SimulatedPoint[] {
  return [
    ...["oom", "io_error", "segfault"].map((pattern) => ({
      measurement: "log",
      tags: { source: "kernel", pattern },
      fields: { lines: { int: 0 } },
    })),
    {
      measurement: "log_source",
      tags: { source: "kernel" },
      fields: {
        read_bytes: { int: seconds * (5 + (host.index % 7)) },
        skipped_bytes: { int: 0 },
        lag_bytes: { int: 0 },
        lost_lines: { int: 0 },
      },
    },
  ];
}

const PROBES = ["conntrack", "ethtool", "events", "frr", "libvirt", "lldp", "mesh", "ovsdb", "processes", "vswitchd"];

function probePoints(host: Host, moment: Moment): readonly SimulatedPoint[] {
  return PROBES.map((probe, n) => ({
    measurement: "agent_probe",
    tags: { probe },
    fields: {
      present: { int: probe === "libvirt" && host.role === "network" ? 0 : 1 },
      late: { int: 0 },
      failed: { int: 0 },
      duration_s: 0.001 + 0.01 * noise(host.index, n, moment.atMs),
    },
  }));
}

/** The bond, its members and the switches behind them. */
function linkPoints({ condition }: Host, seconds: number): readonly SimulatedPoint[] {
  const up = NICS.map((_, nic) => (condition.downNics.includes(nic) ? 0 : 1));
  return [
    {
      measurement: "bond",
      tags: { bond: "bond0" },
      fields: {
        members: { int: NICS.length },
        members_up: { int: up.filter((it) => it === 1).length },
        aggregators: { int: 1 },
      },
    },
    ...NICS.map((name, nic) => ({
      measurement: "bond_member",
      tags: { bond: "bond0", interface: name },
      fields: { up: { int: up[nic] ?? 0 }, in_active_aggregator: { int: up[nic] ?? 0 }, churned: { int: 0 } },
    })),
    ...NICS.slice(0, TORS_PER_RACK).map((name, nic) => ({
      measurement: "lldp_interface",
      tags: { interface: name },
      fields: { neighbours: { int: up[nic] ?? 0 }, age_s: up[nic] === 1 ? seconds : undefined },
    })),
    ...["ipv4", "ipv6"].map((family) => ({
      measurement: "frr_routes",
      tags: { space: "", family },
      fields: { routes: { int: 12 }, fib_routes: { int: 12 } },
    })),
  ];
}

function switchPoints({ condition, vms, role }: Host, { atMs }: Moment, seconds: number): readonly SimulatedPoint[] {
  const { ovsStartedMs } = condition;
  const uptime = ovsStartedMs === undefined ? 40 * 86_400 + atMs / 1_000 : Math.max(0, atMs - ovsStartedMs) / 1_000;
  const ports = 10 + vms.size;
  const connections = { count: { int: 120 }, tcp_established: { int: 80 }, tcp_other: { int: 10 }, udp: { int: 25 } };
  return [
    {
      measurement: "ovs_daemon",
      tags: { daemon: "ovs-vswitchd" },
      fields: {
        uptime_s: uptime,
        handlers: { int: 10 },
        revalidators: { int: 5 },
        ports: { int: ports },
        rules: { int: 60 * ports },
        flow_keys: { int: 300 + 100 * vms.size },
      },
    },
    {
      measurement: "conntrack_zone",
      tags: { kind: "default", network_id: "" },
      fields: { ...connections, other: { int: 5 } },
    },
    {
      measurement: "conntrack_walk",
      tags: {},
      fields: {
        possible: { int: 1 },
        age_s: (atMs / 1_000) % 60,
        duration_s: 0.05,
        cpu_s: 0.04,
        period_s: 60,
        entries: { int: role === "network" ? 40_000 : 500 + 600 * vms.size },
        walks: { int: seconds / 60 },
        failed: { int: 0 },
      },
    },
  ];
}
