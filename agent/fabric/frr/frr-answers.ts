import { isRecord, parseJson } from "../../../core/json.ts";
import { membersAt, numberAt, textAt, textsAt } from "../../json-value.ts";
import type { BgpPeer, BgpSpeaker, BgpTable, PeerFamily } from "../bgp/bgp-speaker.ts";

/** What FRR calls its address families in JSON → what we, and its own command line, call them. */
const AFI_NAMES: { readonly [name: string]: string } = {
  ipv4Unicast: "ipv4-unicast",
  ipv6Unicast: "ipv6-unicast",
  ipv4Vpn: "ipv4-vpn",
  ipv6Vpn: "ipv6-vpn",
  ipv4LabeledUnicast: "ipv4-labeled-unicast",
  ipv6LabeledUnicast: "ipv6-labeled-unicast",
  l2VpnEvpn: "l2vpn-evpn",
};

/** An EVPN instance as zebra and bgpd tell it. */
export interface EvpnVni {
  readonly vni: number;
  /** `L2` or `L3`. */
  readonly type: string | undefined;
  readonly vxlanInterface: string | undefined;
  readonly tenantVrf: string | undefined;
  readonly macs: number | undefined;
  readonly arpNd: number | undefined;
  /** Undefined for an L3 VNI, which has none. */
  readonly remoteVteps: readonly string[] | undefined;
}

/** What only bgpd knows of a VNI. */
export interface VniRouting {
  readonly routeDistinguisher: string | undefined;
  readonly localIp: string | undefined;
  /** Imported or exported. */
  readonly routeTargets: readonly string[];
}

/** Parses `show bgp vrf all summary json`; no instances where BGP is not configured, which FRR says in words or with `{}`. */
export function parseSummaries(text: string, space: string | undefined): readonly BgpSpeaker[] {
  const answer = parseJson(text);
  if (!isRecord(answer)) return [];
  return Object.entries(answer).flatMap(([vrf, families]) => {
    const speaker = parseSpeaker(families, space, vrf === "default" ? undefined : vrf);
    return speaker === undefined ? [] : [speaker];
  });
}

function parseSpeaker(answer: unknown, space: string | undefined, vrf: string | undefined): BgpSpeaker | undefined {
  if (!isRecord(answer)) return undefined;
  const peers = new Map<string, BgpPeer>();
  const tables: BgpTable[] = [];
  let [asn, routerId]: [number | undefined, string | undefined] = [undefined, undefined];
  for (const [name, family] of Object.entries(answer)) {
    const own = numberAt(family, "as");
    if (own === undefined) continue;
    [asn, routerId] = [own, textAt(family, "routerId")];
    const afi = AFI_NAMES[name] ?? name;
    tables.push({ afi, routes: numberAt(family, "ribCount"), paths: undefined });
    for (const [address, item] of membersAt(family, "peers")) {
      const peer = peers.get(address) ?? parsePeer(address, item);
      const here: PeerFamily = {
        afi,
        prefixesReceived: numberAt(item, "pfxRcd"),
        prefixesSent: numberAt(item, "pfxSnt"),
      };
      peers.set(address, { ...peer, families: [...peer.families, here] });
    }
  }
  return asn === undefined
    ? undefined
    : { daemon: "frr", space, vrf, asn, routerId, peers: [...peers.values()], tables };
}

function parsePeer(address: string, item: unknown): BgpPeer {
  // "Idle (Admin)", "Established"
  const session = (textAt(item, "state") ?? "unknown").toLowerCase().replace(/ .*/s, "");
  const uptimeMs = numberAt(item, "peerUptimeMsec");
  return {
    address,
    asn: numberAt(item, "remoteAs"),
    hostName: textAt(item, "hostname"),
    session,
    isAdminDown: textAt(item, "peerState") === "Admin",
    uptimeSeconds: uptimeMs === undefined ? undefined : uptimeMs / 1_000,
    messagesReceived: numberAt(item, "msgRcvd"),
    messagesSent: numberAt(item, "msgSent"),
    connectionsDropped: numberAt(item, "connectionsDropped"),
    families: [],
  };
}

