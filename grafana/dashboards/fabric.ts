import { type DashboardSpec, lastOf, meanOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { gauges, HALF, OF_VERY_MANY, QUARTER, rates, THIRD, TOP } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

const PEER = { by: ["peer", "afi"], of: "{{peer}} {{afi}}" } as const;
const AFI = { by: ["daemon", "vrf", "afi"], of: "{{daemon}} {{vrf}} {{afi}}" } as const;
const EACH_VNI = { by: ["vni"], legend: "VNI {{vni}}" } as const;
const CLUSTERWIDE = { per: "cluster" } as const;

const CLUSTER_PANELS: readonly PanelSpec[] = [
  {
    title: "BGP sessions of the cluster",
    description: "整个集群的 BGP 邻居数，以及无人关闭却未建立的邻居数。",
    ...THIRD,
    unit: "short",
    queries: gauges("bgp_table", { peers: "peers", peers_down: "down" }, CLUSTERWIDE),
  },
  {
    title: "EVPN of the cluster",
    description: "整个集群各 VNI 的 MAC、远端 VTEP 与重复 MAC 之和（同一 VNI 在每台主机上各计一次）。",
    ...THIRD,
    ...OF_VERY_MANY,
    unit: "short",
    queries: gauges(
      "evpn_vni",
      { macs: "MACs", remote_vteps: "remote VTEPs", duplicate_macs: "duplicate MACs" },
      CLUSTERWIDE,
    ),
  },
  {
    title: "Hosts with most sessions down",
    description: "所选时间内平均断开的 BGP 邻居最多的主机。",
    ...TOP,
    width: 8,
    unit: "short",
    queries: [
      series("bgp_table", meanOf("peers_down"), { per: "hosts", by: ["afi"], legend: "{{host}} {{afi}}", top: 10 }),
    ],
  },
];

const SESSIONS: readonly PanelSpec[] = [
  {
    title: "BGP session up",
    description: "每个邻居的会话是否建立（1 建立，0 断开）。",
    ...HALF,
    unit: "bool",
    max: 1,
    queries: gauges("bgp_peer", { up: "up" }, { ...PEER, across: "min" }),
  },
  {
    title: "Prefixes",
    description: "每个邻居收到与发送的前缀数；突降说明路由撤回。",
    ...HALF,
    unit: "short",
    queries: gauges("bgp_peer", { prefixes_received: "received", prefixes_sent: "sent" }, PEER),
  },
  {
    title: "Silence in established sessions",
    description: "已建立的会话至少有这么久没有消息：链路断开时，会话超时之前先在这里看到。",
    ...QUARTER,
    unit: "s",
    queries: gauges("bgp_peer", { message_age_s: "silent" }, PEER),
  },
  {
    title: "Messages",
    description: "每个会话每秒收发的 BGP 消息。",
    ...QUARTER,
    unit: "cps",
    queries: rates("bgp_peer", { messages_received: "received", messages_sent: "sent" }, PEER),
  },
  {
    title: "Sessions lost",
    description: "已建立的会话断开的速率。",
    ...QUARTER,
    unit: "cps",
    queries: [series("bgp_peer", rateOf("connections_dropped"), { by: ["peer"], legend: "{{peer}}" })],
  },
  {
    title: "Time since established",
    description: "会话建立以来的时长。",
    ...QUARTER,
    unit: "s",
    queries: gauges("bgp_peer", { uptime_s: "up" }, PEER),
  },
];

const TABLES: readonly PanelSpec[] = [
  {
    title: "Routes of each address family",
    description: "各地址族路由表的条目数与路径数（FRR 不提供路径数）。",
    ...HALF,
    unit: "short",
    queries: gauges("bgp_table", { routes: "routes", paths: "paths" }, AFI),
  },
  {
    title: "Routes in zebra and in the kernel",
    description: "zebra 的路由数与已下发到内核的路由数；两者相差大说明下发有问题。",
    ...HALF,
    unit: "short",
    queries: gauges(
      "frr_routes",
      { routes: "zebra", fib_routes: "kernel" },
      { by: ["space", "family"], of: "{{space}} {{family}}" },
    ),
  },
  {
    title: "MACs of each VNI",
    description: "每个 VNI 中已知的 MAC 数。",
    ...THIRD,
    unit: "short",
    queries: [series("evpn_vni", lastOf("macs"), EACH_VNI)],
  },
  {
    title: "Remote VTEPs of each VNI",
    description: "每个 VNI 的远端 VTEP 数；变为零说明该网络与其他主机隔离。",
    ...THIRD,
    unit: "short",
    queries: [series("evpn_vni", lastOf("remote_vteps"), EACH_VNI)],
  },
  {
    title: "Duplicate MACs of each VNI",
    description: "每个 VNI 中被标记为重复的 MAC 数；应为零。",
    ...THIRD,
    unit: "short",
    queries: [series("evpn_vni", lastOf("duplicate_macs"), EACH_VNI)],
  },
  {
    title: "Route targets asked for",
    description: "路由目标约束（RTC）：请求各 RT 的路径数与邻居数（GoBGP 路由反射器）。",
    ...HALF,
    unit: "short",
    queries: gauges(
      "bgp_rtc",
      { paths: "paths", neighbours: "neighbours" },
      { by: ["route_target"], of: "{{route_target}}" },
    ),
  },
];

const LINKS: readonly PanelSpec[] = [
  {
    title: "LLDP neighbours",
    description: "每个接口上的 LLDP 邻居数；0 表示最后一个邻居已消失。",
    ...THIRD,
    unit: "short",
    queries: [series("lldp_interface", lastOf("neighbours"), { by: ["interface"], legend: "{{interface}}" })],
  },
  {
    title: "Bond members that work",
    description: "绑定的成员数与链路正常的成员数。",
    ...THIRD,
    unit: "short",
    queries: gauges("bond", { members: "members", members_up: "up" }, { by: ["bond"], of: "{{bond}}" }),
  },
  {
    title: "LACP of bond members",
    description: "成员链路是否正常、是否在活动聚合组中（1 是，0 否）。",
    ...THIRD,
    unit: "bool",
    max: 1,
    queries: gauges(
      "bond_member",
      { up: "link", in_active_aggregator: "aggregated" },
      { by: ["bond", "interface"], of: "{{bond}} {{interface}}", across: "min" },
    ),
  },
];

/** What carries the overlay: BGP and EVPN of one host and of its cluster, and the cables below. */
export const FABRIC_DASHBOARD: DashboardSpec = {
  name: "fabric",
  title: "Nephoscope / BGP, EVPN and links",
  description: "BGP 会话与前缀、VNI、VTEP、MAC，LLDP 邻居与绑定。",
  variables: [CLUSTER, ZONE, HOST],
  rows: [
    { title: "Cluster", panels: CLUSTER_PANELS },
    { title: "Sessions", panels: SESSIONS },
    { title: "Tables", panels: TABLES },
    { title: "Links", panels: LINKS },
  ],
};
