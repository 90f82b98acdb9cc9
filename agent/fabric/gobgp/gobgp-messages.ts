import type { EpochMs } from "../../../core/clock.ts";
import type { BgpPeer, PeerFamily } from "../bgp/bgp-speaker.ts";
import { decodeMessage, encodeMessage, type Fields, messageIn, messagesIn, numberIn, textIn } from "./protobuf.ts";

/** Address family and sub-family by number (IANA). */
export interface Family {
  readonly afi: number;
  readonly safi: number;
}

export const RTC: Family = { afi: 1, safi: 132 };

const FAMILY_NAMES: { readonly [numbers: string]: string } = {
  "1/1": "ipv4-unicast",
  "2/1": "ipv6-unicast",
  "1/4": "ipv4-labeled-unicast",
  "2/4": "ipv6-labeled-unicast",
  "1/128": "ipv4-vpn",
  "2/128": "ipv6-vpn",
  "1/132": "rtc",
  "1/133": "ipv4-flowspec",
  "2/133": "ipv6-flowspec",
  "25/65": "l2vpn-vpls",
  "25/70": "l2vpn-evpn",
};

const SESSION_STATES = ["unknown", "idle", "connect", "active", "opensent", "openconfirm", "established"];
const ADMIN_DOWN = 1;

export const familyName = ({ afi, safi }: Family): string =>
  FAMILY_NAMES[`${afi}/${safi}`] ?? `afi-${afi}-safi-${safi}`;

/** A peer as `ListPeer` tells it, with what only GoBGP knows. */
export interface GobgpPeer {
  readonly peer: BgpPeer;
  readonly families: readonly Family[];
  readonly isRouteReflectorClient: boolean;
  /** What this speaker calls itself to the peer. */
  readonly ownName: string | undefined;
}

/** Field numbers here and below are those of api/gobgp.proto of GoBGP, versions 2 and 3. */
export function parsePeer(message: Buffer, at: EpochMs): GobgpPeer | undefined {
  const peer = messageIn(decodeMessage(message) ?? new Map(), 1);
  const [configured, state] = [messageIn(peer, 2), messageIn(peer, 5)];
  const address = textIn(state, 5) ?? textIn(configured, 4) ?? textIn(configured, 11);
  if (address === undefined) return undefined;
  const session = SESSION_STATES[numberIn(state, 13)] ?? "unknown";
  const establishedAtSeconds = numberIn(messageIn(messageIn(messageIn(peer, 6), 2), 6), 1);
  const messages = messageIn(state, 4);
  const afiSafis = messagesIn(peer, 10);
  return {
    families: afiSafis.map(familyOf),
    ownName: hostNameIn(messagesIn(state, 19)),
    isRouteReflectorClient: numberIn(messageIn(peer, 4), 1) === 1,
    peer: {
      address,
      asn: numberIn(state, 6) || numberIn(configured, 5) || undefined,
      hostName: hostNameIn(messagesIn(state, 18)),
      session,
      isAdminDown: numberIn(state, 15) === ADMIN_DOWN,
      uptimeSeconds: establishedAtSeconds === 0 ? undefined : Math.max(0, at / 1_000 - establishedAtSeconds),
      messagesReceived: numberIn(messageIn(messages, 1), 7),
      messagesSent: numberIn(messageIn(messages, 2), 7),
      connectionsDropped: numberIn(state, 17),
      families: afiSafis.map((it) => peerFamily(it, session === "established")),
    },
  };
}

function familyOf(afiSafi: Fields): Family {
  const family = messageIn(messageIn(afiSafi, 2), 1);
  return { afi: numberIn(family, 1), safi: numberIn(family, 2) };
}

/** What is sent is counted only on request, by a walk through the whole table for each peer. */
function peerFamily(afiSafi: Fields, isUp: boolean): PeerFamily {
  const prefixesReceived = isUp ? numberIn(messageIn(afiSafi, 3), 3) : 0;
  return { afi: familyName(familyOf(afiSafi)), prefixesReceived, prefixesSent: undefined };
}

/** Capabilities are of kind google.protobuf.Any: the name of a message, and the message. */
function hostNameIn(capabilities: readonly Fields[]): string | undefined {
  const fqdn = capabilities.find((it) => textIn(it, 1)?.endsWith(".FqdnCapability"));
  return fqdn === undefined ? undefined : textIn(messageIn(fqdn, 2), 1);
}

/** Of `GetBgp`; undefined while BGP is not started. */
export function parseGlobal(
  message: Buffer,
): { readonly asn: number; readonly routerId: string | undefined } | undefined {
  const global = messageIn(decodeMessage(message) ?? new Map(), 1);
  const asn = numberIn(global, 1);
  return asn === 0 ? undefined : { asn, routerId: textIn(global, 2) };
}

/** `GetTable` and `ListPath` of the global table take the family in the fields of the same meaning. */
export function tableRequest({ afi, safi }: Family): Buffer {
  const family = encodeMessage([
    [1, afi],
    [2, safi],
  ]);
  return encodeMessage([[2, family]]);
}

export function pathRequest({ afi, safi }: Family): Buffer {
  const family = encodeMessage([
    [1, afi],
    [2, safi],
  ]);
  return encodeMessage([[3, family]]);
}

export function parseTable(message: Buffer): { readonly routes: number; readonly paths: number } {
  const table = decodeMessage(message) ?? new Map();
  return { routes: numberIn(table, 1), paths: numberIn(table, 2) };
}

/** One route target of the table of route target constraints, and who asks for it. */
export interface WantedTarget {
  /** As in a VNI's `route_targets`: `65000:100`. */
  readonly target: string;
  readonly paths: number;
  /** Addresses of neighbours; what this speaker itself asks for has none. */
  readonly neighbours: readonly string[];
}

/** Of `ListPath`; its prefix is `<origin AS>:<route target>` (RFC 4684, 4). */
export function parseWantedTarget(message: Buffer): WantedTarget | undefined {
  const destination = messageIn(decodeMessage(message) ?? new Map(), 1);
  const prefix = textIn(destination, 1);
  if (prefix === undefined) return undefined;
  const paths = messagesIn(destination, 2);
  const neighbours = new Set(paths.map((it) => textIn(it, 15) ?? ""));
  return {
    target: /^\d+:(.+:.+)$/.exec(prefix)?.[1] ?? prefix,
    paths: paths.length,
    neighbours: [...neighbours].filter((it) => /^[\d.:a-f]+$/i.test(it)).sort(),
  };
}
