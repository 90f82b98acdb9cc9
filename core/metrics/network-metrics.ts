import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

/** Interfaces, and what network nodes carry. Source: proc(5), the agents of Neutron. */
export const NETWORK_METRICS = {
  /**
   * `service`, `router_id`, `network_id` and `side` are there in namespaces of Neutron: router, snat, fip, dhcp,
   * ovn-metadata; internal, external, ha, dhcp, inner (between namespaces of one host).
   */
  net_if: {
    source: "/proc/<pid>/net/dev, /sys/class/net",
    tags: ["netns", "interface", "kind", "service", "router_id", "network_id", "side"],
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
  /**
   * Of a host with the role network. A packet that is routed comes in once (rx) and leaves once (tx), over the internal and
   * external interfaces of routers; what goes between namespaces of one host is not counted. Counted by the agent since it
   * started, so that a router that goes takes nothing back.
   */
  network_node: {
    source: "/proc/<pid>/net/dev in qrouter-, snat- and fip- namespaces",
    tags: [],
    fields: {
      rx_bytes: counter("bytes", "Bytes that came into routers", "进入路由器的字节数"),
      rx_packets: counter("packets", "Packets that came into routers", "进入路由器的包数"),
      tx_bytes: counter("bytes", "Bytes that left routers", "离开路由器的字节数"),
      tx_packets: counter("packets", "Packets that left routers", "离开路由器的包数"),
      uplink_rx_bytes: counter("bytes", "Bytes received by the network cards", "网卡接收字节数"),
      uplink_rx_packets: counter("packets", "Packets received by the network cards", "网卡接收包数"),
      uplink_tx_bytes: counter("bytes", "Bytes sent by the network cards", "网卡发送字节数"),
      uplink_tx_packets: counter("packets", "Packets sent by the network cards", "网卡发送包数"),
      routers: gauge("count", "Routers with a namespace here", "路由器数"),
      active_routers: gauge("count", "Highly available routers that are active here", "主用高可用路由器数"),
      dhcp_networks: gauge("count", "Networks with a DHCP namespace here", "DHCP 网络数"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
