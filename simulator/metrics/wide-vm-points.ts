import { deviceName } from "../cloud/addresses.ts";
import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { instanceName, portUuid, projectId, vmPort, vmUuid } from "../cloud/identity.ts";
import { noise, textHash } from "../random.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { COUNTING_SINCE_MS, countedUntilMs, growthAt, type Moment } from "./rhythm.ts";

const INSIDE = textHash("inside a machine");

/** What is measured inside of machines, of their processors one by one, and of their ports and processes on the host. */
export function wideVmPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const points: SimulatedPoint[] = [];
  for (const index of host.vms) {
    const vm = cloud.vms.get(index);
    if (vm !== undefined && vm.state === "running" && vm.host === host.index) {
      points.push(...pointsOf(cloud, host, vm, moment));
    }
  }
  return points;
}

function pointsOf(cloud: Cloud, host: Host, vm: Vm, moment: Moment): readonly SimulatedPoint[] {
  const { vcpus, ramMib, diskGib } = flavorOf(vm.flavor);
  const [vmId, portId] = [vmUuid(cloud, vm.index), portUuid(cloud, vmPort(vm.index))];
  const machine = { vm_id: vmId, project_id: projectId(cloud, vm.network) };
  const sinceMs = Math.max(COUNTING_SINCE_MS, vm.startedMs);
  const growing = { condition: host.condition, load: "traffic", sinceMs, mostFactor: 10 } as const;
  const { usual, surplus, seconds } = growthAt(cloud, countedUntilMs(moment, vm.index), growing);
  const busy = 0.02 + 0.2 * noise(cloud.seed, INSIDE, vm.index, 0);
  const used = (usual + surplus) * busy;
  const tap = deviceName("tap", portId);
  return [
    ...Array.from({ length: vcpus }, (_, vcpu) => ({
      measurement: "vm_vcpu",
      tags: { ...machine, vcpu: String(vcpu) },
      fields: { time_s: used, delay_s: used * 0.01 },
    })),
    {
      measurement: "vm_guest",
      tags: machine,
      fields: {
        ...{ load1: busy * vcpus, load5: busy * vcpus, load15: busy * vcpus },
        cpu_user_s: used * vcpus * 0.8,
        cpu_system_s: used * vcpus * 0.2,
        cpu_idle_s: seconds * vcpus * 0.5,
        cpu_iowait_s: used * 0.01,
        cpu_steal_s: used * 0.01,
      },
    },
    {
      measurement: "vm_filesystem",
      tags: { ...machine, mountpoint: "/", fstype: "ext4" },
      fields: {
        size_bytes: { int: diskGib * 2 ** 30 },
        used_bytes: { int: diskGib * 2 ** 30 * (0.2 + 0.5 * noise(cloud.seed, INSIDE, vm.index, 1)) },
      },
    },
    {
      measurement: "process",
      tags: { comm: "qemu", guest: instanceName(vm) },
      fields: {
        cpu_s: used * vcpus,
        rss_bytes: { int: ramMib * 2 ** 20 * 0.8 },
        threads: { int: vcpus + 4 },
        count: { int: 1 },
        running: { int: 0 },
        sleeping: { int: 1 },
        uninterruptible: { int: 0 },
        zombies: { int: 0 },
      },
    },
    {
      measurement: "ovs_interface",
      tags: { bridge: "br-int", port: tap, interface: tap, type: "", remote_ip: "", port_id: portId, vm_id: vmId },
      fields: { link_up: vm.tapLost ? undefined : { int: 1 }, admin_up: { int: 1 }, link_resets: { int: 1 } },
    },
  ];
}
