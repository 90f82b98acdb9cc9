import { maxOf, type PanelSpec, rateOf, rateRatio, series, usedShare } from "../panel.ts";
import { BOTH_WAYS, HALF, rates, THIRD } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

const DISK_BY = { by: ["device"] } as const;
const DISK = { ...DISK_BY, of: "{{device}}" } as const;

export const DISK_PANELS: readonly PanelSpec[] = [
  {
    title: "Disk throughput",
    description: "每块盘的读写吞吐；写画在轴下方。",
    ...BOTH_WAYS,
    negative: /write$/,
    unit: "Bps",
    queries: rates("diskio", { read_bytes: "read", write_bytes: "write" }, DISK),
  },
  {
    title: "Disk operations",
    description: "每块盘每秒完成的读写次数；写画在轴下方。",
    ...BOTH_WAYS,
    negative: /write$/,
    unit: "iops",
    queries: rates("diskio", { reads: "read", writes: "write" }, DISK),
  },
  {
    title: "Disk utilisation",
    description: "磁盘有在途请求的时间占比；固态盘到 100% 未必饱和。",
    ...THIRD,
    ...PERCENT,
    queries: [series("diskio", rateOf("io_time_s"), { ...DISK_BY, legend: "{{device}}", scale: 100 })],
    thresholds: { warning: 80, critical: 95 },
  },
  {
    title: "Disk latency",
    description: "每次读、写平均耗时，含排队。",
    ...THIRD,
    unit: "s",
    queries: [
      series("diskio", rateRatio("read_time_s", "reads"), { ...DISK_BY, legend: "{{device}} read" }),
      series("diskio", rateRatio("write_time_s", "writes"), { ...DISK_BY, legend: "{{device}} write" }),
    ],
    thresholds: { warning: 0.02, critical: 0.1 },
  },
  {
    title: "Requests under way",
    description: "在途请求数的最大值。",
    ...THIRD,
    unit: "short",
    queries: [series("diskio", maxOf("in_flight"), { ...DISK_BY, legend: "{{device}}", across: "max" })],
  },
  {
    title: "File systems used",
    description: "文件系统空间占用率。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("filesystem", usedShare("available_bytes", "size_bytes"), {
        legend: "{{mountpoint}}",
        by: ["mountpoint", "device"],
        scale: 100,
      }),
    ],
    thresholds: { warning: 85, critical: 95 },
  },
  {
    title: "Inodes used",
    description: "inode 占用率；用尽时有空间也写不进文件。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("filesystem", usedShare("files_free", "files"), {
        legend: "{{mountpoint}}",
        by: ["mountpoint", "device"],
        scale: 100,
      }),
    ],
    thresholds: { warning: 85, critical: 95 },
  },
];