/**
 * Parses `show bgp vrf <vrf> neighbors <address> json`: why its session was lost, in FRR's words. The last reset is often
 * what came after the loss ("Waiting for NHT"); the notification before it says more.
 */
export function parseLastReset(text: string, address: string): string | undefined {
  const answer = parseJson(text);
  const item = isRecord(answer) ? answer[address] : undefined;
  const words = [
    textAt(item, "lastNotificationReason"),
    textAt(item, "lastShutdownDescription"),
    textAt(item, "lastResetDueTo"),
  ].filter((it) => it !== undefined);
  return words.length === 0 ? undefined : words.join(", ");
}

/** Parses the first line of `show version` of a daemon: `FRRouting 8.4.4 (<what it calls itself>) on Linux(…).` */
export function parseVersion(text: string): Pick<BgpSpeaker, "version" | "hostName"> {
  const [, version, hostName] = /^FRRouting (\S+) \(([^)]+)\)/.exec(text) ?? [];
  return { version, hostName };
}

/** Parses `show evpn vni json`. */
export function parseVnis(text: string): readonly EvpnVni[] {
  const answer = parseJson(text);
  return Object.values(isRecord(answer) ? answer : {}).flatMap((item) => {
    const vni = numberAt(item, "vni");
    if (vni === undefined) return [];
    return {
      vni,
      type: textAt(item, "type"),
      vxlanInterface: textAt(item, "vxlanIf"),
      tenantVrf: textAt(item, "tenantVrf"),
      macs: numberAt(item, "numMacs"),
      arpNd: numberAt(item, "numArpNd"),
      remoteVteps: remoteVtepsOf(item),
    };
  });
}

/** The list is left out where there is none; an L3 VNI has the word `n/a` for its number. */
function remoteVtepsOf(item: unknown): readonly string[] | undefined {
  const listed = textsAt(item, "remoteVteps");
  return listed.length > 0 || numberAt(item, "numRemoteVteps") === 0 ? listed.toSorted() : undefined;
}

/** Parses `show bgp l2vpn evpn vni json`: its members with a number for a name are VNIs. */
export function parseVniRouting(text: string): ReadonlyMap<number, VniRouting> {
  const answer = parseJson(text);
  const found = new Map<number, VniRouting>();
  for (const item of Object.values(isRecord(answer) ? answer : {})) {
    const vni = numberAt(item, "vni");
    if (vni === undefined) continue;
    const targets = new Set([...textsAt(item, "importRTs"), ...textsAt(item, "exportRTs")]);
    const [routeDistinguisher, localIp] = [textAt(item, "rd"), textAt(item, "originatorIp")];
    found.set(vni, { routeDistinguisher, localIp, routeTargets: [...targets].sort() });
  }
  return found;
}

/** Parses `show evpn mac vni all duplicate json`: the flagged MACs of each VNI that was asked about, none included. */
export function parseDuplicateMacs(text: string): ReadonlyMap<number, readonly string[]> {
  const answer = parseJson(text);
  return new Map(
    Object.entries(isRecord(answer) ? answer : {}).map(([vni, item]) => [
      Number(vni),
      membersAt(item, "macs")
        .map(([mac]) => mac)
        .sort(),
    ]),
  );
}

/** Parses `show ip route summary json`. */
export function parseRouteSummary(text: string): { readonly routes: number; readonly fibRoutes: number } | undefined {
  const answer = parseJson(text);
  const [routes, fibRoutes] = [numberAt(answer, "routesTotal"), numberAt(answer, "routesTotalFib")];
  if (routes === undefined || fibRoutes === undefined) return undefined;
  return { routes, fibRoutes };
}
