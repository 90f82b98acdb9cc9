import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { BUSIEST, interfaceOf, trafficOf } from "./interface-panels.ts";
import { FIGURE, HALF, rates } from "./panel-parts.ts";
import { clusterOf, hostOf } from "./variables.ts";

const EACH = { by: ["interface"], legend: "{{interface}}" } as const;
const LINES = { by: EACH.by, of: EACH.legend } as const;

const OVERVIEW: readonly PanelSpec[] = [
  {
    title: "Uptime",
    description: "交换机 SNMP 代理的运行时长；突然变小说明重启过。",
    ...FIGURE,
    unit: "s",
    queries: [series("switch", lastOf("uptime_s"), { legend: "uptime" })],
  },
  {
    title: "Interfaces",
    description: "交换机的接口数。",
    ...FIGURE,
    unit: "short",
    queries: [series("switch", lastOf("interfaces"), { legend: "interfaces" })],
  },
  {
    title: "Interfaces that carry most",
    description: "所选时间内平均接收速率最高的接口。",
    ...BUSIEST,
    queries: [series("switch_if", rateOf("rx_bytes"), { ...EACH, scale: 8, top: 10 })],
  },
];

const INTERFACES: readonly PanelSpec[] = [
  trafficOf("switch_if", LINES),
  {
    title: "Broadcast and multicast received",
    description: "每个接口每秒收到的广播与组播包；突增可能是环路。",
    ...HALF,
    unit: "pps",
    queries: rates("switch_if", { rx_broadcast_packets: "broadcast", rx_multicast_packets: "multicast" }, LINES),
  },
  {
    title: "State",
    description: "每个接口是否工作（1 工作，0 不工作）。",
    ...HALF,
    width: 24,
    unit: "bool",
    max: 1,
    queries: [series("switch_if", lastOf("up"), { ...EACH, across: "min" })],
  },
  {
    title: "Errors",
    description: "每个接口每秒收发错误的包。",
    ...HALF,
    unit: "pps",
    queries: rates("switch_if", { rx_errors: "in", tx_errors: "out" }, LINES),
  },
  {
    title: "Drops",
    description: "每个接口每秒丢弃的包。",
    ...HALF,
    unit: "pps",
    queries: rates("switch_if", { rx_dropped: "in", tx_dropped: "out" }, LINES),
  },
];

/** The interfaces of one switch, as SNMP tells them. */
export const SWITCHES_DASHBOARD: DashboardSpec = {
  name: "switches",
  title: "Nephoscope / Switches",
  description: "交换机接口（SNMP）：流量、错误、丢包、广播。",
  variables: [clusterOf("switch_if", "rx_bytes"), hostOf("switch_if", "rx_bytes"), interfaceOf("switch_if")],
  rows: [
    { title: "Overview", panels: OVERVIEW },
    { title: "Interfaces", panels: INTERFACES },
  ],
};
