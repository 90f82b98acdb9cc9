import { lastOf, maxOf, type PanelSpec, rateOf, series } from "../panel.ts";

const KIND_BY = { by: ["kind"] } as const;

export const NETWORK_PANELS: readonly PanelSpec[] = [
  {
    title: "Traffic by kind of interface",
    description: "按接口种类合计的流量；同一个包会经过网卡、网桥、tap，各种类不可相加。发送画在轴下方。",
    kind: "timeseries",
    unit: "bps",
    width: 12,
    negative: /out$/,
    queries: [
      series("net_if", rateOf("rx_bytes"), { ...KIND_BY, legend: "{{kind}} in", scale: 8 }),
      series("net_if", rateOf("tx_bytes"), { ...KIND_BY, legend: "{{kind}} out", scale: 8 }),
    ],
  },
  {
    title: "Packets by kind of interface",
    description: "按接口种类合计的每秒包数。发送画在轴下方。",
    kind: "timeseries",
    unit: "pps",
    width: 12,
    negative: /out$/,
    queries: [
      series("net_if", rateOf("rx_packets"), { ...KIND_BY, legend: "{{kind}} in" }),
      series("net_if", rateOf("tx_packets"), { ...KIND_BY, legend: "{{kind}} out" }),
    ],
  },
  {
    title: "Connection tracking",
    description: "连接跟踪条目数与上限。",
    kind: "timeseries",
    unit: "short",
    min: 0,
    width: 8,
    queries: [
      series("conntrack", maxOf("count"), { legend: "tracked", across: "max" }),
      series("conntrack", lastOf("max"), { legend: "maximum" }),
    ],
  },
  {
    title: "Connection tracking losses",
    description: "因表满丢弃的包、插入失败与提前淘汰，每秒。",
    kind: "timeseries",
    unit: "cps",
    min: 0,
    width: 8,
    queries: [
      series("conntrack", rateOf("drop"), { legend: "dropped" }),
      series("conntrack", rateOf("insert_failed"), { legend: "insert failed" }),
      series("conntrack", rateOf("early_drop"), { legend: "evicted early" }),
    ],
  },
  {
    title: "Packets the kernel could not keep up with",
    description: "softnet：backlog 满丢包与预算耗尽，每秒，全部 CPU 合计。",
    kind: "timeseries",
    unit: "pps",
    min: 0,
    width: 8,
    queries: [
      series("softnet", rateOf("dropped"), { legend: "dropped" }),
      series("softnet", rateOf("time_squeeze"), { legend: "budget ran out" }),
    ],
  },
];
