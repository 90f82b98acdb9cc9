import { deviceName, TENANT_MTU } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { portUuid, projectId, vmPort, vmUuid } from "../cloud/identity.ts";
import { noise, textHash } from "../random.ts";
import { type ConntrackFigures, HOST_CONNECTIONS } from "./conntrack-table.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { COUNTING_SINCE_MS, countedUntilMs, growthAt, type Moment, rhythm } from "./rhythm.ts";
import { vmTraffic } from "./traffic.ts";

const VM = textHash("vm metrics");
/** A surge of the host does not count for more than this in one machine. */
const MOST_FACTOR = 10;

/**
 * Of each machine that runs here: its processors and memory, disk and connections, and its tap, as the host sees it (rx is
 * what it sends) and as the machine does.
 */
export function vmPoints(
  cloud: Cloud,
  host: Host,
  moment: Moment,
  connections: ConntrackFigures,
): readonly SimulatedPoint[] {
  const points: SimulatedPoint[] = [];
  for (const index of host.vms) {
    const vm = cloud.vms.get(index);
    if (vm === undefined || vm.state !== "running" || vm.host !== host.index) continue;
    const measured = measureOf(cloud, host, vm, moment);
    points.push(machinePoint(cloud, host, measured), diskPoint(cloud, host, measured));
    if (!vm.tapLost) points.push(...tapPoints(cloud, measured), connectionPoint(cloud, host, measured, connections));
  }
  return points;
}

/** What several points of one machine are made of. */
interface Measured {
  readonly vm: Vm;
  readonly moment: Moment;
  readonly vmId: string;
  readonly projectId: string;
  readonly portId: string;
  readonly tap: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Average seconds of traffic since the machine was started. */
  readonly seconds: number;
}

function measureOf(cloud: Cloud, host: Host, vm: Vm, moment: Moment): Measured {
  const sinceMs = Math.max(COUNTING_SINCE_MS, vm.startedMs);
  const untilMs = countedUntilMs(moment, vm.index);
  const growing = { condition: host.condition, load: "traffic", sinceMs, mostFactor: MOST_FACTOR } as const;
  const { usual, surplus } = growthAt(cloud, untilMs, growing);
  const portId = portUuid(cloud, vmPort(vm.index));
  return {
    ...{ vm, moment, portId, sinceMs, untilMs },
    vmId: vmUuid(cloud, vm.index),
    projectId: projectId(cloud, vm.network),
    tap: deviceName("tap", portId),
    seconds: usual + surplus,
  };
}

function machinePoint(cloud: Cloud, host: Host, measured: Measured): SimulatedPoint {
  const { vm, moment, seconds, vmId, projectId: project } = measured;
  const { name, vcpus, ramMib } = flavorOf(vm.flavor);
  const busy = 0.05 + 0.55 * noise(cloud.seed, VM, vm.index, 1) ** 2;
  const total = ramMib * 2 ** 20;
  const used = 0.2 + 0.6 * noise(cloud.seed, VM, vm.index, 2);
  // What it wanted and did not get, when the host is busy.
  const { surplus } = growthAt(cloud, measured.untilMs, { condition: host.condition, load: "cpu" });
  return {
    measurement: "vm",
    tags: { vm_id: vmId, project_id: project, flavor: name },
    fields: {
      state: { int: 1 },
      running: { int: 1 },
      uptime_s: Math.max(0, moment.atMs - vm.startedMs) / 1_000,
      cpu_time_s: seconds * vcpus * busy,
      steal_s: seconds * vcpus * busy * 0.01 + surplus * vcpus * 0.1,
      vcpus: { int: vcpus },
      mem_allocated_bytes: { int: total },
      mem_max_bytes: { int: total },
      mem_rss_bytes: { int: total * Math.min(1, used + 0.15) },
      mem_total_bytes: { int: total },
      mem_usable_bytes: { int: total * (1 - used * (0.9 + 0.06 * rhythm(cloud, moment.atMs))) },
    },
  };
}

function diskPoint(cloud: Cloud, host: Host, { vm, vmId, projectId: project, ...measured }: Measured): SimulatedPoint {
  const { sinceMs, untilMs } = measured;
  const growing = { condition: host.condition, load: "disk", sinceMs, mostFactor: MOST_FACTOR } as const;
  const { usual, surplus } = growthAt(cloud, untilMs, growing);
  const ops = 2 + 30 * noise(cloud.seed, VM, vm.index, 3) ** 4;
  const [seconds, crowded] = [(usual + surplus) * ops, (usual + 10 * surplus) * ops];
  return {
    measurement: "vm_disk",
    tags: { vm_id: vmId, project_id: project, device: "vda" },
    fields: {
      read_bytes: { int: seconds * 16_384 },
      reads: { int: seconds },
      read_time_s: crowded * 0.000_6,
      write_bytes: { int: seconds * 3 * 8_192 },
      writes: { int: seconds * 3 },
      write_time_s: crowded * 0.001,
      capacity_bytes: { int: flavorOf(vm.flavor).diskGib * 2 ** 30 },
    },
  };
}

/** Twice the same traffic: what the host's tap receives, the machine sends. */
function tapPoints(cloud: Cloud, { vm, seconds, tap, ...measured }: Measured): readonly SimulatedPoint[] {
  const rate = vmTraffic(cloud, vm.index);
  const [bytes, packets] = [{ int: rate.bytes * seconds }, { int: rate.packets * seconds }];
  const [backBytes, backPackets] = [{ int: rate.bytes * seconds * 0.7 }, { int: rate.packets * seconds * 0.7 }];
  return [
    {
      measurement: "net_if",
      tags: { netns: "", interface: tap, kind: "tap" },
      fields: {
        rx_bytes: bytes,
        rx_packets: packets,
        rx_dropped: NONE,
        tx_bytes: backBytes,
        tx_packets: backPackets,
        tx_dropped: NONE,
        up: ONE,
        mtu_bytes: MTU,
      },
    },
    {
      measurement: "vm_net",
      tags: { vm_id: measured.vmId, project_id: measured.projectId, interface: tap },
      fields: {
        rx_bytes: backBytes,
        rx_packets: backPackets,
        rx_dropped: NONE,
        tx_bytes: bytes,
        tx_packets: packets,
        tx_dropped: NONE,
      },
    },
  ];
}

const NONE = { int: 0 };
const ONE = { int: 1 };
const MTU = { int: TENANT_MTU };

/** Its part of what the host tracks; where a table is full, of what found room in it. */
function connectionPoint(
  cloud: Cloud,
  host: Host,
  { vm, vmId, portId }: Measured,
  { count }: ConntrackFigures,
): SimulatedPoint {
  const even = Math.max(0, count - HOST_CONNECTIONS) / host.vms.size;
  const own = even * (0.6 + 0.6 * noise(cloud.seed, VM, vm.index, 4));
  const [established, other, udp, rest] = [own * 0.6, own * 0.1, own * 0.25, own * 0.05].map(Math.round);
  return {
    measurement: "vm_connections",
    tags: { vm_id: vmId, port_id: portId },
    fields: {
      count: { int: (established ?? 0) + (other ?? 0) + (udp ?? 0) + (rest ?? 0) },
      tcp_established: { int: established ?? 0 },
      tcp_other: { int: other ?? 0 },
      udp: { int: udp ?? 0 },
      other: { int: rest ?? 0 },
    },
  };
}
