import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * What the collector tells of itself, on `/metrics` and, by the way of all other samples, to its own stores. PromQL names are the
 * same in both. Counters begin at zero when the collector starts.
 */
export const COLLECTOR_METRICS = {
  nephoscope: {
    source: "the collector",
    tags: [],
    fields: {
      cpu_seconds_total: counter("seconds", "CPU time of the process", "进程 CPU 时间"),
      resident_bytes: gauge("bytes", "Resident memory of the process", "进程常驻内存"),
      ingest_bodies_total: counter("count", "Write requests taken", "接受的写请求数"),
      ingest_lines_total: counter("count", "Lines made durable", "已落盘行数"),
      ingest_refused_lines_total: counter(
        "count",
        "Lines refused as malformed, not allowed, of too many series, or of a time that nobody keeps",
        "被拒绝的行数",
      ),
      ingest_repeats_total: counter("count", "Write requests that had come before", "重复的写请求数"),
      spool_bytes: gauge("bytes", "Bytes the write-ahead spool has on disk", "预写缓冲占用磁盘"),
      spool_limit_bytes: gauge("bytes", "Bytes the spool may have on disk", "预写缓冲上限"),
      spool_refused_total: counter(
        "count",
        "Write requests refused because the spool was full",
        "因缓冲区满拒绝的写请求数",
      ),
      spool_commits_total: counter("count", "fdatasync calls of the spool", "缓冲区 fdatasync 次数"),
      spool_damaged_segments: gauge("count", "Damaged segments of the spool set aside", "缓冲区损坏段数"),
      head_series: gauge("count", "Series the head knows", "头部序列数"),
      head_past_series: gauge("count", "Series of which only rollups are left", "仅存汇总数据的序列数"),
      head_recent_bytes: gauge("bytes", "Bytes of rows in memory that are not sealed yet", "内存中尚未封存的行占用"),
      head_sealing_failed: gauge(
        "bool",
        "1 when the last try to seal or roll up an hour failed",
        "最近一次封存或汇总是否失败",
      ),
      influxdb_rejected_lines_total: counter("count", "Lines InfluxDB will never take", "InfluxDB 拒收行数"),
      topology_elements: gauge("count", "Elements of the live topology", "拓扑元素数"),
      topology_revision: gauge("count", "Durable revisions of all clusters", "拓扑版本数"),
      topology_findings_standing: gauge("count", "Invariants that do not hold", "不成立的约束数"),
      topology_findings_settling: gauge("count", "Breaches younger than their settle time", "观察中的违反数"),
      topology_findings_unknown: gauge("count", "Findings on hosts whose agent is silent", "失联主机上的发现数"),
      topology_findings_waiting_changes: gauge(
        "count",
        "Changes the invariants have not looked at yet",
        "待检查的变更数",
      ),
      topology_judgements_total: counter("count", "Subjects the invariants judged", "约束判定次数"),
      alerts_merged: gauge(
        "count",
        "Alerts that `alerts_count` tells of by rule and not by host: of a storm, those past 5,000 rules and hosts",
        "不按主机而按规则合并上报的告警数（超过 5,000 个规则与主机时）",
      ),
      agents_connected: gauge("count", "Agents' sessions", "在线代理数"),
      agent_sessions_resumed_total: counter("count", "Sessions that went on with changes", "续传会话数"),
      agent_sessions_full_total: counter("count", "Sessions that began with a full state", "全量会话数"),
      agent_full_states_total: counter("count", "Full states made durable", "已落盘全量状态数"),
      agent_volatile_states_total: counter(
        "count",
        "Hosts that told their volatile attributes anew",
        "重报易变属性的主机数",
      ),
      agent_events_total: counter("count", "Events of hosts made durable", "已落盘的主机事件数"),
      agent_told_to_wait_total: counter("count", "Messages of agents answered with: later", "被要求稍后的代理消息数"),
      agent_refused_total: counter(
        "count",
        "Agents turned away and messages of agents refused",
        "被拒绝的代理与消息数",
      ),
    },
  },
  /** Who takes samples out of the spool: the head, InfluxDB, VictoriaMetrics. */
  nephoscope_consumer: {
    source: "the collector",
    tags: ["consumer"],
    fields: {
      backlog_bytes: gauge("bytes", "Bytes of the spool the consumer has not taken", "待消费字节数"),
      oldest_age_seconds: gauge(
        "seconds",
        "Age of the oldest samples it is busy with or stuck at",
        "最早待消费样本的时长",
      ),
      lag_seconds: gauge("seconds", "From received to queryable, of the samples it took last", "从接收到可查询的延迟"),
    },
  },
  /** What the head has in sealed files: samples as they came (raw), one a minute (1m), one an hour (1h). */
  nephoscope_tier: {
    source: "the collector",
    tags: ["tier"],
    fields: {
      files: gauge("count", "Sealed files", "封存文件数"),
      bytes: gauge("bytes", "Size of the sealed files", "封存文件大小"),
    },
  },
  /** What was not taken, by why. A reason has the field that counts it; one that is found before the spool or behind it has two. */
  nephoscope_refused: {
    source: "the collector",
    tags: ["reason"],
    fields: {
      lines_total: counter("count", "Lines refused", "被拒绝的行数"),
      bodies_total: counter("count", "Write requests refused", "被拒绝的写请求数"),
      samples_total: counter("count", "Samples the head refused", "头部拒绝的样本数"),
    },
  },
  /** Targets that are asked by the collector; `kind` is scrape or snmp. */
  nephoscope_pull: {
    source: "the collector",
    tags: ["kind"],
    fields: {
      targets: gauge("count", "Targets", "采集目标数"),
      targets_down: gauge("count", "Targets whose last round failed", "失败的采集目标数"),
      rounds_total: counter("count", "Rounds", "采集次数"),
      failed_rounds_total: counter("count", "Rounds that failed", "失败的采集次数"),
      missed_rounds_total: counter("count", "Rounds left out because there was no time for them", "错过的采集次数"),
      samples_total: counter("count", "Samples read", "采集样本数"),
      dropped_bodies_total: counter(
        "count",
        "Bodies of samples dropped because the spool did not take them",
        "丢弃的批次数",
      ),
    },
  },
  /** The streams of docs/streams.md: tracing, analysis, behaviour, operations. */
  nephoscope_stream: {
    source: "the collector",
    tags: ["stream"],
    fields: {
      lines_total: counter("count", "Lines written", "写入的行数"),
      dropped_lines_total: counter(
        "count",
        "Lines dropped because the disk was full or too slow",
        "因磁盘已满或过慢而丢弃的行数",
      ),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
