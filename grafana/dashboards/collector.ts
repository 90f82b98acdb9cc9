import { type DashboardSpec, lastOf, maxOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { PATH, PULL, SPOOL } from "./collector-path.ts";
import { gauges, HALF, QUARTER, rates, sums, THIRD } from "./panel-parts.ts";
import { clusterOf, hostOf } from "./variables.ts";

const PROCESS: readonly PanelSpec[] = [
  {
    title: "CPU",
    description: "进程每秒使用的 CPU 秒数（1 为一个核）。",
    ...QUARTER,
    unit: "short",
    queries: [series("nephoscope", rateOf("cpu_seconds_total"), { legend: "cores" })],
  },
  {
    title: "Memory",
    description: "进程常驻内存，与内存中尚未封存的行。",
    ...QUARTER,
    unit: "bytes",
    queries: [
      series("nephoscope", maxOf("resident_bytes"), { legend: "resident" }),
      series("nephoscope", maxOf("head_recent_bytes"), { legend: "rows not sealed" }),
    ],
  },
  {
    title: "Agents and series",
    description: "在线代理数与头部序列数。",
    ...QUARTER,
    unit: "short",
    queries: gauges("nephoscope", { agents_connected: "agents", head_series: "series" }),
  },
  {
    title: "Sealed files",
    description: "各层封存文件的大小：原始样本、每分钟、每小时。",
    ...QUARTER,
    unit: "bytes",
    queries: [series("nephoscope_tier", lastOf("bytes"), { by: ["tier"], legend: "{{tier}}" })],
  },
];

const TOPOLOGY: readonly PanelSpec[] = [
  {
    title: "Topology elements and revisions",
    description: "拓扑元素数与已落盘的版本数。",
    ...THIRD,
    unit: "short",
    queries: gauges("nephoscope", { topology_elements: "elements", topology_revision: "revisions" }),
  },
  {
    title: "Topology changes of the cluster",
    description: "每个图上间隔内记录的拓扑变更数。",
    ...THIRD,
    unit: "short",
    queries: sums("topology_changes", { added: "added", removed: "removed", updated: "updated" }, { per: "cluster" }),
  },
  {
    title: "Invariants that do not hold",
    description: "不成立的约束、观察中的违反，以及失联主机上的发现。",
    ...THIRD,
    unit: "short",
    queries: gauges("nephoscope", {
      topology_findings_standing: "standing",
      topology_findings_settling: "settling",
      topology_findings_unknown: "unknown",
    }),
  },
  {
    title: "Sessions of agents",
    description: "每秒续传的会话、全量的会话，被要求稍后的与被拒绝的代理消息。",
    ...HALF,
    unit: "cps",
    queries: rates("nephoscope", {
      agent_sessions_resumed_total: "resumed",
      agent_sessions_full_total: "full",
      agent_told_to_wait_total: "told to wait",
      agent_refused_total: "refused",
    }),
  },
  {
    title: "Judgements of invariants",
    description: "每秒的约束判定次数，与等待判定的变更数。",
    ...HALF,
    unit: "short",
    queries: [
      ...rates("nephoscope", { topology_judgements_total: "judgements" }),
      ...gauges("nephoscope", { topology_findings_waiting_changes: "waiting changes" }),
    ],
  },
];

const ALERTS: readonly PanelSpec[] = [
  {
    title: "Alerts",
    description: "本集群的告警数，按状态：等待中与触发中；以及告警风暴中不按主机上报的告警数（全部集群）。",
    ...HALF,
    unit: "short",
    queries: [
      series("alerts", lastOf("count"), { per: "cluster", by: ["alertstate"], legend: "{{alertstate}}" }),
      ...gauges("nephoscope", { alerts_merged: "told without a host" }),
    ],
  },
  {
    title: "Alerts of each rule",
    description: "每条规则的告警数。",
    ...HALF,
    unit: "short",
    stacked: true,
    queries: [
      series("alerts", lastOf("count"), {
        per: "cluster",
        by: ["alertname", "alertstate"],
        legend: "{{alertname}} {{alertstate}}",
      }),
    ],
  },
];

/** The collector itself: what it takes, what waits, what it asks, what it knows, what it costs. */
export const COLLECTOR_DASHBOARD: DashboardSpec = {
  name: "collector",
  title: "Nephoscope / Collector",
  description: "采集端自身：写入、预写缓冲、主动采集、拓扑、告警、资源。",
  variables: [clusterOf("nephoscope", "spool_bytes"), hostOf("nephoscope", "spool_bytes")],
  rows: [
    { title: "Ingest", panels: PATH },
    { title: "Spool", panels: SPOOL },
    { title: "Scrape and SNMP", panels: PULL },
    { title: "Topology", panels: TOPOLOGY },
    { title: "Alerts", panels: ALERTS },
    { title: "Process", panels: PROCESS },
  ],
};
