import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series, shareOf } from "../panel.ts";
import { BOTH_WAYS, gauges, HALF, rates, TOP } from "./panel-parts.ts";
import { clusterOf } from "./variables.ts";

const LEGEND = "{{host}}";

const EACH = { of: LEGEND } as const;

const NOW: readonly PanelSpec[] = [
  {
    title: "Network nodes that carry most",
    description: "所选时间内平均流量最高的网络节点（进入路由器的速率）。",
    ...TOP,
    unit: "bps",
    queries: [series("network_node", rateOf("rx_bytes"), { legend: LEGEND, scale: 8, top: 20 })],
  },
  {
    title: "Network nodes that carry most packets",
    description: "所选时间内平均包速率最高的网络节点（进入路由器的包）。",
    ...TOP,
    unit: "pps",
    queries: [series("network_node", rateOf("rx_packets"), { legend: LEGEND, top: 20 })],
  },
];

export const SHARE_OF_ALL = { ...HALF, stacked: true, unit: "percent" } as const;

const CARRIED: readonly PanelSpec[] = [
  {
    title: "Share of traffic",
    description:
      "每个网络节点在本集群全部网络节点所转发流量中的占比。Prometheus 数据源由一个 PromQL 表达式算出；InfluxQL 无法除以其他序列之和，由 Grafana 将各节点流量堆叠为 100 %。",
    ...SHARE_OF_ALL,
    partsUnit: "Bps",
    queries: [series("network_node", shareOf("rx_bytes", "tx_bytes"), { legend: LEGEND, scale: 100 })],
  },
  {
    title: "Share of packets",
    description: "每个网络节点在本集群全部网络节点所转发包数中的占比；计算方法同左。",
    ...SHARE_OF_ALL,
    partsUnit: "pps",
    queries: [series("network_node", shareOf("rx_packets", "tx_packets"), { legend: LEGEND, scale: 100 })],
  },
  {
    title: "Traffic through routers",
    description: "每个网络节点的路由器收发速率；转发的包收发各计一次。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("network_node", { rx_bytes: "in", tx_bytes: "out" }, { ...EACH, scale: 8 }),
  },
  {
    title: "Packets through routers",
    description: "每个网络节点的路由器每秒收发的包数。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("network_node", { rx_packets: "in", tx_packets: "out" }, EACH),
  },
];

const UPLINKS: readonly PanelSpec[] = [
  {
    title: "Traffic of the network cards",
    description: "每个网络节点全部网卡的收发速率。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: rates("network_node", { uplink_rx_bytes: "in", uplink_tx_bytes: "out" }, { ...EACH, scale: 8 }),
  },
  {
    title: "Packets of the network cards",
    description: "每个网络节点全部网卡每秒收发的包数。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: rates("network_node", { uplink_rx_packets: "in", uplink_tx_packets: "out" }, EACH),
  },
  {
    title: "Routers",
    description: "每个网络节点上的路由器数与其中主用的高可用路由器数。",
    ...HALF,
    unit: "short",
    queries: gauges("network_node", { routers: "routers", active_routers: "active" }, EACH),
  },
  {
    title: "Networks with DHCP",
    description: "每个网络节点上有 DHCP 命名空间的网络数。",
    ...HALF,
    unit: "short",
    queries: [series("network_node", lastOf("dhcp_networks"), { legend: LEGEND })],
  },
];

/** All network nodes of a cluster side by side: what each carries, and how much of the whole that is. */
export const NETWORK_NODES_DASHBOARD: DashboardSpec = {
  name: "network-nodes",
  title: "Nephoscope / Network nodes",
  description: "各网络节点转发的流量、包速率及其在集群中的占比。",
  variables: [clusterOf("network_node", "rx_bytes")],
  rows: [
    { title: "Busiest", panels: NOW },
    { title: "Routed traffic", panels: CARRIED },
    { title: "Network cards and duties", panels: UPLINKS },
  ],
};
