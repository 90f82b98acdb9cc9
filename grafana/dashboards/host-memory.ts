import { lastOf, meanOf, type PanelSpec, series, usedShare } from "../panel.ts";
import { HALF, QUARTER } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

export const MEMORY_PANELS: readonly PanelSpec[] = [
  {
    title: "Memory",
    description: "内存总量、可用、页缓存、内核 slab 与已承诺内存。",
    ...HALF,
    unit: "bytes",
    queries: [
      series("mem", lastOf("total_bytes"), { legend: "total" }),
      series("mem", meanOf("available_bytes"), { legend: "available" }),
      series("mem", meanOf("cached_bytes"), { legend: "page cache" }),
      series("mem", meanOf("slab_bytes"), { legend: "slab" }),
      series("mem", meanOf("committed_bytes"), { legend: "committed" }),
    ],
  },
  {
    title: "Swap used",
    description: "交换区占用率。",
    ...QUARTER,
    ...PERCENT,
    queries: [series("mem", usedShare("swap_free_bytes", "swap_total_bytes"), { legend: "used", scale: 100 })],
    thresholds: { warning: 20, critical: 80 },
  },
  {
    title: "Huge pages",
    description: "大页总数与空闲数；空闲为零时新虚拟机无法启动。",
    ...QUARTER,
    unit: "short",
    queries: [
      series("mem", lastOf("hugepages_total"), { legend: "total" }),
      series("mem", lastOf("hugepages_free"), { legend: "free" }),
    ],
  },
];
