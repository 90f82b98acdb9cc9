import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { networkNodeCharts } from "./network-node-charts.ts";
import { OFTEN, type Selecting, selecting } from "./selecting.ts";
import { datapathCharts } from "./switch-charts.ts";

type Charts = ChartSubject["texts"]["charts"];

export function hostCharts(subject: ChartSubject): readonly ChartPlan[] {
  const { node, cluster, host, texts } = subject;
  const here = selecting({ cluster, host });
  return [
    ...computeCharts(here, texts.charts),
    ...(node.attributes.role === "network" ? networkNodeCharts(subject) : []),
    processChart(here, texts.charts),
    ...diskCharts(here, texts.charts),
    conntrackChart(here, texts.charts),
    ...meshCharts(here, texts.charts),
    ...datapathCharts(subject),
  ];
}

function computeCharts(here: Selecting, charts: Charts): readonly ChartPlan[] {
  const idle = `avg(rate(${here.of("cpu_idle_s", {}, 'cpu!="all"')}[${OFTEN}]))`;
  return [
    {
      key: "cpu",
      title: charts.cpu,
      unit: "percent",
      lines: [{ name: charts.busy, query: `100 * (1 - ${idle})` }],
      measuredBy: [here.of("cpu_idle_s")],
    },
    {
      key: "memory",
      title: charts.memory,
      unit: "bytes",
      lines: [
        { name: charts.used, query: `${here.sum("mem_total_bytes")} - ${here.sum("mem_available_bytes")}` },
        { name: charts.total, query: here.sum("mem_total_bytes") },
      ],
      measuredBy: [here.of("mem_total_bytes")],
    },
    {
      key: "load",
      title: charts.load,
      unit: "load",
      lines: [
        { name: charts.load1, query: here.sum("system_load1") },
        { name: charts.load5, query: here.sum("system_load5") },
      ],
      measuredBy: [here.of("system_load1")],
    },
  ];
}

function processChart(here: Selecting, charts: Charts): ChartPlan {
  return {
    key: "processes",
    title: charts.processes,
    unit: "percent",
    lines: [
      { name: "", query: `100 * ${here.rate("process_cpu_s", { by: ["comm", "guest"] })}`, by: ["comm", "guest"] },
    ],
    measuredBy: [here.of("process_cpu_s")],
    note: charts.oneProcessor,
  };
}

function diskCharts(here: Selecting, charts: Charts): readonly ChartPlan[] {
  const worst = (field: string): string => `max(${here.of(`diskio_${field}`)})`;
  return [
    {
      key: "disk-latency",
      title: charts.diskLatency,
      unit: "seconds",
      lines: [
        { name: charts.meanRead, query: worst("read_latency_s") },
        { name: charts.p99Read, query: worst("read_latency_p99_s") },
        { name: charts.meanWrite, query: worst("write_latency_s") },
        { name: charts.p99Write, query: worst("write_latency_p99_s") },
      ],
      measuredBy: here.any("diskio_read_latency_s", "diskio_write_latency_s"),
      note: charts.slowestDisk,
    },
    {
      key: "disk-busy",
      title: charts.diskBusy,
      unit: "percent",
      lines: [{ name: "", query: `100 * ${here.rate("diskio_io_time_s", { by: ["device"] })}`, by: ["device"] }],
      measuredBy: [here.of("diskio_io_time_s")],
    },
  ];
}

function conntrackChart(here: Selecting, charts: Charts): ChartPlan {
  const own = { netns: "" };
  return {
    key: "conntrack",
    title: charts.conntrack,
    unit: "count",
    lines: [
      { name: charts.count, query: `sum(${here.of("conntrack_count", own)})` },
      { name: charts.max, query: `sum(${here.of("conntrack_max", own)})` },
    ],
    measuredBy: [here.of("conntrack_max", own)],
  };
}

function meshCharts(here: Selecting, charts: Charts): readonly ChartPlan[] {
  const rate = (field: string): string => `rate(${here.of(`mesh_${field}`)}[${OFTEN}])`;
  return [
    {
      key: "mesh-loss",
      title: charts.meshLoss,
      unit: "percent",
      lines: [
        { name: charts.meanOfPeers, query: `100 * sum(${rate("lost")}) / sum(${rate("sent")})` },
        { name: charts.worstPeer, query: `100 * max(${rate("lost")} / (${rate("sent")} > 0))` },
      ],
      measuredBy: [here.of("mesh_sent")],
    },
    {
      key: "mesh-rtt",
      title: charts.meshRtt,
      unit: "seconds",
      lines: [
        { name: charts.meanOfPeers, query: `avg(${here.of("mesh_rtt_s")})` },
        { name: charts.worstPeer, query: `max(${here.of("mesh_rtt_max_s")})` },
      ],
      measuredBy: [here.of("mesh_sent")],
    },
  ];
}
