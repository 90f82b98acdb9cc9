import { type DashboardSpec, lastOf, type PanelSpec, series, share } from "../panel.ts";
import { gauges, HALF, QUARTER, rates, THIRD } from "./panel-parts.ts";
import { clusterOf, HOST, PERCENT, ZONE } from "./variables.ts";

type Scope = "cluster" | "region" | "zone" | "host" | "project" | "network" | "pool";

/** Capacity is told at several scopes, which must not be added up. */
const at = (scope: Scope) => ({ tag: "scope", op: "=", value: scope }) as const;
const of = (resource: string) => ({ tag: "resource", op: "=", value: resource }) as const;
const EACH_RESOURCE = { per: "cluster", by: ["resource"] } as const;
const NEARLY_FULL = { warning: 80, critical: 95 } as const;

/** Used and total of one resource of the whole cluster. */
function ofCluster(title: string, description: string, resource: string, unit: "short" | "bytes"): PanelSpec {
  return {
    title,
    description,
    ...THIRD,
    unit,
    queries: gauges(
      "os_capacity",
      { used: "used", total: "total", available: "available" },
      { per: "cluster", where: [at("cluster"), of(resource)] },
    ),
  };
}

const CLUSTER_PANELS: readonly PanelSpec[] = [
  {
    title: "Used of each resource",
    description: "整个集群各类资源的使用率：vCPU、内存、磁盘、实例、浮动 IP、端口、卷。",
    kind: "timeseries",
    width: 24,
    ...PERCENT,
    queries: [
      series("os_capacity", share("used", "total"), {
        ...EACH_RESOURCE,
        where: [at("cluster")],
        legend: "{{resource}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  ofCluster("vCPUs", "整个集群的 vCPU：已分配、总量（含超分比）与剩余。", "vcpus", "short"),
  ofCluster("Memory", "整个集群的内存：已分配、总量（含超分比）与剩余。", "memory", "bytes"),
  ofCluster("Disk", "整个集群的磁盘：已分配、总量与剩余。", "disk", "bytes"),
];

const PARTS: readonly PanelSpec[] = [
  {
    title: "Used of each zone",
    description: "各可用区各类资源的使用率。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("os_capacity", share("used", "total"), {
        per: "cluster",
        by: ["zone", "resource"],
        where: [at("zone")],
        legend: "{{zone}} {{resource}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Used of the host chosen",
    description: "所选主机各类资源的使用率。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("os_capacity", share("used", "total"), {
        by: ["resource"],
        where: [at("host")],
        legend: "{{resource}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Quota used by each project",
    description: "各项目各类资源的配额使用率；没有配额的项目不显示。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("os_capacity", share("used", "total"), {
        per: "cluster",
        by: ["project", "resource"],
        where: [at("project")],
        legend: "{{project}} {{resource}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Machines by status",
    description: "各状态的虚拟机数。",
    ...HALF,
    unit: "short",
    stacked: true,
    queries: [series("os_servers", lastOf("count"), { per: "cluster", by: ["status"], legend: "{{status}}" })],
  },
];

const ADDRESSES: readonly PanelSpec[] = [
  {
    title: "Addresses used of each subnet",
    description: "各子网地址池的使用率。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("os_subnet_ip", share("used", "total"), {
        per: "cluster",
        by: ["subnet", "cidr"],
        legend: "{{subnet}} {{cidr}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Addresses used of each range",
    description: "子网按区域切分的各地址段使用率；一段用完时，即使其他段空闲，该区域也无法再分配。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("os_subnet_range", share("used", "total"), {
        per: "cluster",
        by: ["region", "range"],
        legend: "{{region}} {{range}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
];

const APIS: readonly PanelSpec[] = [
  {
    title: "Sync",
    description: "对 OpenStack 的同步是否正常，与已知数据的时长。",
    ...QUARTER,
    unit: "s",
    queries: gauges("os_sync", { age_s: "age", seconds: "last reading" }, { per: "cluster", across: "max" }),
  },
  {
    title: "Answers of each service",
    description: "各服务 API 的平均响应时间。",
    ...QUARTER,
    unit: "s",
    queries: [
      series("os_api", lastOf("seconds"), { per: "cluster", across: "max", by: ["service"], legend: "{{service}}" }),
    ],
  },
  {
    title: "Agents and services that are not there",
    description: "Neutron 代理与 Nova 服务是否存活（1 是，0 否），每种取最差的。",
    ...QUARTER,
    unit: "bool",
    max: 1,
    queries: [
      series("os_agent", lastOf("alive"), { per: "cluster", across: "min", by: ["type"], legend: "{{type}}" }),
      series("os_service", lastOf("up"), { per: "cluster", across: "min", by: ["binary"], legend: "{{binary}}" }),
    ],
  },
  {
    title: "Notifications",
    description: "各集群收到的 OpenStack 通知与变更提示（每秒），以及是否正在监听（1 是，0 否）。",
    ...QUARTER,
    unit: "cps",
    queries: [
      ...rates("os_notifications", { received: "received", hints: "hints", refused: "refused" }, { per: "cluster" }),
      ...gauges("os_notifications", { listening: "listening" }, { per: "cluster", across: "min" }),
    ],
  },
];

/** What OpenStack can still give: by cluster, zone, host, project, subnet and range; and whether OpenStack answers. */
export const CAPACITY_DASHBOARD: DashboardSpec = {
  name: "capacity",
  title: "Nephoscope / Capacity",
  description: "OpenStack 容量：按集群、可用区、主机、项目、子网与地址段；以及 OpenStack API 的状态。",
  variables: [clusterOf("os_capacity", "used"), ZONE, HOST],
  rows: [
    { title: "Cluster", panels: CLUSTER_PANELS },
    { title: "Parts", panels: PARTS },
    { title: "Addresses", panels: ADDRESSES },
    { title: "OpenStack", panels: APIS },
  ],
};
