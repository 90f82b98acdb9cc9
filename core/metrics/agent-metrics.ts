import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/** What an agent says of itself. */
export const AGENT_OWN_METRICS = {
  agent: {
    source: "the agent",
    tags: [],
    fields: {
      sample_cpu_s: gauge("seconds", "CPU time one sample took", "一次采样的 CPU 时间"),
      rss_bytes: gauge("bytes", "Resident memory of the agent", "代理常驻内存"),
      buffered_bytes: gauge("bytes", "Metrics waiting for the collector", "待发送指标"),
      dropped_lines: counter("count", "Lines dropped because the buffer was full", "缓冲区满丢弃行数"),
      dropped_events: counter("count", "Events dropped because too many were waiting", "丢弃的事件数"),
      rejected_lines: counter("count", "Lines in requests the collector refused for good", "被收集端拒绝的行数"),
      topology_reads: counter("count", "Times the topology was read", "拓扑读取次数"),
    },
  },
  /** What happened on the host, by kind: core/host-event.ts. The events themselves are kept beside the topology. */
  event: {
    source: "all sources of the agent",
    tags: ["kind"],
    fields: { count: counter("count", "Events since the agent started", "事件数") },
  },
  /** One of the sources an agent looks for. */
  agent_probe: {
    source: "the agent",
    tags: ["probe"],
    fields: {
      present: gauge("bool", "1 when the source is there", "数据源是否存在"),
      late: counter("count", "Samples that came too late or not at all", "迟到或缺失的采样次数"),
      failed: counter("count", "Samples the source answered with an error", "失败的采样次数"),
      duration_s: gauge("seconds", "Time the last sample took", "上次采样耗时"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
