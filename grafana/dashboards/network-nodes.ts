import {
  type DashboardSpec,
  type FieldOf,
  lastOf,
  type PanelSpec,
  rateOf,
  type SeriesQuery,
  series,
  shareOf,
} from "../panel.ts";
import { BOTH_WAYS } from "./interface-panels.ts";
import { TOP } from "./panel-parts.ts";
import { clusterOf } from "./variables.ts";

const LEGEND = "{{host}}";

/** Received and sent, per second, of every network node. */
function bothWays(
  [received, sent]: readonly [FieldOf<"network_node">, FieldOf<"network_node">],
  scale = 1,
): readonly SeriesQuery[] {
  return [
    series("network_node", rateOf(received), { legend: `${LEGEND} in`, scale }),
    series("network_node", rateOf(sent), { legend: `${LEGEND} out`, scale }),
  ];
}

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

const SHARE = { kind: "timeseries", width: 12, stacked: true, unit: "percent", min: 0 } as const;

const CARRIED: readonly PanelSpec[] = [
  {
    title: "Share of traffic",
    description:
      "每个网络节点在本集群全部网络节点所转发流量中的占比。Prometheus 数据源由一个 PromQL 表达式算出；InfluxQL 无法除以其他序列之和，由 Grafana 将各节点流量堆叠为 100 %。",
    ...SHARE,
    partsUnit: "Bps",
    queries: [series("network_node", shareOf("rx_bytes", "tx_bytes"), { legend: LEGEND, scale: 100 })],
  },
  {
    title: "Share of packets",
    description: "每个网络节点在本集群全部网络节点所转发包数中的占比；计算方法同左。",
    ...SHARE,
    partsUnit: "pps",
    queries: [series("network_node", shareOf("rx_packets", "tx_packets"), { legend: LEGEND, scale: 100 })],
  },
  {
    title: "Traffic through routers",
    description: "每个网络节点的路由器收发速率；转发的包收发各计一次。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: bothWays(["rx_bytes", "tx_bytes"], 8),
  },
  {
    title: "Packets through routers",
    description: "每个网络节点的路由器每秒收发的包数。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: bothWays(["rx_packets", "tx_packets"]),
  },
];

const UPLINKS: readonly PanelSpec[] = [
  {
    title: "Traffic of the network cards",
    description: "每个网络节点全部网卡的收发速率。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "bps",
    queries: bothWays(["uplink_rx_bytes", "uplink_tx_bytes"], 8),
  },
  {
    title: "Packets of the network cards",
    description: "每个网络节点全部网卡每秒收发的包数。发送画在轴下方。",
    ...BOTH_WAYS,
    unit: "pps",
    queries: bothWays(["uplink_rx_packets", "uplink_tx_packets"]),
  },
  {
    title: "Routers",
    description: "每个网络节点上的路由器数与其中主用的高可用路由器数。",
    kind: "timeseries",
    unit: "short",
    min: 0,
    width: 12,
    queries: [
      series("network_node", lastOf("routers"), { legend: `${LEGEND} routers` }),
      series("network_node", lastOf("active_routers"), { legend: `${LEGEND} active` }),
    ],
  },
  {
    title: "Networks with DHCP",
    description: "每个网络节点上有 DHCP 命名空间的网络数。",
    kind: "timeseries",
    unit: "short",
    min: 0,
    width: 12,
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
