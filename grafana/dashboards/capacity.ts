import { type DashboardSpec, lastOf, type PanelSpec, series, share } from "../panel.ts";
import { at, MEMORY, NEARLY_FULL, ofCluster, VCPUS, WHOLE } from "./capacity-parts.ts";
import { gauges, HALF, QUARTER, rates } from "./panel-parts.ts";
import { clusterOf, HOST, PERCENT, ZONE } from "./variables.ts";

const EACH_SCOPE = { per: "cluster", scale: 100 } as const;

const CLUSTER_PANELS: readonly PanelSpec[] = [
  {
    title: "Used of each resource",
    description: "整个集群各类资源的使用率：vCPU、内存、磁盘、实例、浮动 IP、端口、卷。",
    ...HALF,
    width: 24,
    ...PERCENT,
    capacity: "overview",
    queries: [
      series("os_capacity", share("used", "total"), {
        ...WHOLE,
        by: ["resource"],
        legend: "{{resource}}",
        scale: 100,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  VCPUS,
  MEMORY,
  ofCluster("Disk", "整个集群的磁盘：已分配、总量与剩余。", { resource: "disk", unit: "bytes" }),
];

const PARTS: readonly PanelSpec[] = [
  {
    title: "Used of each zone",
    description: "各可用区各类资源的使用率。",
    ...HALF,
    ...PERCENT,
    capacity: "overview",
    queries: [
      series("os_capacity", share("used", "total"), {
        ...EACH_SCOPE,
        by: ["zone", "resource"],
        where: [at("zone")],
        legend: "{{zone}} {{resource}}",
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Used of the host chosen",
    description: "所选主机各类资源的使用率。",
    ...HALF,
    ...PERCENT,
    capacity: "hosts",
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
    capacity: "projects",
    queries: [
      series("os_capacity", share("used", "total"), {
        ...EACH_SCOPE,
        by: ["project_id", "resource"],
        where: [at("project")],
        regardless: ["zone"],
        legend: "{{project_id}} {{resource}}",
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
    capacity: "subnets",
    queries: [
      series("os_subnet_ip", share("used", "total"), {
        ...EACH_SCOPE,
        by: ["subnet", "cidr"],
        legend: "{{subnet}} {{cidr}}",
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Addresses used of each range",
    description: "子网按区域切分的各地址段使用率；一段用完时，即使其他段空闲，该区域也无法再分配。",
    ...HALF,
    ...PERCENT,
    capacity: "subnets",
    queries: [
      series("os_subnet_range", share("used", "total"), {
        ...EACH_SCOPE,
        by: ["region", "subnet", "range"],
        legend: "{{region}} {{subnet}} {{range}}",
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
    description: "各服务 API 的平均响应时间；只在全量读取时请求的服务（卷、负载均衡）约每十分钟一个点。",
    ...QUARTER,
    unit: "s",
    connectsOverSeconds: 1_500,
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
