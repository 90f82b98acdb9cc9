import type { DashboardSpec, PanelSpec, VariableSpec } from "../panel.ts";
import { FIGURE, gauges } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";
import { VM_CPU, VM_DISKS, VM_MEMORY, VM_NETWORK } from "./vm-panels.ts";

/** Of the host chosen, since no drop-down holds all machines of a cloud. */
const MACHINE: VariableSpec = { tag: "vm_id", label: "VM", measurement: "vm", field: "running", multi: true };
const VM = { by: ["vm_id"], of: "{{vm_id}}" } as const;

const STATE: readonly PanelSpec[] = [
  {
    title: "Running",
    description: "虚拟机是否在运行（1 是，0 否）。",
    ...FIGURE,
    unit: "bool",
    queries: gauges("vm", { running: "running" }, { ...VM, across: "min" }),
  },
  {
    title: "Time since it was started here",
    description: "虚拟机进程在本机启动以来的时长；迁移或重启后从零开始。",
    ...FIGURE,
    unit: "s",
    queries: gauges("vm", { uptime_s: "up" }, VM),
  },
  {
    title: "vCPUs",
    description: "虚拟机的 vCPU 数。",
    ...FIGURE,
    unit: "short",
    queries: gauges("vm", { vcpus: "vCPUs" }, VM),
  },
  {
    title: "Connections now",
    description: "虚拟机当前的连接跟踪条目数。",
    ...FIGURE,
    unit: "short",
    queries: gauges("vm_connections", { count: "connections" }, VM),
  },
];

/** The thirteen indicators NetEase watches of a machine, and what else is known of it. */
export const VM_DASHBOARD: DashboardSpec = {
  name: "vm",
  title: "Nephoscope / VM",
  description: "虚拟机：CPU、内存、磁盘、分区、网络、连接数，宿主机视角与客户机视角。",
  variables: [CLUSTER, ZONE, HOST, MACHINE],
  rows: [
    { title: "State", panels: STATE },
    { title: "CPU", panels: VM_CPU },
    { title: "Memory", panels: VM_MEMORY },
    { title: "Disks", panels: VM_DISKS },
    { title: "Network", panels: VM_NETWORK },
  ],
};
