import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/** What is counted of logs, never their contents. Counters begin at zero with the agent. */
export const LOG_METRICS = {
  log: {
    source: "/dev/kmsg, /var/log, journald",
    tags: ["source", "pattern"],
    fields: {
      lines: counter("count", "Lines of a log that fit a pattern", "匹配模式的日志行数"),
    },
  },
  log_source: {
    source: "/dev/kmsg, /var/log, journald",
    tags: ["source"],
    fields: {
      read_bytes: counter("bytes", "Bytes read", "已读字节数"),
      skipped_bytes: counter(
        "bytes",
        "Bytes left out because the log grew faster than it is read",
        "因增长过快跳过的字节数",
      ),
      lag_bytes: gauge("bytes", "Bytes that are there and not read yet", "未读字节数"),
      files: gauge("count", "Files read", "读取的文件数"),
      lost_lines: counter("count", "Lines the kernel overwrote before they were read", "读取前被内核覆盖的行数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
