import { lastOf, meanShare, type PanelSpec, series, share } from "../panel.ts";
import { gauges, HALF, THIRD, TOP } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

type Scope = "cluster" | "region" | "zone" | "host" | "project" | "network" | "pool";

/** Capacity is told at several scopes, which must not be added up. */
export const at = (scope: Scope) => ({ tag: "scope", op: "=", value: scope }) as const;
const of = (resource: string) => ({ tag: "resource", op: "=", value: resource }) as const;
export const NEARLY_FULL = { warning: 80, critical: 95 } as const;
/** Neither is of a zone. */
export const WHOLE = { per: "cluster", where: [at("cluster")], regardless: ["zone"] } as const;
const EACH_CLUSTER = { ...WHOLE, by: ["resource"], legend: "{{cluster}} {{resource}}", scale: 100 } as const;

/** Used, total and left of one resource of each cluster. */
export function ofCluster(
  title: string,
  description: string,
  { resource, unit }: { readonly resource: string; readonly unit: "short" | "bytes" },
): PanelSpec {
  return {
    title,
    description,
    ...THIRD,
    unit,
    capacity: "overview",
    queries: gauges(
      "os_capacity",
      { used: "used", total: "total", available: "left" },
      { ...WHOLE, where: [at("cluster"), of(resource)], of: "{{cluster}}" },
    ),
  };
}

export const VCPUS = ofCluster("vCPUs", "整个集群的 vCPU：已分配、总量（含超分比）与剩余。", {
  ...{ resource: "vcpus", unit: "short" },
});
export const MEMORY = ofCluster("Memory", "整个集群的内存：已分配、总量（含超分比）与剩余。", {
  ...{ resource: "memory", unit: "bytes" },
});

/** By the rules of the group `capacity`, which look at days: a rate over the time shown would foretell an end each morning. */
const RUNNING_OUT = ["CapacityRunningOut", "CapacityNearlyUsedUp", "SubnetRangeRunningOut", "SubnetRangeNearlyFull"];

/** Of all clouds: what is used of how much, what is fullest, what runs out. */
export const CAPACITY_OF_CLOUDS: readonly PanelSpec[] = [
  {
    title: "Capacity that runs out",
    description:
      "正在触发的容量告警数：即将耗尽（RunningOut）与接近用完（NearlyUsedUp、NearlyFull）。何时耗尽见“容量”页面。",
    kind: "stat",
    width: 24,
    unit: "short",
    none: "0",
    capacity: "overview",
    queries: RUNNING_OUT.map((rule) =>
      series("alerts", lastOf("count"), {
        per: "cluster",
        where: [
          { tag: "alertname", op: "=", value: rule },
          { tag: "alertstate", op: "=", value: "firing" },
        ],
        legend: `{{cluster}} ${rule}`,
      }),
    ),
    thresholds: { warning: 1, critical: 10 },
  },
  {
    title: "Resources used most",
    description: "所选时间内平均使用率最高的集群资源：vCPU、内存、磁盘、浮动 IP、卷。",
    ...TOP,
    unit: "percent",
    capacity: "overview",
    queries: [series("os_capacity", meanShare("used", "total"), { ...EACH_CLUSTER, top: 10 })],
    thresholds: NEARLY_FULL,
  },
  {
    title: "Address ranges used most",
    description: "所选时间内平均使用率最高的子网地址段；一段用完时，即使其他段空闲，该区域也无法再分配。",
    ...TOP,
    unit: "percent",
    capacity: "subnets",
    queries: [
      series("os_subnet_range", meanShare("used", "total"), {
        per: "cluster",
        by: ["region", "subnet", "range"],
        legend: "{{cluster}} {{region}} {{subnet}} {{range}}",
        scale: 100,
        top: 10,
      }),
    ],
    thresholds: NEARLY_FULL,
  },
  VCPUS,
  MEMORY,
  ofCluster("Floating IPs", "整个集群的浮动 IP：已分配、总量与剩余。", { resource: "floating_ips", unit: "short" }),
  {
    title: "Capacity used",
    description: "每个集群各类资源的使用率。",
    ...HALF,
    width: 24,
    ...PERCENT,
    capacity: "overview",
    queries: [series("os_capacity", share("used", "total"), EACH_CLUSTER)],
    thresholds: NEARLY_FULL,
  },
];
