import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/** What the collector reads of switches by SNMP. `host` is the switch's own name (sysName). Source: RFC 2863, RFC 3418. */
export const SWITCH_METRICS = {
  switch: {
    source: "SNMP: IF-MIB, SNMPv2-MIB",
    tags: [],
    fields: {
      uptime_s: gauge("seconds", "Time since the switch's SNMP agent started (sysUpTime)", "交换机 SNMP 代理运行时长"),
      interfaces: gauge("count", "Interfaces the switch shows", "交换机接口数"),
    },
  },
  switch_if: {
    source: "SNMP: IF-MIB, SNMPv2-MIB",
    tags: ["interface", "alias", "descr"],
    fields: {
      rx_bytes: counter("bytes", "Bytes received (ifHCInOctets)", "接收字节数"),
      rx_unicast_packets: counter("packets", "Unicast packets received", "接收单播包数"),
      rx_multicast_packets: counter("packets", "Multicast packets received", "接收组播包数"),
      rx_broadcast_packets: counter("packets", "Broadcast packets received", "接收广播包数"),
      rx_errors: counter("packets", "Packets received with errors (ifInErrors)", "接收错误包数"),
      rx_dropped: counter("packets", "Packets dropped on receive (ifInDiscards)", "接收丢弃包数"),
      tx_bytes: counter("bytes", "Bytes sent (ifHCOutOctets)", "发送字节数"),
      tx_unicast_packets: counter("packets", "Unicast packets sent", "发送单播包数"),
      tx_multicast_packets: counter("packets", "Multicast packets sent", "发送组播包数"),
      tx_broadcast_packets: counter("packets", "Broadcast packets sent", "发送广播包数"),
      tx_errors: counter("packets", "Packets not sent for errors (ifOutErrors)", "发送错误包数"),
      tx_dropped: counter("packets", "Packets dropped on send (ifOutDiscards)", "发送丢弃包数"),
      up: gauge("bool", "1 when the interface works (ifOperStatus)", "接口是否工作"),
      admin_up: gauge("bool", "1 when the interface is meant to work (ifAdminStatus)", "接口是否启用"),
      speed_bps: gauge("bits_per_second", "Speed (ifHighSpeed)", "接口速率"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
