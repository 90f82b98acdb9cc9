import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Traffic } from "./carried.ts";

export interface NetworkNodeFigures {
  readonly routed: Traffic;
  readonly uplink: Traffic;
  readonly routers: number;
  readonly activeRouters: number;
  readonly dhcpNetworks: number;
}

/** What a network node carries; its share among those of its cluster is `networkNodeShare` of core/metrics. */
export function networkNodePoint(figures: NetworkNodeFigures, at: EpochMs): Point {
  const { routed, uplink, routers, activeRouters, dhcpNetworks } = figures;
  return {
    measurement: "network_node",
    tags: {},
    fields: {
      rx_bytes: { int: routed.rxBytes },
      rx_packets: { int: routed.rxPackets },
      tx_bytes: { int: routed.txBytes },
      tx_packets: { int: routed.txPackets },
      uplink_rx_bytes: { int: uplink.rxBytes },
      uplink_rx_packets: { int: uplink.rxPackets },
      uplink_tx_bytes: { int: uplink.txBytes },
      uplink_tx_packets: { int: uplink.txPackets },
      routers: { int: routers },
      active_routers: { int: activeRouters },
      dhcp_networks: { int: dhcpNetworks },
    },
    at,
  };
}
