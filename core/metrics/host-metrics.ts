import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * What every host has. Sources: proc(5), Documentation/admin-guide/iostats.rst, Documentation/accounting/psi.rst of the Linux kernel.
 */
export const HOST_METRICS = {
  cpu: {
    source: "/proc/stat",
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
    source: "/proc/loadavg, /proc/stat, /proc/uptime",
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
    source: "/proc/meminfo, /proc/vmstat",
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
    source: "/proc/pressure",
    tags: ["resource", "type"],
    fields: {
      total_s: counter("seconds", "Time tasks stalled for want of the resource", "资源等待时间"),
      avg10: gauge("percent", "Share of time stalled, 10 s", "10 秒等待占比"),
      avg60: gauge("percent", "Share of time stalled, 60 s", "60 秒等待占比"),
    },
  },
  diskio: {
    source: "/proc/diskstats",
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
    source: "/proc/mounts, statfs(2)",
    tags: ["device", "mountpoint", "fstype"],
    fields: {
      size_bytes: gauge("bytes", "Size", "文件系统大小"),
      available_bytes: gauge("bytes", "Available to ordinary users", "可用空间"),
      files: gauge("count", "Inodes in all", "inode 总数"),
      files_free: gauge("count", "Inodes free", "空闲 inode"),
    },
  },
  softnet: {
    source: "/proc/net/softnet_stat",
    tags: ["cpu"],
    fields: {
      processed: counter("packets", "Packets taken from the backlog", "处理包数"),
      dropped: counter("packets", "Packets dropped for a full backlog", "backlog 满丢包数"),
      time_squeeze: counter("count", "Times the budget ran out", "预算耗尽次数"),
    },
  },
  netstat: {
    source: "/proc/net/snmp, /proc/net/netstat",
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
  process: {
    source: "/proc/<pid>/stat",
    tags: ["comm"],
    fields: {
      cpu_s: counter("seconds", "CPU time of all processes of this name", "同名进程 CPU 时间"),
      rss_bytes: gauge("bytes", "Resident memory of all processes of this name", "同名进程常驻内存"),
      threads: gauge("count", "Threads", "线程数"),
      count: gauge("count", "Processes of this name", "同名进程数"),
      major_faults: counter("count", "Page faults that read from disk", "主缺页次数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
