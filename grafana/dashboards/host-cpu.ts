import { lastOf, meanOf, type PanelSpec, rateOf, series } from "../panel.ts";
import { HALF, QUARTER, TOP } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

const EACH_CPU = { tag: "cpu", op: "!=", value: "all" } as const;
const ALL_CPUS = { tag: "cpu", op: "=", value: "all" } as const;
const CPU_MODES = ["user", "nice", "system", "iowait", "irq", "softirq", "steal"] as const;

export const CPU_PANELS: readonly PanelSpec[] = [
  {
    title: "CPU by mode",
    description: "全部 CPU 的平均使用率，按模式分开；softirq 高常说明网络收包吃紧。",
    ...HALF,
    ...PERCENT,
    stacked: true,
    queries: CPU_MODES.map((mode) =>
      series("cpu", rateOf(`${mode}_s`), { legend: mode, across: "mean", where: [EACH_CPU], scale: 100 }),
    ),
  },
  {
    title: "CPU time running guests",
    description: "虚拟机占用的 CPU（核数）。",
    ...QUARTER,
    unit: "short",
    queries: [series("cpu", rateOf("guest_s"), { legend: "guests", where: [ALL_CPUS] })],
  },
  {
    title: "Load average",
    description: "平均负载与在线 CPU 数对比。",
    ...QUARTER,
    unit: "short",
    queries: [
      series("system", meanOf("load1"), { legend: "1 min" }),
      series("system", meanOf("load5"), { legend: "5 min" }),
      series("system", meanOf("load15"), { legend: "15 min" }),
      series("system", lastOf("cpus"), { legend: "CPUs" }),
    ],
  },
  {
    title: "Pressure",
    description: "PSI：因等待 CPU、内存、磁盘而停顿的时间占比；some 指至少一个任务，full 指全部任务。",
    ...HALF,
    unit: "percent",
    queries: [
      series("pressure", rateOf("total_s"), { legend: "{{resource}} {{type}}", by: ["resource", "type"], scale: 100 }),
    ],
    thresholds: { warning: 20, critical: 60 },
  },
  {
    title: "Top processes by CPU",
    description: "所选时间内 CPU 占用最高的进程名（核数）。",
    ...TOP,
    width: 6,
    unit: "short",
    queries: [series("process", rateOf("cpu_s"), { legend: "{{comm}}", by: ["comm"], top: 10 })],
  },
  {
    title: "CPU of each process name",
    description: "按进程名合计的 CPU（核数）；代理只上报占用靠前的进程。",
    ...QUARTER,
    unit: "short",
    stacked: true,
    queries: [series("process", rateOf("cpu_s"), { legend: "{{comm}}", by: ["comm"] })],
  },
];
