import { COLLECTOR_METRICS } from "./collector-metrics.ts";
import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";
import { SWITCH_METRICS } from "./switch-metrics.ts";

export type { FieldSpec, MeasurementSpec } from "./metric-spec.ts";

/**
 * Every measurement that agents write. PromQL name: `<measurement>_<field>`.
 * Sources: proc(5), Documentation/admin-guide/iostats.rst, Documentation/accounting/psi.rst,
 * Documentation/networking/nf_conntrack-sysctl.rst of the Linux kernel.
 */
export const AGENT_METRICS = {
  cpu: {
    tags: ["cpu"],
    fields: {
      user_s: counter("seconds", "CPU time in user mode", "用户态 CPU 时间"),
      nice_s: counter("seconds", "CPU time in user mode at low priority", "低优先级用户态 CPU 时间"),
      system_s: counter("seconds", "CPU time in the kernel", "内核态 CPU 时间"),
      idle_s: counter("seconds", "CPU idle time", "CPU 空闲时间"),
      iowait_s: counter("seconds", "CPU time waiting for disks", "等待磁盘的 CPU 时间"),
      irq_s: counter("seconds", "CPU time in hardware interrupts", "硬中断 CPU 时间"),
      softirq_s: counter("seconds", "CPU time in software interrupts", "软中断 CPU 时间"),
      steal_s: counter("seconds", "CPU time taken by the hypervisor", "被宿主机占用的 CPU 时间"),
      guest_s: counter("seconds", "CPU time running guests (part of user)", "运行虚拟机的 CPU 时间"),
    },
  },
  system: {
    tags: [],
    fields: {
      load1: gauge("load", "Load average, 1 minute", "1 分钟平均负载"),
      load5: gauge("load", "Load average, 5 minutes", "5 分钟平均负载"),
      load15: gauge("load", "Load average, 15 minutes", "15 分钟平均负载"),
      cpus: gauge("count", "CPUs online", "在线 CPU 数"),
      context_switches: counter("count", "Context switches", "上下文切换次数"),
      forks: counter("count", "Processes created", "创建的进程数"),
      processes_running: gauge("count", "Processes runnable", "可运行进程数"),
      processes_blocked: gauge("count", "Processes blocked on I/O", "阻塞于 I/O 的进程数"),
      uptime_s: gauge("seconds", "Time since boot", "开机时长"),
    },
  },
  mem: {
    tags: [],
    fields: {
      total_bytes: gauge("bytes", "Memory in all", "内存总量"),
      available_bytes: gauge("bytes", "Memory available without swapping", "可用内存"),
      free_bytes: gauge("bytes", "Memory not used at all", "空闲内存"),
      buffers_bytes: gauge("bytes", "Block device buffers", "块设备缓冲"),
      cached_bytes: gauge("bytes", "Page cache", "页缓存"),
      dirty_bytes: gauge("bytes", "Waiting to be written to disk", "脏页"),
      slab_bytes: gauge("bytes", "Kernel slab", "内核 slab"),
      committed_bytes: gauge("bytes", "Memory promised to processes", "已承诺内存"),
      swap_total_bytes: gauge("bytes", "Swap in all", "交换区总量"),
      swap_free_bytes: gauge("bytes", "Swap free", "空闲交换区"),
      hugepages_total: gauge("count", "Huge pages in all", "大页总数"),
      hugepages_free: gauge("count", "Huge pages free", "空闲大页"),
      hugepage_bytes: gauge("bytes", "Size of a huge page", "大页大小"),
      oom_kills: counter("count", "Processes killed for want of memory", "OOM 杀死的进程数"),
      major_faults: counter("count", "Page faults that read from disk", "主缺页次数"),
    },
  },
  pressure: {
    tags: ["resource", "type"],
    fields: {
      total_s: counter("seconds", "Time tasks stalled for want of the resource", "资源等待时间"),
      avg10: gauge("percent", "Share of time stalled, 10 s", "10 秒等待占比"),
      avg60: gauge("percent", "Share of time stalled, 60 s", "60 秒等待占比"),
    },
  },
  diskio: {
    tags: ["device"],
    fields: {
      reads: counter("count", "Reads completed", "完成的读次数"),
      writes: counter("count", "Writes completed", "完成的写次数"),
      read_bytes: counter("bytes", "Bytes read", "读字节数"),
      write_bytes: counter("bytes", "Bytes written", "写字节数"),
      read_time_s: counter("seconds", "Time reads took, summed", "读耗时总和"),
      write_time_s: counter("seconds", "Time writes took, summed", "写耗时总和"),
      io_time_s: counter("seconds", "Time with I/O under way", "磁盘忙时间"),
      weighted_io_time_s: counter("seconds", "Time times requests under way", "加权 I/O 时间"),
      in_flight: gauge("count", "Requests under way", "在途请求数"),
    },
  },
  filesystem: {
    tags: ["device", "mountpoint", "fstype"],
    fields: {
      size_bytes: gauge("bytes", "Size", "文件系统大小"),
      available_bytes: gauge("bytes", "Available to ordinary users", "可用空间"),
      files: gauge("count", "Inodes in all", "inode 总数"),
      files_free: gauge("count", "Inodes free", "空闲 inode"),
    },
  },
  net_if: {
    tags: ["netns", "interface", "kind"],
    fields: {
      rx_bytes: counter("bytes", "Bytes received", "接收字节数"),
      rx_packets: counter("packets", "Packets received", "接收包数"),
      rx_errors: counter("packets", "Packets received with errors", "接收错误包数"),
      rx_dropped: counter("packets", "Packets dropped on receive", "接收丢弃包数"),
      tx_bytes: counter("bytes", "Bytes sent", "发送字节数"),
      tx_packets: counter("packets", "Packets sent", "发送包数"),
      tx_errors: counter("packets", "Packets not sent for errors", "发送错误包数"),
      tx_dropped: counter("packets", "Packets dropped on send", "发送丢弃包数"),
      carrier_changes: counter("count", "Times the link went up or down", "链路抖动次数"),
      up: gauge("bool", "1 when the interface is able to carry traffic", "接口是否可用"),
      speed_bps: gauge("bits_per_second", "Negotiated speed", "协商速率"),
      mtu_bytes: gauge("bytes", "MTU", "MTU"),
    },
  },
  softnet: {
    tags: ["cpu"],
    fields: {
      processed: counter("packets", "Packets taken from the backlog", "处理包数"),
      dropped: counter("packets", "Packets dropped for a full backlog", "backlog 满丢包数"),
      time_squeeze: counter("count", "Times the budget ran out", "预算耗尽次数"),
    },
  },
  netstat: {
    tags: [],
    fields: {
      tcp_established: gauge("count", "TCP connections established", "已建立 TCP 连接"),
      tcp_active_opens: counter("count", "TCP connections opened from here", "主动打开 TCP 连接数"),
      tcp_passive_opens: counter("count", "TCP connections accepted", "被动打开 TCP 连接数"),
      tcp_retransmitted_segments: counter("packets", "TCP segments sent again", "TCP 重传段数"),
      tcp_listen_drops: counter("count", "Connections dropped at a full listen queue", "监听队列丢弃数"),
      udp_receive_errors: counter("packets", "UDP packets lost on receive", "UDP 接收错误"),
      udp_receive_buffer_errors: counter("packets", "UDP packets lost to full buffers", "UDP 缓冲区满丢包"),
    },
  },
  conntrack: {
    tags: [],
    fields: {
      count: gauge("count", "Connections tracked", "连接跟踪条目数"),
      max: gauge("count", "Connections the table can hold", "连接跟踪上限"),
      buckets: gauge("count", "Hash buckets", "哈希桶数"),
      insert_failed: counter("count", "Entries that could not be inserted", "插入失败次数"),
      drop: counter("packets", "Packets dropped because the table was full", "表满丢包数"),
      early_drop: counter("count", "Entries evicted early to make room", "提前淘汰条目数"),
    },
  },
  process: {
    tags: ["comm"],
    fields: {
      cpu_s: counter("seconds", "CPU time of all processes of this name", "同名进程 CPU 时间"),
      rss_bytes: gauge("bytes", "Resident memory of all processes of this name", "同名进程常驻内存"),
      threads: gauge("count", "Threads", "线程数"),
      count: gauge("count", "Processes of this name", "同名进程数"),
      major_faults: counter("count", "Page faults that read from disk", "主缺页次数"),
    },
  },
  agent: {
    tags: [],
    fields: {
      sample_cpu_s: gauge("seconds", "CPU time one sample took", "一次采样的 CPU 时间"),
      rss_bytes: gauge("bytes", "Resident memory of the agent", "代理常驻内存"),
      buffered_bytes: gauge("bytes", "Metrics waiting for the collector", "待发送指标"),
      dropped_lines: counter("count", "Lines dropped because the buffer was full", "缓冲区满丢弃行数"),
      rejected_lines: counter("count", "Lines in requests the collector refused for good", "被收集端拒绝的行数"),
      topology_reads: counter("count", "Times the topology was read", "拓扑读取次数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };

/** Every measurement that Nephoscope itself writes; what others write has names of its own. */
export const METRIC_CATALOGUE = { ...AGENT_METRICS, ...SWITCH_METRICS, ...COLLECTOR_METRICS };

export type Measurement = keyof typeof METRIC_CATALOGUE;
