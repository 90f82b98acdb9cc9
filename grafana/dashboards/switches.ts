import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { BUSIEST, bothWays, interfaceOf, trafficOf } from "./interface-panels.ts";
import { clusterOf, hostOf } from "./variables.ts";

const EACH = { by: ["interface"], legend: "{{interface}}" } as const;

const OVERVIEW: readonly PanelSpec[] = [
  {
    title: "Uptime",
    description: "交换机 SNMP 代理的运行时长；突然变小说明重启过。",
    kind: "stat",
    unit: "s",
    width: 6,
    queries: [series("switch", lastOf("uptime_s"), { legend: "uptime" })],
  },
  {
    title: "Interfaces",
    description: "交换机的接口数。",
    kind: "stat",
    unit: "short",
    width: 6,
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
  trafficOf("switch_if", EACH),
  {
    title: "Broadcast and multicast received",
    description: "每个接口每秒收到的广播与组播包；突增可能是环路。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: [
      series("switch_if", rateOf("rx_broadcast_packets"), { ...EACH, legend: `${EACH.legend} broadcast` }),
      series("switch_if", rateOf("rx_multicast_packets"), { ...EACH, legend: `${EACH.legend} multicast` }),
    ],
  },
  {
    title: "State",
    description: "每个接口是否工作（1 工作，0 不工作）。",
    kind: "timeseries",
    unit: "bool",
    min: 0,
    max: 1,
    width: 24,
    queries: [series("switch_if", lastOf("up"), { ...EACH, across: "min" })],
  },
  {
    title: "Errors",
    description: "每个接口每秒收发错误的包。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: bothWays("switch_if", ["rx_errors", "tx_errors"], EACH),
  },
  {
    title: "Drops",
    description: "每个接口每秒丢弃的包。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: bothWays("switch_if", ["rx_dropped", "tx_dropped"], EACH),
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
