import { segmentationId, underlayAddress } from "../cloud/addresses.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { hostAt, meshOf, routeReflectors } from "../cloud/identity.ts";
import { networksOn } from "../elements/overlay-elements.ts";
import { noise } from "../random.ts";
import { uptimeSeconds } from "./host-points.ts";
import type { SimulatedPoint } from "./line-of.ts";
import { COUNTING_SINCE_MS, countedUntilMs, type Moment } from "./rhythm.ts";

const SPEAKER = { daemon: "frr", space: "", vrf: "" };
const AFI = "l2vpn-evpn";
/** Two keepalives are sent in a minute, and some updates. */
const MESSAGE_EVERY_MS = 20_000;
const PREFIXES_OF_A_HOST = 24;

/** Sessions of the host's BGP speaker: with the route reflectors of its mesh, or on one of those with all other hosts. */
export function bgpPoints(cloud: Cloud, host: Host, moment: Moment): readonly SimulatedPoint[] {
  const reflectors = routeReflectors(cloud, host);
  const mesh = meshOf(cloud, host);
  const isReflector = reflectors.includes(host.index);
  const { first, end } = mesh.hosts;
  const all = isReflector ? Array.from({ length: end - first }, (_, n) => first + n) : reflectors;
  const peers = all.filter((index) => index !== host.index);
  const received = isReflector ? PREFIXES_OF_A_HOST : PREFIXES_OF_A_HOST * (end - first - 1);
  const sessions = peers.map((peer) => sessionPoint(cloud, host, { peer, isReflector, received }, moment));
  const down = sessions.filter(({ fields }) => fields.up === DOWN).length;
  const routes = PREFIXES_OF_A_HOST * (end - first);
  return [
    ...sessions,
    {
      measurement: "bgp_table",
      tags: { ...SPEAKER, afi: AFI },
      fields: { peers: { int: peers.length }, peers_down: { int: down }, routes: { int: routes } },
    },
  ];
}

const UP = { int: 1 };
const DOWN = { int: 0 };

interface Session {
  readonly peer: number;
  readonly isReflector: boolean;
  /** Prefixes that come from there. */
  readonly received: number;
}

/** Both ends go by what the route reflector knows of the session. */
function sessionPoint(cloud: Cloud, host: Host, session: Session, moment: Moment): SimulatedPoint {
  const { peer, isReflector, received } = session;
  const [reflector, other] = isReflector ? [host, peer] : [hostAt(cloud, peer), host.index];
  const { lostSessions, sessionsLostBefore } = reflector.condition;
  const isDown = lostSessions.length > 0 && lostSessions.includes(other);
  const lost = sessionsLostBefore.get(other);
  const messages = (countedUntilMs(moment, host.index) - COUNTING_SINCE_MS) / MESSAGE_EVERY_MS;
  const sinceMs = lost?.sinceMs ?? Number.NEGATIVE_INFINITY;
  const uptime = Math.min(uptimeSeconds(host, moment), Math.max(0, moment.atMs - sinceMs) / 1_000);
  return {
    measurement: "bgp_peer",
    tags: { ...SPEAKER, peer: underlayAddress(peer), afi: AFI },
    fields: {
      up: isDown ? DOWN : UP,
      admin_down: { int: 0 },
      uptime_s: isDown ? undefined : uptime,
      prefixes_received: { int: isDown ? 0 : received },
      prefixes_sent: { int: isDown ? 0 : PREFIXES_OF_A_HOST },
      messages_received: { int: messages },
      messages_sent: { int: messages },
      connections_dropped: { int: lost?.times ?? 0 },
      message_age_s: isDown ? undefined : 9 * noise(host.index, peer, moment.atMs),
    },
  };
}

/** Of the VNIs that end on the host. */
export function vniPoints(cloud: Cloud, host: Host): readonly SimulatedPoint[] {
  return networksOn(cloud, host).map((network) => ({
    measurement: "evpn_vni",
    tags: { space: "", vni: String(segmentationId(network)) },
    fields: {
      macs: { int: (cloud.networks[network]?.taken.size ?? 0) + 3 },
      arp_nd: { int: (cloud.networks[network]?.taken.size ?? 0) + 3 },
      remote_vteps: { int: Math.min(cloud.networks[network]?.taken.size ?? 0, 20) },
      duplicate_macs: { int: 0 },
    },
  }));
}

/** Of a route reflector, which has a GoBGP for route targets beside its FRR: who asks for which, and all paths. */
export function routeServerPoints(cloud: Cloud, host: Host): readonly SimulatedPoint[] {
  if (!routeReflectors(cloud, host).includes(host.index)) return [];
  const { first, end } = meshOf(cloud, host).hosts;
  const askers = new Map<number, number>();
  for (let index = first; index < end; index++) {
    for (const network of networksOn(cloud, hostAt(cloud, index))) askers.set(network, (askers.get(network) ?? 0) + 1);
  }
  const routes = PREFIXES_OF_A_HOST * (end - first);
  return [
    {
      measurement: "bgp_table",
      tags: { daemon: "gobgp", space: "", vrf: "", afi: AFI },
      fields: {
        ...{ peers: { int: end - first - 1 }, peers_down: { int: 0 } },
        ...{ routes: { int: routes }, paths: { int: 2 * routes } },
      },
    },
    ...Array.from(askers, ([network, count]) => ({
      measurement: "bgp_rtc",
      tags: { daemon: "gobgp", route_target: `65000:${segmentationId(network)}` },
      fields: { paths: { int: count }, neighbours: { int: count } },
    })),
  ];
}
