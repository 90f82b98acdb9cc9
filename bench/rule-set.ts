import type { MetricShape } from "./window-source.ts";

const four = (word: string): readonly string[] => [0, 1, 2, 3].map((i) => `${word}${i}`);
const NICS = { label: "interface", members: four("eth") };
const DISKS = { label: "device", members: four("nvme") };
const MOUNTS = { label: "mountpoint", members: ["/", "/var", "/srv", "/boot"] };

/** Fifty series of a host. */
export const HOST_METRICS: readonly MetricShape[] = [
  { name: "system_load1", kind: "gauge" },
  { name: "mem_available_bytes", kind: "gauge" },
  { name: "mem_total_bytes", kind: "gauge" },
  { name: "mem_swap_used_bytes", kind: "gauge" },
  { name: "conntrack_count", kind: "gauge" },
  { name: "conntrack_max", kind: "gauge" },
  { name: "netstat_tcp_retrans_segs", kind: "counter" },
  { name: "netstat_tcp_out_segs", kind: "counter" },
  { name: "host_info", kind: "gauge" },
  { name: "pressure_avg10", kind: "gauge", label: "resource", members: ["cpu", "io", "memory"] },
  { name: "cpu_usage", kind: "gauge", label: "cpu", members: four("") },
  ...["net_if_up", "net_if_speed_bytes"].map((name): MetricShape => ({ name, kind: "gauge", ...NICS })),
  ...["rx_bytes", "tx_bytes", "rx_drops"].map(
    (field): MetricShape => ({ name: `net_if_${field}`, kind: "counter", ...NICS }),
  ),
  ...["used", "size"].map((field): MetricShape => ({ name: `filesystem_${field}_bytes`, kind: "gauge", ...MOUNTS })),
  { name: "diskio_io_time", kind: "counter", ...DISKS },
  { name: "process_up", kind: "gauge", label: "comm", members: ["nova-compute", "ovs-vswitchd"] },
];

/** Rules as people write them, each with two or three thresholds. `$t` is the threshold. */
const TEMPLATES: readonly (readonly [kind: string, expr: string])[] = [
  ["compare", "system_load1 > $t"],
  ["compare", "mem_swap_used_bytes > $t"],
  ["compare", 'pressure_avg10{resource="io"} > $t'],
  ["compare", 'net_if_up{interface=~"eth[01]"} < 1 - $t'],
  ["compare", "cpu_usage > $t"],
  ["compare", 'process_up{comm="nova-compute"} < 1 - $t'],
  ["ratio", "conntrack_count / conntrack_max > $t * 300"],
  ["ratio", "mem_available_bytes / mem_total_bytes < 0.001 / $t"],
  ["ratio", "filesystem_used_bytes / filesystem_size_bytes > $t * 300"],
  ["ratio", '1 - filesystem_used_bytes{mountpoint="/"} / filesystem_size_bytes{mountpoint="/"} < -300 * $t'],
  ["rate", "rate(netstat_tcp_retrans_segs[1m]) > $t * 80"],
  ["rate", "rate(netstat_tcp_retrans_segs[1m]) / rate(netstat_tcp_out_segs[1m]) > $t * 4"],
  ["rate", "sum by (host) (rate(net_if_rx_drops[1m])) > $t * 300"],
  ["rate", "sum by (host) (rate(net_if_tx_bytes[1m])) > $t * 300"],
  ["rate", "max by (host) (rate(diskio_io_time[1m])) > $t * 90"],
  ["rate", 'rate(net_if_rx_bytes{interface="eth0"}[1m]) > $t * 80'],
  ["cluster", "avg by (cluster) (cpu_usage) > $t"],
  ["cluster", "count by (cluster) (net_if_up < 0.01) > $t * 1000"],
  ["cluster", "sum by (cluster) (rate(net_if_tx_bytes[1m])) > $t * 1e9"],
  ["cluster", "quantile by (cluster) (0.99, system_load1) > $t"],
  ["join", "(system_load1 > $t) * on (host) group_left (rack) host_info"],
  ["join", "system_load1 * on (host) group_left (rack) host_info > $t"],
  ["join", "sum by (host) (rate(net_if_rx_bytes[1m])) / on (host) sum by (host) (net_if_speed_bytes) > $t * 1e6"],
  ["join", "cpu_usage > $t and on (host) mem_available_bytes < 0.01"],
  ["join", "max_over_time(system_load1[1m]) > $t unless on (host) host_info < 0.5"],
];

export interface BenchRule {
  readonly kind: string;
  readonly expr: string;
}

export function rulesOf(count: number): readonly BenchRule[] {
  return Array.from({ length: count }, (_, i) => {
    const [kind, expr] = TEMPLATES[i % TEMPLATES.length] ?? ["", ""];
    return { kind, expr: expr.replaceAll("$t", (0.99 + (i % 9) / 1_000).toFixed(3)) };
  });
}
