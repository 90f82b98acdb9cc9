import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * Virtual machines, as libvirt, QEMU and the agent in the guest tell of them. `vm_id` is the id of Nova's server. Sources:
 * virConnectGetAllDomainStats of libvirt, QEMU guest agent protocol reference, proc(5).
 */
export const VM_METRICS = {
  vm: {
    source: "libvirt (`virsh domstats`), /proc/<pid> of QEMU where there is no libvirt",
    tags: ["vm_id", "project_id", "flavor"],
    fields: {
      state: gauge(
        "count",
        "State as libvirt numbers it: 1 running, 3 paused, 5 shut off, 6 crashed",
        "libvirt 状态编号",
      ),
      running: gauge("bool", "Whether it runs", "是否运行"),
      uptime_s: gauge("seconds", "Time since its process was started here", "本机进程运行时长"),
      vcpus: gauge("count", "Virtual processors", "虚拟 CPU 数"),
      cpu_time_s: counter("seconds", "CPU time of its process", "CPU 时间"),
      cpu_user_s: counter("seconds", "CPU time in user mode", "用户态 CPU 时间"),
      cpu_system_s: counter("seconds", "CPU time in the kernel", "内核态 CPU 时间"),
      steal_s: counter("seconds", "Time its processors waited for one of the host's", "等待宿主机 CPU 的时间"),
      mem_allocated_bytes: gauge("bytes", "Memory given to it now", "当前分配内存"),
      mem_max_bytes: gauge("bytes", "Memory it may be given", "最大内存"),
      mem_rss_bytes: gauge("bytes", "Memory its process holds on the host", "宿主机实际占用内存"),
      mem_total_bytes: gauge("bytes", "Memory the guest sees", "虚拟机内存总量"),
      mem_usable_bytes: gauge("bytes", "Memory the guest has available without swapping", "虚拟机可用内存"),
      mem_unused_bytes: gauge("bytes", "Memory the guest does not use at all", "虚拟机空闲内存"),
      mem_caches_bytes: gauge("bytes", "Memory the guest could free at once", "虚拟机缓存"),
      swap_in_bytes: counter("bytes", "Read back from the guest's swap", "虚拟机换入"),
      swap_out_bytes: counter("bytes", "Written to the guest's swap", "虚拟机换出"),
      major_faults: counter("count", "Page faults of the guest that read from disk", "虚拟机主缺页次数"),
      minor_faults: counter("count", "Page faults of the guest that read nothing", "虚拟机次缺页次数"),
      io_read_bytes: counter(
        "bytes",
        "Read from storage by its process (only where there is no libvirt)",
        "进程读取字节",
      ),
      io_write_bytes: counter(
        "bytes",
        "Written to storage by its process (only where there is no libvirt)",
        "进程写入字节",
      ),
    },
  },
  vm_vcpu: {
    source: "libvirt, /proc/<pid>/task/<tid>/schedstat; only processors that are busy or wait",
    tags: ["vm_id", "project_id", "vcpu"],
    fields: {
      time_s: counter("seconds", "Time the virtual processor ran", "虚拟 CPU 运行时间"),
      delay_s: counter("seconds", "Time it waited for a processor of the host", "等待宿主机 CPU 的时间"),
    },
  },
  vm_disk: {
    source: "libvirt (QEMU's `query-blockstats`)",
    tags: ["vm_id", "project_id", "device"],
    fields: {
      read_bytes: counter("bytes", "Read", "读取字节"),
      reads: counter("count", "Reads", "读取次数"),
      read_time_s: counter("seconds", "Time spent in reads", "读取耗时"),
      write_bytes: counter("bytes", "Written", "写入字节"),
      writes: counter("count", "Writes", "写入次数"),
      write_time_s: counter("seconds", "Time spent in writes", "写入耗时"),
      flushes: counter("count", "Flushes", "刷盘次数"),
      flush_time_s: counter("seconds", "Time spent in flushes", "刷盘耗时"),
      capacity_bytes: gauge("bytes", "Size the guest sees", "磁盘容量"),
      allocation_bytes: gauge("bytes", "Highest place written so far", "已分配空间"),
      physical_bytes: gauge("bytes", "Space taken where the image lies", "实际占用空间"),
    },
  },
  vm_net: {
    source: "libvirt, /proc/net/dev where there is no libvirt; as the guest sees it",
    tags: ["vm_id", "project_id", "interface"],
    fields: {
      rx_bytes: counter("bytes", "Received by the guest", "虚拟机接收字节"),
      rx_packets: counter("packets", "Packets received by the guest", "虚拟机接收包"),
      rx_errors: counter("packets", "Receive errors", "接收错误"),
      rx_dropped: counter("packets", "Dropped on the way to the guest", "接收丢包"),
      tx_bytes: counter("bytes", "Sent by the guest", "虚拟机发送字节"),
      tx_packets: counter("packets", "Packets sent by the guest", "虚拟机发送包"),
      tx_errors: counter("packets", "Send errors", "发送错误"),
      tx_dropped: counter("packets", "Dropped on the way from the guest", "发送丢包"),
    },
  },
  vm_filesystem: {
    source: "QEMU guest agent (`guest-get-fsinfo`)",
    tags: ["vm_id", "project_id", "mountpoint", "fstype"],
    fields: {
      size_bytes: gauge("bytes", "Size of the file system in the guest", "虚拟机文件系统大小"),
      used_bytes: gauge("bytes", "Used of it", "虚拟机文件系统已用"),
    },
  },
  vm_guest: {
    source: "QEMU guest agent (`guest-get-cpustats`, `guest-get-load`)",
    tags: ["vm_id", "project_id"],
    fields: {
      load1: gauge("load", "Load average in the guest, 1 minute", "虚拟机 1 分钟平均负载"),
      load5: gauge("load", "Load average in the guest, 5 minutes", "虚拟机 5 分钟平均负载"),
      load15: gauge("load", "Load average in the guest, 15 minutes", "虚拟机 15 分钟平均负载"),
      cpu_user_s: counter("seconds", "CPU time in user mode, as the guest counts it", "虚拟机用户态 CPU 时间"),
      cpu_system_s: counter("seconds", "CPU time in the kernel, as the guest counts it", "虚拟机内核态 CPU 时间"),
      cpu_idle_s: counter("seconds", "CPU idle time, as the guest counts it", "虚拟机 CPU 空闲时间"),
      cpu_iowait_s: counter(
        "seconds",
        "CPU time waiting for disks, as the guest counts it",
        "虚拟机等待磁盘的 CPU 时间",
      ),
      cpu_steal_s: counter("seconds", "CPU time it was not given, as the guest counts it", "虚拟机被占用的 CPU 时间"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
