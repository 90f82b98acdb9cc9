import { gauge, type MeasurementSpec } from "./metric-spec.ts";

/** What is judged on a host besides its topology. */
export const FINDING_METRICS = {
  memory_overcommit: {
    source: "libvirt, /proc/meminfo, /sys/kernel/mm/hugepages, the configuration",
    tags: [],
    fields: {
      promised_bytes: gauge("bytes", "Memory that machines of this host were promised", "已承诺给虚拟机的内存"),
      usable_bytes: gauge(
        "bytes",
        "Memory there is for machines: without what the host keeps and huge pages nobody uses",
        "可供虚拟机使用的内存（扣除主机预留与未使用的大页）",
      ),
      ratio: gauge("ratio", "Memory promised, of what there is", "内存超分比"),
      limit: gauge("ratio", "Configured limit of the ratio", "内存超分比上限（配置）"),
    },
  },
  /** Written once a minute. */
  amqp: {
    source: "ss -tnoip (struct tcp_info)",
    tags: ["process"],
    fields: {
      connections: gauge("count", "Connections to or from the message broker", "消息队列 TCP 连接数"),
      idle_connections: gauge(
        "count",
        "Of these, silent in both directions for more than three heartbeats",
        "超过三个心跳周期无收发的连接数",
      ),
      oldest_idle_s: gauge("seconds", "Time the longest silent one has been silent", "最长静默时间"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
