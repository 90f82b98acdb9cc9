import { type DashboardSpec, lastOf, meanOf, type PanelSpec, series, share } from "../panel.ts";
import { CONNTRACK_LOSSES, OWN_NAMESPACE } from "./host-network.ts";
import { FIGURE, gauges, HALF, rates, THIRD, TOP } from "./panel-parts.ts";
import { CLUSTER, HOST, PERCENT, ZONE } from "./variables.ts";

const USED = { title: "Table used", unit: "percent", thresholds: { warning: 80, critical: 95 } } as const;
const STATES = { tcp_established: "TCP established", tcp_other: "TCP other", udp: "UDP", other: "other" } as const;

const TABLE: readonly PanelSpec[] = [
  {
    ...FIGURE,
    ...PERCENT,
    ...USED,
    description: "主机命名空间的连接跟踪表占用率；满后新连接的包会被丢弃。",
    queries: [series("conntrack", share("count", "max"), { legend: "used", where: [OWN_NAMESPACE], scale: 100 })],
  },
  {
    title: "Tracked and maximum",
    description: "主机命名空间现有的连接跟踪条目数与上限。",
    ...FIGURE,
    unit: "short",
    queries: gauges("conntrack", { count: "tracked", max: "maximum" }, { where: [OWN_NAMESPACE] }),
  },
  {
    title: "Age of the last walk",
    description: "距离上一次逐条遍历连接表的时间；每台虚拟机的连接数以它为准。",
    ...FIGURE,
    unit: "s",
    queries: gauges("conntrack_walk", { age_s: "age" }),
  },
  {
    title: "Walk possible",
    description: "是否能以已知的代价遍历连接表（1 能，0 不能）。",
    ...FIGURE,
    unit: "bool",
    queries: gauges("conntrack_walk", { possible: "possible" }),
  },
  {
    title: "Entries of each namespace",
    description: "每个网络命名空间的连接跟踪条目数。",
    ...THIRD,
    unit: "short",
    queries: [series("conntrack", lastOf("count"), { by: ["netns"], legend: "{{netns}}" })],
  },
  {
    title: "Table used over time",
    description: "每个网络命名空间的连接跟踪表占用率；上限对每个命名空间相同。",
    ...THIRD,
    ...PERCENT,
    queries: [series("conntrack", share("count", "max"), { by: ["netns"], legend: "{{netns}}", scale: 100 })],
    thresholds: USED.thresholds,
  },
  CONNTRACK_LOSSES,
];

const MACHINES: readonly PanelSpec[] = [
  {
    title: "Connections of each VM",
    description: "每台虚拟机的连接跟踪条目数。",
    ...HALF,
    unit: "short",
    queries: [series("vm_connections", lastOf("count"), { by: ["vm_id"], legend: "{{vm_id}}" })],
  },
  {
    title: "VMs with most connections",
    description: "所选时间内平均连接数最多的虚拟机。",
    ...TOP,
    unit: "short",
    queries: [series("vm_connections", meanOf("count"), { by: ["vm_id"], legend: "{{vm_id}}", top: 10 })],
  },
  {
    title: "Connections of VMs by state",
    description: "全部虚拟机的连接按协议与状态合计。",
    ...HALF,
    unit: "short",
    stacked: true,
    queries: gauges("vm_connections", STATES),
  },
  {
    title: "Connections of zones that are no VM's",
    description: "不属于虚拟机的 zone（默认 zone、路由器等）的连接跟踪条目数。",
    ...HALF,
    unit: "short",
    queries: [
      series("conntrack_zone", lastOf("count"), { by: ["kind", "network_id"], legend: "{{kind}} {{network_id}}" }),
    ],
  },
];

const WALKS: readonly PanelSpec[] = [
  {
    title: "Time and CPU of a walk",
    description: "遍历一次连接表的时长与 CPU 时间。",
    ...HALF,
    unit: "s",
    queries: gauges("conntrack_walk", { duration_s: "duration", cpu_s: "CPU", period_s: "period" }),
  },
  {
    title: "Walks that failed",
    description: "每秒完成与失败的遍历次数。",
    ...HALF,
    unit: "cps",
    queries: rates("conntrack_walk", { walks: "done", failed: "failed" }),
  },
];

/** Connection tracking of one host: how full, what it cost, whose connections they are. */
export const CONNTRACK_DASHBOARD: DashboardSpec = {
  name: "conntrack",
  title: "Nephoscope / Connection tracking",
  description: "连接跟踪：表占用、插入失败、丢弃，以及每台虚拟机与每个 zone 的连接数。",
  variables: [CLUSTER, ZONE, HOST],
  rows: [
    { title: "Table", panels: TABLE },
    { title: "Machines and zones", panels: MACHINES },
    { title: "Walks", panels: WALKS },
  ],
};
