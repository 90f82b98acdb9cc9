import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/**
 * Open vSwitch. Counters begin again when ovs-vswitchd does: `rate` and `increase` count that as a reset. The share of
 * packets that go up to user space (those of one line are read at one moment):
 *
 *     rate(ovs_datapath_missed[1m]) / (rate(ovs_datapath_hit[1m]) + rate(ovs_datapath_missed[1m]))
 *
 * With `hw_offload` 1 packets that the network card forwards are in neither: look at `rate(ovs_datapath_missed[1m])` then.
 * Masks tried for each packet: `rate(ovs_datapath_mask_hit[1m])` by the same sum. Traffic of a port of Neutron:
 *
 *     rate(net_if_rx_bytes[1m]) * on (host, interface) group_left (port_id, vm_id) ovs_interface_link_up ^ 0
 */
export const OVS_METRICS = {
  ovs_datapath: {
    source: "ovs-vswitchd: dpctl/show, upcall/show",
    tags: ["datapath"],
    fields: {
      hit: counter("packets", "Packets the datapath had a flow for", "数据通路命中包数"),
      missed: counter("packets", "Packets sent up to user space, failed upcalls among them", "上送用户态包数"),
      lost: counter("packets", "Upcalls dropped before user space took them", "丢失的 upcall 数"),
      flows: gauge("count", "Flows in the datapath", "数据通路流表数"),
      masks: gauge("count", "Masks of megaflows (kernel only)", "megaflow 掩码数"),
      mask_hit: counter("count", "Masks tried to find a flow (kernel only)", "掩码查找次数"),
      cache_hit: counter("packets", "Packets whose mask was in the cache (kernel 5.10 or newer)", "掩码缓存命中包数"),
      flow_limit: gauge("count", "Flows the revalidators allow", "流表上限"),
      dump_duration_s: gauge("seconds", "Time the last dump of all flows took", "流表转储耗时"),
      hw_offload: gauge(
        "bool",
        "1 when flows are given to the network card; its packets are not counted here",
        "是否启用硬件卸载（卸载的包不计入）",
      ),
      offloaded_flows: gauge("count", "Flows the network card has taken", "已卸载流表数"),
    },
  },
  /** A thread that polls ports of the datapath in user space. */
  ovs_pmd: {
    source: "ovs-vswitchd: dpif-netdev/pmd-stats-show",
    tags: ["core"],
    fields: {
      packets: counter("packets", "Packets received", "接收包数"),
      recirculations: counter("packets", "Packets looked up once more", "重循环包数"),
      hw_hit: counter("packets", "Packets the network card had a flow for", "硬件命中包数"),
      simple_hit: counter("packets", "Packets found by simple match", "简单匹配命中包数"),
      emc_hit: counter("packets", "Packets found in the exact match cache", "EMC 命中包数"),
      smc_hit: counter("packets", "Packets found in the signature match cache", "SMC 命中包数"),
      megaflow_hit: counter("packets", "Packets found among the megaflows", "megaflow 命中包数"),
      miss_ok: counter("packets", "Packets whose upcall succeeded", "upcall 成功包数"),
      miss_failed: counter("packets", "Packets dropped because their upcall failed", "upcall 失败包数"),
      idle_cycles: counter("count", "Cycles of polling in vain (PMD threads only)", "空轮询周期数"),
      busy_cycles: counter("count", "Cycles of work on packets (PMD threads only)", "处理包周期数"),
    },
  },
  ovs_daemon: {
    source: "ovs-vswitchd: memory/show; /proc/<pid>/stat",
    tags: ["daemon"],
    fields: {
      uptime_s: gauge("seconds", "Time since the daemon started", "守护进程运行时长"),
      handlers: gauge("count", "Threads that take upcalls", "handler 线程数"),
      revalidators: gauge("count", "Threads that keep flows up to date", "revalidator 线程数"),
      ports: gauge("count", "Ports of all bridges", "端口数"),
      rules: gauge("count", "OpenFlow rules", "OpenFlow 规则数"),
      flow_keys: gauge("count", "Flows user space keeps track of", "用户态流表项数"),
    },
  },
  /** One interface of a bond of the switch. */
  ovs_bond: {
    source: "ovs-vswitchd: bond/show, lacp/show",
    tags: ["bond", "member"],
    fields: {
      enabled: gauge("bool", "1 when traffic may go through the member", "成员是否启用"),
      active: gauge("bool", "1 for the member that takes what is not spread", "是否为活动成员"),
      lacp_current: gauge("bool", "1 when its LACP partner answers", "LACP 对端是否正常"),
    },
  },
  /**
   * Interfaces as the switch sees them: what it receives (rx) a machine behind the port has sent. Counters only of those that
   * no device of the kernel stands for (tunnel, vhost-user, DPDK); of the others `net_if` has them, and here stand their
   * owner and state. What does not change is written once a minute or two; where more than sixty carry traffic they take
   * turns, each at least once a minute. A counter appears, with its zero, when it first rises.
   */
  ovs_interface: {
    source: "OVSDB: Interface; counters only where no device of the kernel stands for it (else: net_if)",
    tags: ["bridge", "port", "interface", "type", "remote_ip", "port_id", "vm_id"],
    fields: {
      rx_bytes: counter(
        "bytes",
        "Bytes the switch received: what the machine behind the port sent",
        "交换机接收字节数（即端口后虚拟机发送）",
      ),
      rx_packets: counter("packets", "Packets the switch received", "交换机接收包数"),
      rx_errors: counter("packets", "Packets the switch received with errors", "交换机接收错误包数"),
      rx_dropped: counter("packets", "Packets dropped on receive by the switch", "交换机接收丢弃包数"),
      tx_bytes: counter(
        "bytes",
        "Bytes the switch sent: what the machine behind the port received",
        "交换机发送字节数（即端口后虚拟机接收）",
      ),
      tx_packets: counter("packets", "Packets the switch sent", "交换机发送包数"),
      tx_errors: counter("packets", "Packets the switch could not send", "交换机发送错误包数"),
      tx_dropped: counter("packets", "Packets dropped on send by the switch", "交换机发送丢弃包数"),
      link_up: gauge("bool", "1 when the link is up", "链路是否正常"),
      admin_up: gauge("bool", "1 when the interface is meant to work", "接口是否启用"),
      link_resets: counter("count", "Times the switch saw the link change", "链路变化次数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
