import { type DashboardSpec, lastOf, meanOf, type PanelSpec, rateOf, series, shareOf } from "../panel.ts";
import { CAPACITY_OF_CLOUDS } from "./capacity-parts.ts";
import { SHARE_OF_ALL } from "./network-nodes.ts";
import { BOTH_WAYS, FIGURE, gauges, HALF, OF_VERY_MANY, rates, sums, THIRD, TOP } from "./panel-parts.ts";
import { everyCluster, ZONE } from "./variables.ts";

const CLUSTER = { per: "cluster", of: "{{cluster}}" } as const;
const EACH = { per: "cluster", legend: "{{cluster}}" } as const;
const FIRING = { tag: "alertstate", op: "=", value: "firing" } as const;

const NOW: readonly PanelSpec[] = [
  {
    title: "Hosts",
    description: "每个集群的主机数。",
    ...FIGURE,
    unit: "short",
    queries: gauges("cloud", { hosts: "hosts" }, CLUSTER),
  },
  {
    title: "Agents silent",
    description: "每个集群代理失联的主机数；应为零。",
    ...FIGURE,
    unit: "short",
    queries: gauges("cloud", { agents_silent: "silent" }, CLUSTER),
    thresholds: { warning: 1, critical: 10 },
  },
  {
    title: "VMs",
    description: "每个集群的虚拟机数。",
    ...FIGURE,
    unit: "short",
    queries: gauges("cloud", { vms: "VMs" }, CLUSTER),
  },
  {
    title: "Alerts firing",
    description: "每个集群正在触发的告警数。",
    ...FIGURE,
    unit: "short",
    none: "0",
    queries: gauges("alerts", { count: "firing" }, { ...CLUSTER, where: [FIRING] }),
    thresholds: { warning: 1, critical: 10 },
  },
];

const HISTORY: readonly PanelSpec[] = [
  {
    title: "Hosts with an agent, and silent ones",
    description: "按可用区：有代理的主机数与代理失联的主机数。",
    ...THIRD,
    unit: "short",
    queries: gauges(
      "cloud",
      { agents: "with an agent", agents_silent: "silent" },
      { per: "cluster", by: ["zone"], of: "{{cluster}} {{zone}}" },
    ),
  },
  {
    title: "VMs of each zone",
    description: "每个可用区的虚拟机数。",
    ...THIRD,
    unit: "short",
    queries: [series("cloud", lastOf("vms"), { per: "cluster", by: ["zone"], legend: "{{cluster}} {{zone}}" })],
  },
  {
    title: "Interfaces that should be up and are not",
    description: "每个集群应启用而未启用的接口数。",
    ...THIRD,
    unit: "short",
    queries: [series("cloud", lastOf("interfaces_down"), EACH)],
  },
  {
    title: "Alerts firing by severity",
    description: "正在触发的告警数，按级别。",
    ...HALF,
    unit: "short",
    stacked: true,
    queries: [
      series("alerts", lastOf("count"), {
        per: "cluster",
        by: ["severity"],
        legend: "{{cluster}} {{severity}}",
        where: [FIRING],
      }),
    ],
  },
  {
    title: "Rules with most alerts",
    description: "所选时间内触发中告警平均最多的规则。",
    ...TOP,
    unit: "short",
    queries: [
      series("alerts", meanOf("count"), {
        per: "cluster",
        by: ["alertname"],
        legend: "{{alertname}}",
        where: [FIRING],
        top: 10,
      }),
    ],
  },
  {
    title: "Topology changes",
    description: "每个图上间隔内记录的拓扑变更数：新增、移除与变更的元素。",
    ...HALF,
    unit: "short",
    queries: sums("topology_changes", { added: "added", removed: "removed", updated: "updated" }, CLUSTER),
  },
  {
    title: "Traffic of the network nodes",
    description: "每个集群全部网络节点网卡的收发速率；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("network_node", { uplink_rx_bytes: "in", uplink_tx_bytes: "out" }, { ...CLUSTER, scale: 8 }),
  },
  {
    title: "Traffic of all VMs",
    description: "每个集群全部虚拟机的收发速率（虚拟机视角）；发送画在轴下方。",
    ...BOTH_WAYS,
    ...OF_VERY_MANY,
    unit: "bps",
    queries: rates("vm_net", { rx_bytes: "in", tx_bytes: "out" }, { ...CLUSTER, scale: 8 }),
  },
  {
    title: "Share of each network node",
    description: "每个网络节点在本集群全部网络节点所转发流量中的占比。",
    ...SHARE_OF_ALL,
    partsUnit: "Bps",
    queries: [series("network_node", shareOf("rx_bytes", "tx_bytes"), { legend: "{{cluster}} {{host}}", scale: 100 })],
  },
  {
    title: "Hosts whose OVS asks user space most",
    description: "所选时间内每秒 upcall 最多的主机。",
    ...TOP,
    unit: "pps",
    queries: [series("ovs_datapath", rateOf("missed"), { legend: "{{host}}", by: ["datapath"], top: 10 })],
  },
];

/** All clouds at a glance. */
export const CLOUDS_DASHBOARD: DashboardSpec = {
  name: "clouds",
  title: "Nephoscope / Clouds",
  description: "全部云一览：主机、代理、虚拟机、告警、容量、拓扑变更与流量。",
  variables: [everyCluster("cloud", "hosts"), ZONE],
  rows: [
    { title: "Now", panels: NOW },
    { title: "Capacity", panels: CAPACITY_OF_CLOUDS },
    { title: "Over time", panels: HISTORY },
  ],
};
