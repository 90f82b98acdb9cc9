/**
 * How much a simulated agent measures. `usual`: what pages and rules look at, about 80 lines and 420 series of PromQL for a
 * compute node with ten machines. `all`: nearly what a real agent measures, more than twice as much.
 */
export const METRIC_SETS = ["usual", "all"] as const;
export type MetricSet = (typeof METRIC_SETS)[number];

/** Fields that the usual set leaves out of what it has: each is a series for every host, machine or session. */
const SPARE: { readonly [measurement: string]: readonly string[] } = {
  bgp_peer: ["admin_down", "prefixes_sent", "messages_received", "messages_sent", "message_age_s"],
  diskio: ["read_latency_p50_s", "read_latency_p95_s", "write_latency_p50_s", "write_latency_p95_s"],
  ovs_interface: ["admin_up", "link_resets", "tx_errors"],
  process: ["threads", "major_faults", "running", "sleeping", "uninterruptible", "zombies"],
  vm: ["uptime_s"],
  vm_connections: ["tcp_other", "udp", "other"],
  vm_disk: ["read_time_s", "write_time_s", "capacity_bytes"],
};

const NONE: ReadonlySet<string> = new Set();
const SPARE_FIELDS = new Map(Object.entries(SPARE).map(([measurement, fields]) => [measurement, new Set(fields)]));

/** Names of fields of a measurement that are not written. */
export function fieldsLeftOut(set: MetricSet, measurement: string): ReadonlySet<string> {
  return set === "all" ? NONE : (SPARE_FIELDS.get(measurement) ?? NONE);
}
