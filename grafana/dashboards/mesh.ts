import { type DashboardSpec, maxOf, meanOf, type PanelSpec, rateRatio, series } from "../panel.ts";
import { gauges, HALF, OF_VERY_MANY, TOP } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

const PATH = { by: ["peer", "path"], legend: "{{peer}} {{path}}" } as const;
const LOST = rateRatio("lost", "sent");
const CLASS = { by: ["path", "class"], legend: "{{path}} {{class}}", per: "cluster" } as const;

const CLUSTERWIDE: readonly PanelSpec[] = [
  {
    title: "Loss by distance",
    description: "整个集群的探测丢包率，按路径（底层/覆盖网）与距离（同机架、同可用区……）。",
    ...HALF,
    ...OF_VERY_MANY,
    unit: "percent",
    queries: [series("mesh", LOST, { ...CLASS, scale: 100 })],
  },
  {
    title: "Delay by distance",
    description: "整个集群的平均往返时延，按路径与距离。",
    ...HALF,
    ...OF_VERY_MANY,
    unit: "s",
    queries: [series("mesh", meanOf("rtt_s"), { ...CLASS, across: "mean" })],
  },
];

const ONE_HOST: readonly PanelSpec[] = [
  {
    title: "Loss to each peer",
    description: "到每个对端的探测丢包率。",
    ...HALF,
    unit: "percent",
    queries: [series("mesh", LOST, { ...PATH, scale: 100 })],
    thresholds: { warning: 1, critical: 5 },
  },
  {
    title: "Peers with most loss",
    description: "所选时间内丢包率最高的对端。",
    ...TOP,
    unit: "percent",
    queries: [series("mesh", LOST, { ...PATH, scale: 100, top: 10 })],
  },
  {
    title: "Delay to each peer",
    description: "到每个对端的平均往返时延。",
    ...HALF,
    unit: "s",
    queries: [series("mesh", meanOf("rtt_s"), { ...PATH, across: "mean" })],
  },
  {
    title: "Longest delay to each peer",
    description: "每个采样间隔内到每个对端的最大往返时延。",
    ...HALF,
    unit: "s",
    queries: [series("mesh", maxOf("rtt_max_s"), { ...PATH, across: "max" })],
  },
  {
    title: "Path MTU to each peer",
    description: "能到达对端并返回的最大包（含包头）；变小说明路径上某处 MTU 不一致。",
    ...HALF,
    width: 24,
    unit: "bytes",
    queries: gauges(
      "mesh",
      { path_mtu_bytes: "MTU" },
      { by: ["peer", "path"], of: "{{peer}} {{path}}", across: "min" },
    ),
  },
];

/** Loss and delay between hosts, as their agents' probes find them. */
export const MESH_DASHBOARD: DashboardSpec = {
  name: "mesh",
  title: "Nephoscope / Loss and delay",
  description: "主机间探测：丢包、时延、路径 MTU。",
  variables: [CLUSTER, ZONE, HOST],
  rows: [
    { title: "Cluster", panels: CLUSTERWIDE },
    { title: "From this host", panels: ONE_HOST },
  ],
};
