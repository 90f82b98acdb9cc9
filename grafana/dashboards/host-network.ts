import { lastOf, maxOf, type PanelSpec, series } from "../panel.ts";
import { BOTH_WAYS, rates, THIRD } from "./panel-parts.ts";

/** Each namespace has a count of its own against the one maximum. */
export const OWN_NAMESPACE = { tag: "netns", op: "=", value: "" } as const;

const KIND = { by: ["kind"], of: "{{kind}}" } as const;

export const CONNTRACK_LOSSES: PanelSpec = {
  title: "Connection tracking losses",
  description: "因表满丢弃的包、插入失败与提前淘汰，每秒。",
  ...THIRD,
  unit: "cps",
  queries: rates("conntrack", { drop: "dropped", insert_failed: "insert failed", early_drop: "evicted early" }),
};

export const NETWORK_PANELS: readonly PanelSpec[] = [
  {
    title: "Traffic by kind of interface",
    description: "按接口种类合计的流量；同一个包会经过网卡、网桥、tap，各种类不可相加。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("net_if", { rx_bytes: "in", tx_bytes: "out" }, { ...KIND, scale: 8 }),
  },
  {
    title: "Packets by kind of interface",
    description: "按接口种类合计的每秒包数。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("net_if", { rx_packets: "in", tx_packets: "out" }, KIND),
  },
  {
    title: "Connection tracking",
    description: "连接跟踪条目数与上限。",
    ...THIRD,
    unit: "short",
    queries: [
      series("conntrack", maxOf("count"), { legend: "tracked", across: "max", where: [OWN_NAMESPACE] }),
      series("conntrack", lastOf("max"), { legend: "maximum", where: [OWN_NAMESPACE] }),
    ],
  },
  CONNTRACK_LOSSES,
  {
    title: "Packets the kernel could not keep up with",
    description: "softnet：backlog 满丢包与预算耗尽，每秒，全部 CPU 合计。",
    ...THIRD,
    unit: "pps",
    queries: rates("softnet", { dropped: "dropped", time_squeeze: "budget ran out" }),
  },
];
