import { segmentsOf } from "../../../../core/element-id.ts";
import type { ChartPlan, ChartSubject } from "../chart-plan.ts";
import { connectionsChart } from "./connection-charts.ts";
import { SELDOM, type Selecting, selecting } from "./selecting.ts";
import { countedCharts } from "./traffic-charts.ts";

type Charts = ChartSubject["texts"]["charts"];

/** A virtual machine as its host and, where it has an agent, its guest see it. */
export function machineCharts({ node, cluster, host, texts }: ChartSubject): readonly ChartPlan[] {
  const { uuid, connections } = node.attributes;
  const machine = selecting({ cluster, host, vm_id: typeof uuid === "string" ? uuid : segmentsOf(node.id).at(-1) });
  const { charts } = texts;
  const net = {
    rate: (field: string) => machine.rate(`vm_net_${field}`),
    measuredBy: [machine.of("vm_net_rx_bytes")],
    hasErrors: true,
  };
  return [
    processorChart(machine, charts),
    memoryChart(machine, charts),
    ...diskCharts(machine, charts),
    ...countedCharts(net, texts, charts.seenFromGuest),
    connectionsChart(machine, texts, connections),
    fileSystemChart(machine, charts),
  ];
}

function processorChart(machine: Selecting, charts: Charts): ChartPlan {
  const ofAll = (field: string): string => `100 * ${machine.rate(`vm_${field}`)} / ${machine.sum("vm_vcpus")}`;
  return {
    key: "vm-cpu",
    title: charts.cpu,
    unit: "percent",
    lines: [
      { name: charts.used, query: ofAll("cpu_time_s") },
      { name: charts.stolen, query: ofAll("steal_s") },
    ],
    measuredBy: [machine.of("vm_cpu_time_s")],
    note: charts.ofItsProcessors,
  };
}

function memoryChart(machine: Selecting, charts: Charts): ChartPlan {
  const used = `${machine.sum("vm_mem_total_bytes")} - ${machine.sum("vm_mem_usable_bytes")}`;
  return {
    key: "vm-memory",
    title: charts.memory,
    unit: "bytes",
    lines: [
      { name: charts.usedInGuest, query: used },
      { name: charts.totalInGuest, query: machine.sum("vm_mem_total_bytes") },
      { name: charts.heldOnHost, query: machine.sum("vm_mem_rss_bytes") },
    ],
    measuredBy: machine.any("vm_mem_total_bytes", "vm_mem_rss_bytes"),
  };
}

function diskCharts(machine: Selecting, charts: Charts): readonly ChartPlan[] {
  const rate = (field: string): string => machine.rate(`vm_disk_${field}`, { over: SELDOM });
  // Where there is no libvirt, the process is all that is known.
  const bytes = (field: string, ofProcess: string): string => `${rate(field)} or ${machine.rate(`vm_${ofProcess}`)}`;
  const measuredBy = [machine.of("vm_disk_reads")];
  return [
    {
      key: "vm-disk-bytes",
      title: charts.diskBytes,
      unit: "bytes_per_second",
      lines: [
        { name: charts.read, query: bytes("read_bytes", "io_read_bytes") },
        { name: charts.written, query: bytes("write_bytes", "io_write_bytes") },
      ],
      measuredBy: machine.any("vm_disk_read_bytes", "vm_io_read_bytes"),
    },
    {
      key: "vm-disk-requests",
      title: charts.diskRequests,
      unit: "per_second",
      lines: [
        { name: charts.reads, query: rate("reads") },
        { name: charts.writes, query: rate("writes") },
        { name: charts.flushes, query: rate("flushes") },
      ],
      measuredBy,
    },
    {
      key: "vm-disk-latency",
      title: charts.diskLatency,
      unit: "seconds",
      lines: [
        { name: charts.meanRead, query: `${rate("read_time_s")} / (${rate("reads")} > 0)` },
        { name: charts.meanWrite, query: `${rate("write_time_s")} / (${rate("writes")} > 0)` },
        { name: charts.meanFlush, query: `${rate("flush_time_s")} / (${rate("flushes")} > 0)` },
      ],
      measuredBy,
    },
  ];
}

function fileSystemChart(machine: Selecting, charts: Charts): ChartPlan {
  const bytes = (field: string): string => `max by (mountpoint) (${machine.of(`vm_filesystem_${field}`)})`;
  return {
    key: "vm-filesystems",
    title: charts.fileSystems,
    unit: "percent",
    lines: [{ name: "", query: `100 * ${bytes("used_bytes")} / ${bytes("size_bytes")}`, by: ["mountpoint"] }],
    measuredBy: [machine.of("vm_filesystem_size_bytes")],
  };
}
