import { TENANT_MTU } from "../cloud/addresses.ts";
import type { Cloud, Host, Load, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { portUuid, projectId, tapName, vmPort, vmUuid } from "../cloud/identity.ts";
import { noise, textHash } from "../random.ts";
import type { SimulatedPoint } from "./host-points.ts";
import { COUNTING_SINCE_MS, countedUntilMs, growthAt, type Moment, rhythm } from "./rhythm.ts";
import { vmTraffic } from "./traffic.ts";

const VM = textHash("vm metrics");

/** Of each machine that runs here: its processors and memory, and its tap as the host sees it (rx is what it sends). */
export function vmPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const points: SimulatedPoint[] = [];
  for (const index of host.vms) {
    const vm = cloud.vms.get(index);
    if (vm === undefined || vm.state !== "running" || vm.host !== host.index) continue;
    points.push(machinePoint(cloud, host, vm, moment));
    if (!vm.tapLost) points.push(tapPoint(cloud, host, vm, moment), networkPoint(cloud, host, vm, moment));
  }
  return points;
}

/** Average seconds of a load since the machine was started. */
function secondsOf(cloud: Cloud, host: Host, vm: Vm, moment: Moment, load: Load): number {
  const sinceMs = Math.max(COUNTING_SINCE_MS, vm.startedMs);
  const untilMs = countedUntilMs(moment, vm.index);
  const { usual, surplus } = growthAt(cloud, untilMs, { condition: host.condition, load, sinceMs, mostFactor: 10 });
  return usual + surplus;
}

function machinePoint(cloud: Cloud, host: Host, vm: Vm, moment: Moment): SimulatedPoint {
  const { name, vcpus, ramMib } = flavorOf(vm.flavor);
  const busy = 0.05 + 0.55 * noise(cloud.seed, VM, vm.index, 1) ** 2;
  const total = ramMib * 2 ** 20;
  const used = 0.2 + 0.6 * noise(cloud.seed, VM, vm.index, 2);
  // What it wanted and did not get, when the host is busy.
  const { surplus } = growthAt(cloud, countedUntilMs(moment, vm.index), { condition: host.condition, load: "cpu" });
  const seconds = secondsOf(cloud, host, vm, moment, "traffic");
  return {
    measurement: "vm",
    tags: { ...machineTags(cloud, vm), flavor: name },
    fields: {
      state: { int: 1 },
      running: { int: 1 },
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

function machineTags(cloud: Cloud, vm: Vm) {
  return { vm_id: vmUuid(cloud, vm.index), project_id: projectId(cloud, vm.network) };
}

/** The same traffic as the machine itself sees it: what the host's tap receives, it sends. */
function networkPoint(cloud: Cloud, host: Host, vm: Vm, moment: Moment): SimulatedPoint {
  const { fields } = tapPoint(cloud, host, vm, moment);
  const port = vmPort(vm.index);
  return {
    measurement: "vm_net",
    tags: { ...machineTags(cloud, vm), interface: tapName(cloud, port), port_id: portUuid(cloud, port) },
    fields: {
      rx_bytes: fields.tx_bytes,
      rx_packets: fields.tx_packets,
      rx_dropped: fields.tx_dropped,
      tx_bytes: fields.rx_bytes,
      tx_packets: fields.rx_packets,
      tx_dropped: fields.rx_dropped,
    },
  };
}

function tapPoint(cloud: Cloud, host: Host, vm: Vm, moment: Moment): SimulatedPoint {
  const { bytes, packets } = vmTraffic(cloud, vm.index);
  const seconds = secondsOf(cloud, host, vm, moment, "traffic");
  return {
    measurement: "net_if",
    tags: { netns: "", interface: tapName(cloud, vmPort(vm.index)), kind: "tap" },
    fields: {
      rx_bytes: { int: bytes * seconds },
      rx_packets: { int: packets * seconds },
      rx_dropped: { int: 0 },
      tx_bytes: { int: bytes * seconds * 0.7 },
      tx_packets: { int: packets * seconds * 0.7 },
      tx_dropped: { int: 0 },
      up: { int: 1 },
      mtu_bytes: { int: TENANT_MTU },
    },
  };
}
