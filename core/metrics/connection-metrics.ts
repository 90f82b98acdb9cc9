import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

const KINDS = {
  count: gauge("count", "Connections tracked", "连接跟踪条目数"),
  tcp_established: gauge("count", "TCP connections established", "已建立的 TCP 连接数"),
  tcp_other: gauge("count", "TCP connections being opened or closed", "正在建立或关闭的 TCP 连接数"),
  udp: gauge("count", "UDP flows", "UDP 流数"),
  other: gauge("count", "ICMP and other flows", "ICMP 及其他流数"),
};

/**
 * Connection tracking of the kernel. Source: Documentation/networking/nf_conntrack-sysctl.rst of the Linux kernel,
 * conntrack(8), and the firewall drivers of Neutron.
 */
export const CONNECTION_METRICS = {
  /** `netns` is empty for the host's own namespace. */
  conntrack: {
    source: "/proc/sys/net/netfilter, /proc/<pid>/net/stat/nf_conntrack",
    tags: ["netns"],
    fields: {
      count: gauge("count", "Connections tracked in this network namespace", "该网络命名空间的连接跟踪条目数"),
      max: gauge("count", "Connections a namespace's table can hold", "连接跟踪上限"),
      buckets: gauge("count", "Hash buckets", "哈希桶数"),
      insert_failed: counter("count", "Entries that could not be inserted", "插入失败次数"),
      drop: counter("packets", "Packets dropped because the table was full", "表满丢包数"),
      early_drop: counter("count", "Entries evicted early to make room", "提前淘汰条目数"),
    },
  },
  /** Of each port of a machine whose conntrack zone, and in a shared zone whose addresses, are known. */
  vm_connections: {
    source: "/proc/net/nf_conntrack or `conntrack -L`, by zone",
    tags: ["vm_id", "port_id"],
    fields: KINDS,
  },
  /** `kind`: network (all ports of one on this host), default (the host's own), other. Ports' zones are in vm_connections. */
  conntrack_zone: {
    source: "/proc/net/nf_conntrack or `conntrack -L`, by zone",
    tags: ["kind", "network_id"],
    fields: KINDS,
  },
  /** The counting of connections by zone, which is done less often when the table is large. */
  conntrack_walk: {
    source: "the agent",
    tags: [],
    fields: {
      possible: gauge("bool", "0 when the entries cannot be read at a cost that is known", "是否可以遍历连接表"),
      age_s: gauge("seconds", "Time since the last walk ended", "距上次遍历结束的时间"),
      duration_s: gauge("seconds", "How long the last walk took", "上次遍历时长"),
      cpu_s: gauge("seconds", "CPU time of the last walk, with its child", "上次遍历的 CPU 时间（含子进程）"),
      period_s: gauge("seconds", "Time between two walks, longer when they cost more", "遍历周期"),
      entries: gauge("count", "Entries of the last walk", "上次遍历的条目数"),
      walks: counter("count", "Walks that got to the end", "完成的遍历次数"),
      failed: counter("count", "Walks that did not", "失败的遍历次数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
