import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series, type VariableSpec } from "../panel.ts";
import { clusterOf, hostOf } from "./variables.ts";

const INTERFACE: VariableSpec = {
  tag: "interface",
  label: "Interface",
  measurement: "switch_if",
  field: "rx_bytes",
  multi: true,
};
const EACH = { by: ["interface"] } as const;
const NAME = "{{interface}}";

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
    kind: "top",
    unit: "bps",
    min: 0,
    width: 12,
    queries: [series("switch_if", rateOf("rx_bytes"), { ...EACH, legend: NAME, scale: 8, top: 10 })],
  },
];

const INTERFACES: readonly PanelSpec[] = [
  {
    title: "Traffic",
    description: "每个接口的收发速率；发送画在轴下方。",
    kind: "timeseries",
    unit: "bps",
    width: 12,
    negative: /out$/,
    queries: [
      series("switch_if", rateOf("rx_bytes"), { ...EACH, legend: `${NAME} in`, scale: 8 }),
      series("switch_if", rateOf("tx_bytes"), { ...EACH, legend: `${NAME} out`, scale: 8 }),
    ],
  },
  {
    title: "Broadcast and multicast received",
    description: "每个接口每秒收到的广播与组播包；突增可能是环路。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: [
      series("switch_if", rateOf("rx_broadcast_packets"), { ...EACH, legend: `${NAME} broadcast` }),
      series("switch_if", rateOf("rx_multicast_packets"), { ...EACH, legend: `${NAME} multicast` }),
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
    queries: [series("switch_if", lastOf("up"), { ...EACH, legend: NAME, across: "min" })],
  },
  {
    title: "Errors",
    description: "每个接口每秒收发错误的包。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: [
      series("switch_if", rateOf("rx_errors"), { ...EACH, legend: `${NAME} in` }),
      series("switch_if", rateOf("tx_errors"), { ...EACH, legend: `${NAME} out` }),
    ],
  },
  {
    title: "Drops",
    description: "每个接口每秒丢弃的包。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 12,
    queries: [
      series("switch_if", rateOf("rx_dropped"), { ...EACH, legend: `${NAME} in` }),
      series("switch_if", rateOf("tx_dropped"), { ...EACH, legend: `${NAME} out` }),
    ],
  },
];

/** The interfaces of one switch, as SNMP tells them. */
export const SWITCHES_DASHBOARD: DashboardSpec = {
  name: "switches",
  title: "Nephoscope / Switches",
  description: "交换机接口（SNMP）：流量、错误、丢包、广播。",
  variables: [clusterOf("switch_if", "rx_bytes"), hostOf("switch_if", "rx_bytes"), INTERFACE],
  rows: [
    { title: "Overview", panels: OVERVIEW },
    { title: "Interfaces", panels: INTERFACES },
  ],
};
