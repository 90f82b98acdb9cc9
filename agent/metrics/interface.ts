import type { EpochMs } from "../../core/clock.ts";
import type { NodeKind } from "../../core/element.ts";
import type { Point } from "../../core/line-protocol.ts";
import { neutronNamespace, sideOf } from "../network-node/neutron-namespace.ts";
import { intOf } from "./number-text.ts";

/** What is known of an interface besides its counters. */
export interface InterfaceFacts {
  readonly kind: NodeKind;
  readonly up: boolean;
  readonly mtuBytes: number | undefined;
  readonly speedMbps: number | undefined;
  readonly carrierChanges: string | undefined;
}

/**
 * One point for each interface of a network namespace, from its /proc/net/dev. `factsOf` answers undefined for an
 * interface that is to be left out. `netns` undefined is the host's own namespace.
 */
export function interfacePoints(
  netDev: string,
  netns: string | undefined,
  factsOf: (name: string) => InterfaceFacts | undefined,
  at: EpochMs,
): readonly Point[] {
  const points: Point[] = [];
  const neutron = neutronNamespace(netns);
  const { service = "", routerId = "", networkId = "" } = neutron ?? {};
  const ofNamespace = { netns: netns ?? "", service, router_id: routerId, network_id: networkId };
  for (const line of netDev.split("\n")) {
    // A long counter touches the colon, and a name may hold a colon itself: the last colon ends the name.
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim();
    const facts = factsOf(name);
    if (facts === undefined) continue;
    const v = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    points.push({
      measurement: "net_if",
      tags: {
        ...ofNamespace,
        interface: name,
        kind: facts.kind,
        side: (neutron === undefined ? undefined : sideOf(neutron, name)) ?? "",
      },
      fields: {
        rx_bytes: intOf(v[0]),
        rx_packets: intOf(v[1]),
        rx_errors: intOf(v[2]),
        rx_dropped: intOf(v[3]),
        tx_bytes: intOf(v[8]),
        tx_packets: intOf(v[9]),
        tx_errors: intOf(v[10]),
        tx_dropped: intOf(v[11]),
        carrier_changes: intOf(facts.carrierChanges),
        up: { int: facts.up ? 1 : 0 },
        speed_bps: facts.speedMbps === undefined ? undefined : { int: facts.speedMbps * 1e6 },
        mtu_bytes: facts.mtuBytes === undefined ? undefined : { int: facts.mtuBytes },
      },
      at,
    });
  }
  return points;
}

/**
 * Whether an interface is able to carry traffic. Devices that have no carrier to speak of (loopback, tun) stay in
 * operational state `unknown`: there the carrier decides. The kernel says `down` for whatever is administratively down.
 */
export function isUp(operstate: string, carrier: boolean): boolean {
  return operstate === "up" || (operstate === "unknown" && carrier);
}
