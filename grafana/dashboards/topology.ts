import { type DashboardSpec, lastOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { HALF, sums, THIRD } from "./panel-parts.ts";
import { CLUSTER, HOST, ZONE } from "./variables.ts";

const CHANGES: readonly PanelSpec[] = [
  {
    title: "Changes of the host",
    description: "每个图上间隔内该主机新增、移除与变更的元素数。",
    ...HALF,
    unit: "short",
    queries: sums("topology_changes", { added: "added", removed: "removed", updated: "updated" }),
  },
  {
    title: "Events of the host",
    description: "主机事件的速率，按种类：重启、进程消失、OOM、链路断开、BGP 断开等。",
    ...HALF,
    unit: "cps",
    queries: [series("event", rateOf("count"), { by: ["kind"], legend: "{{kind}}" })],
  },
  {
    title: "Agent has a session",
    description: "该主机的代理是否在线（1 在线，0 失联）；失联期间的拓扑是最后所知。",
    ...THIRD,
    unit: "bool",
    max: 1,
    queries: [series("cloud_host", lastOf("up"), { legend: "session", across: "min" })],
  },
  {
    title: "Alerts about the host",
    description: "与该主机有关的告警数，按规则与状态。",
    ...HALF,
    width: 16,
    unit: "short",
    queries: [
      series("alerts", lastOf("count"), {
        by: ["alertname", "alertstate"],
        legend: "{{alertname}} {{alertstate}}",
      }),
    ],
  },
];

/** What is around a host, drawn by Grafana, and what happened there. */
export const TOPOLOGY_DASHBOARD: DashboardSpec = {
  name: "topology",
  title: "Nephoscope / Surroundings of a host",
  description: "主机周围的拓扑（节点图）、变更、事件与告警。",
  variables: [CLUSTER, ZONE, HOST],
  hasNodeGraph: true,
  rows: [{ title: "What happened", panels: CHANGES }],
};
