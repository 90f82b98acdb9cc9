import { type PanelSpec, rateEach, rateOf, rateRatio, series, share, usedShare } from "../panel.ts";
import { BOTH_WAYS, gauges, HALF, QUARTER, rates, THIRD } from "./panel-parts.ts";
import { PERCENT } from "./variables.ts";

const EACH = { by: ["vm_id"], legend: "{{vm_id}}" } as const;
const VM = { by: ["vm_id"], of: "{{vm_id}}" } as const;
const DISK = { by: ["vm_id", "device"], of: "{{vm_id}} {{device}}" } as const;
const EACH_DISK = { by: ["vm_id", "device"], legend: "{{vm_id}} {{device}}" } as const;
const NET = { by: ["vm_id", "interface"], of: "{{vm_id}} {{interface}}" } as const;

export const VM_CPU: readonly PanelSpec[] = [
  {
    title: "CPU used",
    description: "虚拟机 CPU 使用率：进程 CPU 时间 /（时间 × vCPU 数）。",
    ...THIRD,
    unit: "percent",
    queries: [series("vm", rateEach("cpu_time_s", "vcpus"), { ...EACH, scale: 100 })],
    thresholds: { warning: 80, critical: 95 },
  },
  {
    title: "CPU of each vCPU",
    description: "每个 vCPU 的使用率；代理只上报忙碌或等待中的 vCPU。",
    ...THIRD,
    unit: "percent",
    queries: [
      series("vm_vcpu", rateOf("time_s"), { by: ["vm_id", "vcpu"], legend: "{{vm_id}} vCPU {{vcpu}}", scale: 100 }),
    ],
  },
  {
    title: "CPU steal",
    description: "虚拟机等待宿主机 CPU 的时间，占其 vCPU 时间的比例。",
    ...THIRD,
    unit: "percent",
    queries: [series("vm", rateEach("steal_s", "vcpus"), { ...EACH, scale: 100 })],
    thresholds: { warning: 5, critical: 20 },
  },
];

export const VM_MEMORY: readonly PanelSpec[] = [
  {
    title: "Memory used",
    description: "虚拟机内部内存使用率（1 − 可用/总量），需要 balloon 驱动。",
    ...THIRD,
    ...PERCENT,
    queries: [series("vm", usedShare("mem_usable_bytes", "mem_total_bytes"), { ...EACH, scale: 100 })],
    thresholds: { warning: 85, critical: 95 },
  },
  {
    title: "Memory allocated and held on the host",
    description: "分配给虚拟机的内存，与其进程在宿主机上实际占用的内存。",
    ...THIRD,
    unit: "bytes",
    queries: gauges("vm", { mem_allocated_bytes: "allocated", mem_rss_bytes: "on the host" }, VM),
  },
  {
    title: "Swap and major faults in the guest",
    description: "虚拟机内每秒换入换出的字节数与主缺页次数。",
    ...THIRD,
    unit: "short",
    queries: rates("vm", { swap_in_bytes: "in bytes", swap_out_bytes: "out bytes", major_faults: "major faults" }, VM),
  },
];

export const VM_DISKS: readonly PanelSpec[] = [
  {
    title: "Disk traffic",
    description: "虚拟磁盘每秒读写的字节数。",
    ...QUARTER,
    unit: "Bps",
    queries: rates("vm_disk", { read_bytes: "read", write_bytes: "written" }, DISK),
  },
  {
    title: "Disk operations",
    description: "虚拟磁盘每秒的读写次数。",
    ...QUARTER,
    unit: "iops",
    queries: rates("vm_disk", { reads: "reads", writes: "writes" }, DISK),
  },
  {
    title: "Disk latency",
    description: "虚拟磁盘一次读、一次写的平均耗时。",
    ...QUARTER,
    unit: "s",
    queries: [
      series("vm_disk", rateRatio("read_time_s", "reads"), { ...EACH_DISK, legend: `${EACH_DISK.legend} read` }),
      series("vm_disk", rateRatio("write_time_s", "writes"), { ...EACH_DISK, legend: `${EACH_DISK.legend} write` }),
    ],
  },
  {
    title: "Disk image allocated",
    description: "磁盘镜像已分配空间占磁盘容量的比例。",
    ...QUARTER,
    ...PERCENT,
    queries: [series("vm_disk", share("allocation_bytes", "capacity_bytes"), { ...EACH_DISK, scale: 100 })],
  },
  {
    title: "Partitions used",
    description: "虚拟机内各分区的使用率，需要 QEMU guest agent。",
    ...HALF,
    ...PERCENT,
    queries: [
      series("vm_filesystem", share("used_bytes", "size_bytes"), {
        by: ["vm_id", "mountpoint"],
        legend: "{{vm_id}} {{mountpoint}}",
        scale: 100,
      }),
    ],
    thresholds: { warning: 85, critical: 95 },
  },
  {
    title: "Load in the guest",
    description: "虚拟机内部的平均负载，需要 QEMU guest agent。",
    ...HALF,
    unit: "short",
    queries: gauges("vm_guest", { load1: "1 min", load5: "5 min", load15: "15 min" }, VM),
  },
];

export const VM_NETWORK: readonly PanelSpec[] = [
  {
    title: "Network traffic",
    description: "虚拟机每个网卡的收发速率（虚拟机视角）；发送画在轴下方。",
    ...BOTH_WAYS,
    width: 8,
    unit: "bps",
    queries: rates("vm_net", { rx_bytes: "in", tx_bytes: "out" }, { ...NET, scale: 8 }),
  },
  {
    title: "Network packets",
    description: "虚拟机每个网卡每秒收发的包数；发送画在轴下方。",
    ...BOTH_WAYS,
    width: 8,
    unit: "pps",
    queries: rates("vm_net", { rx_packets: "in", tx_packets: "out" }, NET),
  },
  {
    title: "Network drops and errors",
    description: "虚拟机每个网卡每秒的丢弃与错误；正常应为零。",
    ...THIRD,
    unit: "pps",
    queries: rates(
      "vm_net",
      { rx_dropped: "in dropped", tx_dropped: "out dropped", rx_errors: "in errors", tx_errors: "out errors" },
      NET,
    ),
  },
  {
    title: "Connections",
    description: "虚拟机的连接跟踪条目数，按协议与状态。",
    ...HALF,
    unit: "short",
    queries: gauges("vm_connections", { count: "all", tcp_established: "TCP established", udp: "UDP" }, VM),
  },
  {
    title: "CPU in the guest",
    description: "虚拟机自己统计的 CPU 时间（核数），需要 QEMU guest agent。",
    ...HALF,
    unit: "short",
    queries: rates(
      "vm_guest",
      { cpu_user_s: "user", cpu_system_s: "system", cpu_iowait_s: "iowait", cpu_steal_s: "steal" },
      VM,
    ),
  },
];
