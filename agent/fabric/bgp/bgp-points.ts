import type { EpochMs } from "../../../core/clock.ts";
import { intField, type Point } from "../../../core/line-protocol.ts";
import { type BgpPeer, type BgpSpeaker, isLost, isUp } from "./bgp-speaker.ts";

/** A route reflector has a peer on every host; more than these are told by their number only, those that are down first. */
const MAX_PEERS_TOLD = 1_000;

/** What a speaker's peers and tables count. `messageAge` is what a `MessageWatch` says. */
export function bgpPoints(
  speaker: BgpSpeaker,
  messageAge: (peer: BgpPeer) => number | undefined,
  at: EpochMs,
): readonly Point[] {
  const tags = speakerTags(speaker);
  const points = toldPeers(speaker.peers).flatMap((peer) => peerPoints(peer, tags, messageAge(peer), at));
  for (const { afi, routes, paths } of speaker.tables) {
    const ofFamily = speaker.peers.filter(({ families }) => families.some((family) => family.afi === afi));
    const fields = {
      peers: intField(ofFamily.length),
      peers_down: intField(ofFamily.filter(isLost).length),
      routes: intField(routes),
      paths: intField(paths),
    };
    points.push({ measurement: "bgp_table", tags: { ...tags, afi }, fields, at });
  }
  return points;
}

function toldPeers(peers: readonly BgpPeer[]): readonly BgpPeer[] {
  if (peers.length <= MAX_PEERS_TOLD) return peers;
  const rank = (peer: BgpPeer) => `${isLost(peer) ? 0 : 1} ${peer.address}`;
  return peers.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1)).slice(0, MAX_PEERS_TOLD);
}

function peerPoints(
  peer: BgpPeer,
  tags: { readonly [tag: string]: string },
  messageAgeSeconds: number | undefined,
  at: EpochMs,
): readonly Point[] {
  const ofSession = {
    up: intField(isUp(peer) ? 1 : 0),
    admin_down: intField(peer.isAdminDown ? 1 : 0),
    uptime_s: isUp(peer) ? peer.uptimeSeconds : undefined,
    messages_received: intField(peer.messagesReceived),
    messages_sent: intField(peer.messagesSent),
    connections_dropped: intField(peer.connectionsDropped),
    message_age_s: isUp(peer) ? messageAgeSeconds : undefined,
  };
  return peer.families.map(({ afi, prefixesReceived, prefixesSent }) => ({
    measurement: "bgp_peer",
    tags: { ...tags, peer: peer.address, afi },
    fields: { ...ofSession, prefixes_received: intField(prefixesReceived), prefixes_sent: intField(prefixesSent) },
    at,
  }));
}

/** The default path space and the default VRF are said by leaving the tag out. */
function speakerTags({ daemon, space = "", vrf = "" }: BgpSpeaker): { readonly [tag: string]: string } {
  return { daemon, space, vrf };
}
