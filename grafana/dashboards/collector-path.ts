import { maxOf, type PanelSpec, series, share } from "../panel.ts";
import { gauges, rates, THIRD } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

export const PATH: readonly PanelSpec[] = [
  {
    title: "Ingest",
    description: "每秒落盘的行数与写请求数。",
    ...THIRD,
    unit: "cps",
    queries: rates("nephoscope", { ingest_lines_total: "lines", ingest_bodies_total: "requests" }),
  },
  {
    title: "From received to queryable",
    description: "样本从接收到可查询（或写入 InfluxDB）的延迟。",
    ...THIRD,
    unit: "s",
    queries: [series("nephoscope_consumer", maxOf("lag_seconds"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
  {
    title: "Refused",
    description: "每秒被拒绝的行、写请求与样本，按原因。",
    ...THIRD,
    unit: "cps",
    queries: rates(
      "nephoscope_refused",
      { lines_total: "lines", bodies_total: "requests", samples_total: "samples" },
      { by: ["reason"], of: "{{reason}}" },
    ),
  },
];

export const SPOOL: readonly PanelSpec[] = [
  {
    title: "Spool used",
    description: "预写缓冲占用上限的比例；消费过的数据也会保留一部分，仅供重建。",
    ...THIRD,
    ...PERCENT,
    queries: [series("nephoscope", share("spool_bytes", "spool_limit_bytes"), { legend: "used", scale: 100 })],
  },
  {
    title: "Waiting in the spool",
    description: "各消费者尚未取走的字节数；持续上升说明存储跟不上或不可用。",
    ...THIRD,
    unit: "bytes",
    queries: [series("nephoscope_consumer", maxOf("backlog_bytes"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
  {
    title: "Age of what waits",
    description: "消费者正在处理或卡住的最早样本的时长。",
    ...THIRD,
    unit: "s",
    queries: [series("nephoscope_consumer", maxOf("oldest_age_seconds"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
];

const EACH_KIND = { by: ["kind"], of: "{{kind}}" } as const;

export const PULL: readonly PanelSpec[] = [
  {
    title: "Targets",
    description: "抓取目标与交换机的数量，以及失败的数量。",
    ...THIRD,
    unit: "short",
    queries: gauges("nephoscope_pull", { targets: "targets", targets_down: "down" }, EACH_KIND),
  },
  {
    title: "Samples pulled",
    description: "每秒采集的样本数。",
    ...THIRD,
    unit: "cps",
    queries: rates("nephoscope_pull", { samples_total: "samples" }, EACH_KIND),
  },
  {
    title: "Rounds that failed or were missed",
    description: "每秒失败、错过的采集次数和丢弃的批次数。",
    ...THIRD,
    unit: "cps",
    queries: rates(
      "nephoscope_pull",
      { failed_rounds_total: "failed", missed_rounds_total: "missed", dropped_bodies_total: "dropped" },
      EACH_KIND,
    ),
  },
];
