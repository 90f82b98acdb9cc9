import { deviceName, TENANT_MTU } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { gatewayPort, networkUuid, portUuid, routerPort, routerUuid } from "../cloud/identity.ts";
import { duties } from "../elements/namespace-elements.ts";
import type { SimulatedPoint } from "./line-of.ts";
import type { Moment } from "./rhythm.ts";
import { routerTraffic } from "./traffic.ts";

/** Of a network node: each interface of its routers, in their namespaces, and what these track. */
export function routerPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  if (host.role !== "network") return [];
  return duties(cloud, host).routers.flatMap(({ index, networks }) => {
    const routerId = routerUuid(cloud, index);
    const [inside, outside] = [`qrouter-${routerId}`, `snat-${routerId}`];
    const { bytes, packets } = routerTraffic(cloud, host, index, moment);
    const of = (
      { port, prefix, side, network_id }: { port: number; prefix: string; side: string; network_id: string },
      share: number,
    ): SimulatedPoint => ({
      measurement: "net_if",
      tags: {
        ...{
          netns: side === "external" ? outside : inside,
          interface: deviceName(prefix, portUuid(cloud, port)),
          kind: "interface",
        },
        ...{ service: side === "external" ? "snat" : "router", router_id: routerId, network_id, side },
      },
      fields: {
        rx_bytes: { int: bytes * share },
        rx_packets: { int: packets * share },
        rx_dropped: { int: 0 },
        tx_bytes: { int: bytes * share * 0.8 },
        tx_packets: { int: packets * share * 0.8 },
        tx_dropped: { int: 0 },
        up: { int: 1 },
        mtu_bytes: { int: TENANT_MTU },
      },
    });
    return [
      of({ port: gatewayPort(index), prefix: "qg-", side: "external", network_id: "" }, 1),
      ...networks.map((network) =>
        of(
          { port: routerPort(network), prefix: "qr-", side: "internal", network_id: networkUuid(cloud, network) },
          1 / networks.length,
        ),
      ),
      { measurement: "conntrack", tags: { netns: outside }, fields: { count: { int: 200 + (index % 300) } } },
    ];
  });
}
