import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series, type VariableSpec } from "../panel.ts";
import { BUSIEST, interfaceOf, trafficOf } from "./interface-panels.ts";
import { BOTH_WAYS, HALF, rates } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

const NETNS: VariableSpec = {
  tag: "netns",
  label: "Network namespace",
  measurement: "net_if",
  field: "rx_bytes",
  multi: true,
};

/** An interface's name is unique within its namespace; the host's own has no name. */
const EACH = { by: ["netns", "interface"], legend: "{{netns}} {{interface}}" } as const;
const LINES = { by: EACH.by, of: EACH.legend } as const;

const TRAFFIC: readonly PanelSpec[] = [
  trafficOf("net_if", LINES),
  {
    title: "Packets",
    description: "每个接口每秒收发的包数；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("net_if", { rx_packets: "in", tx_packets: "out" }, LINES),
  },
  {
    title: "Interfaces that receive most",
    description: "所选时间内平均接收速率最高的接口。",
    ...BUSIEST,
    queries: [series("net_if", rateOf("rx_bytes"), { ...EACH, scale: 8, top: 10 })],
  },
  {
    title: "Interfaces that send most",
    description: "所选时间内平均发送速率最高的接口。",
    ...BUSIEST,
    queries: [series("net_if", rateOf("tx_bytes"), { ...EACH, scale: 8, top: 10 })],
  },
];

const TROUBLE: readonly PanelSpec[] = [
  {
    title: "Errors",
    description: "每个接口每秒的收发错误；正常应为零。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("net_if", { rx_errors: "in", tx_errors: "out" }, LINES),
  },
  {
    title: "Drops",
    description: "每个接口每秒丢弃的包；发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("net_if", { rx_dropped: "in", tx_dropped: "out" }, LINES),
  },
  {
    title: "Up",
    description: "1 表示接口能够收发，0 表示不能。",
    ...HALF,
    unit: "bool",
    max: 1,
    queries: [series("net_if", lastOf("up"), { ...EACH, across: "min" })],
  },
  {
    title: "Link changes",
    description: "每分钟链路上下翻转的次数；持续不为零说明链路抖动。",
    ...HALF,
    unit: "short",
    queries: [series("net_if", rateOf("carrier_changes"), { ...EACH, scale: 60 })],
    thresholds: { warning: 1, critical: 10 },
  },
];

const LINK: readonly PanelSpec[] = [
  {
    title: "Negotiated speed",
    description: "协商速率；降速常是线缆或光模块的问题。",
    ...HALF,
    unit: "bps",
    queries: [series("net_if", lastOf("speed_bps"), { ...EACH, across: "max" })],
  },
  {
    title: "MTU",
    description: "最大传输单元；同一路径上应一致。",
    ...HALF,
    unit: "bytes",
    queries: [series("net_if", lastOf("mtu_bytes"), { ...EACH, across: "max" })],
  },
];

/** Every interface of one host, in all its network namespaces. */
export const HOST_INTERFACES_DASHBOARD: DashboardSpec = {
  name: "host-interfaces",
  title: "Nephoscope / Host interfaces",
  description: "单台主机的每个接口：流量、包数、错误、丢包、状态与链路变化。",
  variables: [CLUSTER, ZONE, HOST, NETNS, interfaceOf("net_if")],
  rows: [
    { title: "Traffic", panels: TRAFFIC },
    { title: "Trouble", panels: TROUBLE },
    { title: "Link", panels: LINK },
  ],
};
