import { lastOf, maxOf, type PanelSpec, rateOf, series, share } from "../panel.ts";
import { PERCENT } from "./variables.ts";

export const PATH: readonly PanelSpec[] = [
  {
    title: "Ingest",
    description: "每秒落盘的行数与写请求数。",
    kind: "timeseries",
    unit: "cps",
    min: 0,
    width: 8,
    queries: [
      series("nephoscope", rateOf("ingest_lines_total"), { legend: "lines" }),
      series("nephoscope", rateOf("ingest_bodies_total"), { legend: "requests" }),
    ],
  },
  {
    title: "From received to queryable",
    description: "样本从接收到可查询（或写入 InfluxDB）的延迟。",
    kind: "timeseries",
    unit: "s",
    min: 0,
    width: 8,
    queries: [series("nephoscope_consumer", maxOf("lag_seconds"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
  {
    title: "Refused",
    description: "每秒被拒绝的行、写请求与样本，按原因。",
    kind: "timeseries",
    unit: "cps",
    min: 0,
    width: 8,
    queries: [
      series("nephoscope_refused", rateOf("lines_total"), { by: ["reason"], legend: "lines {{reason}}" }),
      series("nephoscope_refused", rateOf("bodies_total"), { by: ["reason"], legend: "requests {{reason}}" }),
      series("nephoscope_refused", rateOf("samples_total"), { by: ["reason"], legend: "samples {{reason}}" }),
    ],
  },
];

export const SPOOL: readonly PanelSpec[] = [
  {
    title: "Spool used",
    description: "预写缓冲占用上限的比例；消费过的数据也会保留一部分，仅供重建。",
    kind: "timeseries",
    ...PERCENT,
    width: 8,
    queries: [series("nephoscope", share("spool_bytes", "spool_limit_bytes"), { legend: "used", scale: 100 })],
  },
  {
    title: "Waiting in the spool",
    description: "各消费者尚未取走的字节数；持续上升说明存储跟不上或不可用。",
    kind: "timeseries",
    unit: "bytes",
    min: 0,
    width: 8,
    queries: [series("nephoscope_consumer", maxOf("backlog_bytes"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
  {
    title: "Age of what waits",
    description: "消费者正在处理或卡住的最早样本的时长。",
    kind: "timeseries",
    unit: "s",
    min: 0,
    width: 8,
    queries: [series("nephoscope_consumer", maxOf("oldest_age_seconds"), { by: ["consumer"], legend: "{{consumer}}" })],
  },
];

export const PULL: readonly PanelSpec[] = [
  {
    title: "Targets",
    description: "抓取目标与交换机的数量，以及失败的数量。",
    kind: "timeseries",
    unit: "short",
    min: 0,
    width: 8,
    queries: [
      series("nephoscope_pull", lastOf("targets"), { by: ["kind"], legend: "{{kind}}" }),
      series("nephoscope_pull", lastOf("targets_down"), { by: ["kind"], legend: "{{kind}} down" }),
    ],
  },
  {
    title: "Samples pulled",
    description: "每秒采集的样本数。",
    kind: "timeseries",
    unit: "cps",
    min: 0,
    width: 8,
    queries: [series("nephoscope_pull", rateOf("samples_total"), { by: ["kind"], legend: "{{kind}}" })],
  },
  {
    title: "Rounds that failed or were missed",
    description: "每秒失败、错过的采集次数和丢弃的批次数。",
    kind: "timeseries",
    unit: "cps",
    min: 0,
    width: 8,
    queries: [
      series("nephoscope_pull", rateOf("failed_rounds_total"), { by: ["kind"], legend: "{{kind}} failed" }),
      series("nephoscope_pull", rateOf("missed_rounds_total"), { by: ["kind"], legend: "{{kind}} missed" }),
      series("nephoscope_pull", rateOf("dropped_bodies_total"), { by: ["kind"], legend: "{{kind}} dropped" }),
    ],
  },
];
