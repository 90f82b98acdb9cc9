import { type DashboardSpec, lastOf, type PanelSpec, series, share, usedShare } from "../panel.ts";
import { CPU_PANELS } from "./host-cpu.ts";
import { DISK_PANELS } from "./host-disks.ts";
import { MEMORY_PANELS } from "./host-memory.ts";
import { NETWORK_PANELS, OWN_NAMESPACE } from "./host-network.ts";
import { CLUSTER, HOST, PERCENT, ZONE } from "./variables.ts";

const OVERVIEW: readonly PanelSpec[] = [
  {
    title: "Load and CPUs",
    description: "1 分钟平均负载与在线 CPU 数；负载超过 CPU 数说明有任务在排队。",
    kind: "stat",
    unit: "short",
    width: 6,
    queries: [
      series("system", lastOf("load1"), { legend: "load" }),
      series("system", lastOf("cpus"), { legend: "CPUs" }),
    ],
  },
  {
    title: "Memory used",
    description: "已用内存占比（1 − 可用/总量）。",
    kind: "stat",
    ...PERCENT,
    width: 6,
    queries: [series("mem", usedShare("available_bytes", "total_bytes"), { legend: "used", scale: 100 })],
    thresholds: { warning: 85, critical: 95 },
  },
  {
    title: "Connection tracking used",
    description: "连接跟踪表占用率；满后新连接的包会被丢弃。",
    kind: "stat",
    ...PERCENT,
    width: 6,
    queries: [series("conntrack", share("count", "max"), { legend: "used", where: [OWN_NAMESPACE], scale: 100 })],
    thresholds: { warning: 80, critical: 95 },
  },
  {
    title: "Time since boot",
    description: "主机开机时长；突然变小说明主机重启过。",
    kind: "stat",
    unit: "s",
    width: 6,
    queries: [series("system", lastOf("uptime_s"), { legend: "uptime" })],
  },
];

/** One host: what it computes, keeps, writes and sends. */
export const HOST_DASHBOARD: DashboardSpec = {
  name: "host",
  title: "Nephoscope / Host",
  description: "单台主机：CPU、内存、压力、磁盘、文件系统、网络与连接跟踪。",
  variables: [CLUSTER, ZONE, HOST],
  rows: [
    { title: "Overview", panels: OVERVIEW },
    { title: "CPU", panels: CPU_PANELS },
    { title: "Memory", panels: MEMORY_PANELS },
    { title: "Disks", panels: DISK_PANELS },
    { title: "Network", panels: NETWORK_PANELS },
  ],
};
