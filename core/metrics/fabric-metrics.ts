import { counter, gauge, type MeasurementSpec } from "./metric-spec.ts";

const SPEAKER_TAGS = ["daemon", "space", "vrf"] as const;

/**
 * The fabric and its control plane, seen from the host. `daemon` is `frr` or `gobgp`, `space` a path space of FRR and `vrf` a
 * VRF; both are left out for the default one. Sources: lldpcli(8), the vty sockets of FRR, GoBGP's gRPC API, the kernel's
 * Documentation/networking/bonding.rst, ethtool(8), ip-link(8).
 */
export const FABRIC_METRICS = {
  lldp_interface: {
    source: "lldpcli show neighbors details",
    tags: ["interface"],
    fields: {
      neighbours: gauge(
        "count",
        "LLDP neighbours heard on the interface; 0 once the last one aged out",
        "接口上的 LLDP 邻居数",
      ),
      age_s: gauge("seconds", "Time since the newest of them was first heard", "最新邻居首次出现至今的时间"),
    },
  },
  bgp_peer: {
    source: "FRR: show bgp vrf all summary json; GoBGP: ListPeer",
    tags: [...SPEAKER_TAGS, "peer", "afi"],
    fields: {
      up: gauge("bool", "1 when the session is established", "会话是否建立"),
      admin_down: gauge("bool", "1 when somebody shut the session down here", "会话是否被管理关闭"),
      uptime_s: gauge("seconds", "Time since the session was established", "会话建立时长"),
      prefixes_received: gauge("count", "Prefixes received in this address family", "收到的前缀数"),
      prefixes_sent: gauge("count", "Prefixes sent in this address family; GoBGP does not tell", "发送的前缀数"),
      messages_received: counter(
        "count",
        "BGP messages received in the session, the same for each address family",
        "会话收到的 BGP 消息数",
      ),
      messages_sent: counter(
        "count",
        "BGP messages sent in the session, the same for each address family",
        "会话发送的 BGP 消息数",
      ),
      connections_dropped: counter("count", "Times an established session was lost", "已建立会话断开次数"),
      message_age_s: gauge(
        "seconds",
        "At least so long no message came in an established session: a dead link shows here before the hold time is over",
        "已建立会话至少多久未收到消息",
      ),
    },
  },
  bgp_table: {
    source: "FRR: show bgp vrf all summary json; GoBGP: GetTable",
    tags: [...SPEAKER_TAGS, "afi"],
    fields: {
      peers: gauge("count", "Peers of the address family, those shut down included", "邻居数"),
      peers_down: gauge("count", "Peers without a session that nobody shut down", "断开的邻居数"),
      routes: gauge("count", "Destinations in the table", "路由表条目数"),
      paths: gauge("count", "Paths in the table; FRR does not tell", "路径数"),
    },
  },
  bgp_rtc: {
    source: "GoBGP: ListPath of address family rtc",
    tags: ["daemon", "route_target"],
    fields: {
      paths: gauge("count", "Paths by which the route target is asked for", "请求该 RT 的路径数"),
      neighbours: gauge("count", "Neighbours that ask for the route target", "请求该 RT 的邻居数"),
    },
  },
  evpn_vni: {
    source: "FRR: show evpn vni json",
    tags: ["space", "vni"],
    fields: {
      macs: gauge("count", "MAC addresses known in the VNI", "VNI 中的 MAC 数"),
      arp_nd: gauge("count", "Neighbour entries known in the VNI", "VNI 中的 ARP/ND 条目数"),
      remote_vteps: gauge("count", "Remote tunnel ends of the VNI", "远端 VTEP 数"),
      duplicate_macs: gauge("count", "MAC addresses flagged as duplicate", "被标记为重复的 MAC 数"),
    },
  },
  frr_routes: {
    source: "FRR: show ip route summary json, show ipv6 route summary json",
    tags: ["space", "family"],
    fields: {
      routes: gauge("count", "Routes in zebra's table", "zebra 路由数"),
      fib_routes: gauge("count", "Routes in the kernel", "内核路由数"),
    },
  },
  bond: {
    source: "/proc/net/bonding",
    tags: ["bond"],
    fields: {
      members: gauge("count", "Interfaces of the bond", "绑定成员数"),
      members_up: gauge("count", "Members whose link works", "链路正常的成员数"),
      aggregators: gauge("count", "LACP aggregators the members are in; more than 1 is a fault", "LACP 聚合组数"),
    },
  },
  bond_member: {
    source: "/proc/net/bonding",
    tags: ["bond", "interface"],
    fields: {
      up: gauge("bool", "1 when the member's link works", "成员链路是否正常"),
      link_failures: counter("count", "Times the link was lost", "链路故障次数"),
      in_active_aggregator: gauge("bool", "1 when LACP has put it into the aggregator in use", "是否在活动聚合组中"),
      churned: gauge("bool", "1 when LACP gave up on it (churned), here or at the partner", "LACP 是否 churn"),
    },
  },
  vf: {
    source: "ip -s -d -j link: vfinfo_list",
    tags: ["interface", "vf"],
    fields: {
      rx_bytes: counter("bytes", "Bytes received by the virtual function", "VF 接收字节数"),
      tx_bytes: counter("bytes", "Bytes sent by the virtual function", "VF 发送字节数"),
      rx_packets: counter("packets", "Packets received by the virtual function", "VF 接收包数"),
      tx_packets: counter("packets", "Packets sent by the virtual function", "VF 发送包数"),
      rx_dropped: counter("packets", "Packets dropped on receive by the virtual function", "VF 接收丢包数"),
      tx_dropped: counter("packets", "Packets dropped on send by the virtual function", "VF 发送丢包数"),
    },
  },
  nic_drops: {
    source: "ethtool -S",
    tags: ["interface", "driver"],
    fields: {
      rx_no_buffer: counter("packets", "Packets lost because the host offered no buffer", "无接收缓冲丢包"),
      rx_missed: counter("packets", "Packets the card had no room for", "网卡缓冲满丢包"),
      rx_discards: counter("packets", "Packets the port discarded on receive", "端口接收丢弃"),
      rx_crc_errors: counter("packets", "Packets with a wrong checksum: cable, optics", "CRC 错误包"),
      rx_length_errors: counter("packets", "Packets too long or too short: MTU", "长度错误包"),
      rx_errors: counter("packets", "Packets received with any other error", "其它接收错误"),
      tx_dropped: counter("packets", "Packets discarded on send", "发送丢弃"),
      tx_errors: counter("packets", "Packets not sent for errors", "发送错误"),
      rx_pause: counter("packets", "Pause frames received: the switch is congested", "接收 pause 帧"),
      tx_pause: counter("packets", "Pause frames sent: this host is congested", "发送 pause 帧"),
      link_downs: counter("count", "Times the physical link was lost, as the card counts", "物理链路断开次数"),
      total_dropped: counter("packets", "All of the above that are packets lost", "丢包合计"),
    },
  },
} as const satisfies { readonly [measurement: string]: MeasurementSpec };
