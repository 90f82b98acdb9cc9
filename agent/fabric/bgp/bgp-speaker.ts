import type { Node } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId } from "../../../core/element-id.ts";
import { attributesOf } from "../../topology/attributes.ts";

/** One BGP instance of this host: a daemon's, in a VRF. */
export interface BgpSpeaker {
  readonly daemon: "frr" | "gobgp";
  /** Path space of FRR; undefined: the default one. */
  readonly space: string | undefined;
  /** Undefined: the default one. */
  readonly vrf: string | undefined;
  readonly asn: number;
  readonly routerId: string | undefined;
  /** What it calls itself to its peers (FQDN capability), and the version of the daemon. */
  readonly hostName?: string | undefined;
  readonly version?: string | undefined;
  readonly peers: readonly BgpPeer[];
  readonly tables: readonly BgpTable[];
  /** Undefined: the daemon does not tell. */
  readonly isRouteReflector?: boolean | undefined;
  /** Route targets each neighbour asks for (RFC 4684), by its address; undefined: the daemon does not tell. */
  readonly routeTargetsWanted?: ReadonlyMap<string, readonly string[]> | undefined;
}

export interface BgpPeer {
  /** Its address, or the interface of an unnumbered session. */
  readonly address: string;
  readonly asn: number | undefined;
  /** What the peer calls itself (FQDN capability). */
  readonly hostName: string | undefined;
  /** Lower case: `established`, `idle`, `active` … */
  readonly session: string;
  /** Shut down here; a session that the peer shut down is down. */
  readonly isAdminDown: boolean;
  /** Of the established session. */
  readonly uptimeSeconds: number | undefined;
  readonly messagesReceived: number | undefined;
  readonly messagesSent: number | undefined;
  readonly connectionsDropped: number | undefined;
  readonly families: readonly PeerFamily[];
  /** Why the session was lost last. */
  readonly lastReset?: string | undefined;
}

export interface PeerFamily {
  /** `l2vpn-evpn`, `ipv4-unicast`, `rtc` … */
  readonly afi: string;
  readonly prefixesReceived: number | undefined;
  readonly prefixesSent: number | undefined;
}

export interface BgpTable {
  readonly afi: string;
  readonly routes: number | undefined;
  readonly paths: number | undefined;
}

export const isUp = ({ session }: BgpPeer): boolean => session === "established";
export const isLost = (peer: BgpPeer): boolean => !isUp(peer) && !peer.isAdminDown;

/** Neighbours whose route targets are told; a route reflector has a thousand, and the sum is a metric. */
const MAX_NEIGHBOURS_WITH_TARGETS = 32;
const MAX_TARGETS_TOLD = 100;

/**
 * `host/<host>/bgp/<as>`; one that is not FRR's default instance has what tells it apart after an `@`, so that two
 * instances of one autonomous system are two.
 */
export function speakerId(host: string, { daemon, space, vrf, asn }: BgpSpeaker): ElementId {
  const apart = [daemon === "gobgp" ? "gobgp" : undefined, space, vrf].filter((word) => word !== undefined);
  return elementIdOf("host", host, "bgp", [String(asn), ...apart].join("@"));
}

/**
 * The speaker with its peers. Whose speaker a peer is, only the collector can know: an address may be that of any host or
 * switch, and what a peer calls itself need not be what its agent calls it. So the peers are lists of addresses, and
 * `peer_hosts` has `<address> <name>` for those that gave a name.
 */
export function speakerNode(host: string, speaker: BgpSpeaker): Node {
  const { asn, routerId, vrf, space, daemon, hostName, version, peers, isRouteReflector, routeTargetsWanted } = speaker;
  const lost = peers.filter(isLost);
  return {
    id: speakerId(host, speaker),
    kind: "bgp-speaker",
    name: `AS${asn}`,
    cluster: "",
    host,
    parent: hostId(host),
    attributes: attributesOf({
      asn,
      router_id: routerId,
      bgp_daemon: daemon,
      bgp_version: version,
      bgp_hostname: hostName,
      vrf,
      path_space: space,
      is_route_reflector: isRouteReflector,
      peers: peers.map(({ address }) => address).sort(),
      peer_hosts: peers.flatMap((it) => (it.hostName === undefined ? [] : [`${it.address} ${it.hostName}`])).sort(),
      peers_down: lost.map(({ address }) => address).sort(),
      peers_admin_down: peers.flatMap((it) => (it.isAdminDown ? [it.address] : [])).sort(),
      peers_down_reasons: lost.flatMap((it) => (it.lastReset ? [`${it.address} ${it.lastReset}`] : [])).sort(),
      address_families: speaker.tables.map(({ afi }) => afi).sort(),
      ...wantedAttributes(routeTargetsWanted),
    }),
  };
}

/** `rtc.<neighbour>`: the route targets it asks for. */
function wantedAttributes(wanted: ReadonlyMap<string, readonly string[]> | undefined) {
  const neighbours = [...(wanted ?? [])].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    neighbours
      .slice(0, MAX_NEIGHBOURS_WITH_TARGETS)
      .map(([neighbour, targets]) => [`rtc.${neighbour}`, targets.toSorted().slice(0, MAX_TARGETS_TOLD)]),
  );
}
