import { MAX_MESH_PEERS, type MeshClass, type MeshEndpoint, type MeshPeer } from "../../core/mesh.ts";

/** A host as far as the mesh is concerned. */
export interface MeshHost {
  readonly host: string;
  /** Names of the place it stands in, outermost first; a host of which that is not known stands in a rack of its own kind. */
  readonly zone: string;
  readonly rack: string;
  readonly isNetworkNode: boolean;
  readonly endpoints: readonly MeshEndpoint[];
}

type Shares = Readonly<Record<MeshClass, number>>;

/** How many of each class a host asks, and is asked by: together at most as many as it may ask. */
const SHARES: readonly Shares[] = [
  { rack: 4, zone: 3, region: 2, network: 2, overlay: 3 },
  { rack: 2, zone: 2, region: 2, network: 1, overlay: 2 },
  { rack: 1, zone: 1, region: 1, network: 1, overlay: 1 },
];

/**
 * Whom each host asks. Hosts stand in rings, in an order of their own that has nothing to do with racks: each is asked by those before it,
 * in its rack, in other racks of its zone, in other zones, within its overlay; and asks some network nodes. So each has its share of every
 * class, and as many witnesses should its agent fall silent, though its whole rack went with it. A host that comes or goes changes the peers
 * of its neighbours in the rings, and of nobody else.
 */
export function planMesh(
  hosts: readonly MeshHost[],
  most: number = MAX_MESH_PEERS,
): ReadonlyMap<string, readonly MeshPeer[]> {
  const ring = hosts.toSorted((a, b) => placeInRing(a.host) - placeInRing(b.host) || (a.host < b.host ? -1 : 1));
  const plan = new Map<string, MeshPeer[]>(ring.map(({ host }) => [host, []]));
  /** Whether the one asks the other now. */
  const add = (asker: MeshHost, peer: MeshHost, meshClass: MeshClass, endpoint: MeshEndpoint | undefined): boolean => {
    const peers = plan.get(asker.host);
    if (endpoint === undefined || peers === undefined || peers.length >= most) return false;
    const { path, address, port } = endpoint;
    if (peers.some((known) => known.address === address && known.path === path)) return false;
    peers.push({ host: peer.host, path, class: meshClass, address, port });
    return true;
  };
  const share = SHARES.find((each) => totalOf(each) <= most) ?? SHARES.at(-1) ?? NO_SHARES;
  const underlay = (meshClass: MeshClass) => (asker: MeshHost, peer: MeshHost) =>
    add(asker, peer, meshClass, underlayOf(peer));
  const otherRack = (a: MeshHost, b: MeshHost) => rackOf(a) !== rackOf(b);
  // The way into another rack is what the fewest can tell of.
  eachAskedInRings(ring, { ringOf: zoneOf, fits: otherRack, count: share.zone, ask: underlay("zone") });
  const otherZone = (a: MeshHost, b: MeshHost) => zoneOf(a) !== zoneOf(b);
  eachAskedInRings(ring, { ringOf: () => "all", fits: otherZone, count: share.region, ask: underlay("region") });
  eachAskedInRings(ring, { ringOf: rackOf, fits: () => true, count: share.rack, ask: underlay("rack") });
  const networkNodes = ring.filter(({ isNetworkNode }) => isNetworkNode);
  for (const asker of ring) {
    for (const peer of nodesFor(asker, networkNodes, share.network)) add(asker, peer, "network", underlayOf(peer));
  }
  for (const [network, members] of overlaysOf(ring)) {
    const within = (it: MeshHost) => it.endpoints.find((endpoint) => networkOf(endpoint) === network);
    const ask = (asker: MeshHost, peer: MeshHost) => add(asker, peer, "overlay", within(peer));
    eachAskedInRings(members, { ringOf: () => network, fits: () => true, count: share.overlay, ask });
  }
  return plan;
}

const NO_SHARES: Shares = { rack: 0, zone: 0, region: 0, network: 0, overlay: 0 };

const totalOf = (shares: Shares): number => Object.values(shares).reduce((sum, count) => sum + count, 0);

const rackOf = ({ zone, rack }: MeshHost): string => `${zone} ${rack}`;
const zoneOf = ({ zone }: MeshHost): string => zone;
const underlayOf = ({ endpoints }: MeshHost) => endpoints.find(({ path }) => path === "underlay");

/** How far one looks for an asker that fits and has room: past this, a rack or zone has nearly all hosts of the ring. */
const MOST_LOOKED_AT = 200;

interface RingQuestion {
  /** Hosts of which this is the same stand in one ring. */
  readonly ringOf: (host: MeshHost) => string;
  readonly fits: (asker: MeshHost, peer: MeshHost) => boolean;
  /** Askers of each. */
  readonly count: number;
  /** Whether the asker had room. */
  readonly ask: (asker: MeshHost, peer: MeshHost) => boolean;
}

/** Each host is asked by the `count` before it in its ring that fit and have room. */
function eachAskedInRings(hosts: readonly MeshHost[], { ringOf, fits, count, ask }: RingQuestion): void {
  for (const ring of Map.groupBy(hosts, ringOf).values()) {
    for (const [index, peer] of ring.entries()) {
      let left = count;
      const steps = Math.min(ring.length - 1, MOST_LOOKED_AT);
      for (let step = 1; step <= steps && left > 0; step++) {
        const asker = ring[(index - step + ring.length) % ring.length];
        if (asker !== undefined && fits(asker, peer) && ask(asker, peer)) left--;
      }
    }
  }
}

/** Spread over all of them by the asker's own place in the ring. */
function nodesFor(asker: MeshHost, nodes: readonly MeshHost[], count: number): readonly MeshHost[] {
  const others = nodes.filter(({ host }) => host !== asker.host);
  const first = others.length === 0 ? 0 : placeInRing(asker.host) % others.length;
  return Array.from({ length: Math.min(count, others.length) }, (_, n) => others[(first + n) % others.length]).flatMap(
    (node) => node ?? [],
  );
}

function overlaysOf(hosts: readonly MeshHost[]): ReadonlyMap<string, readonly MeshHost[]> {
  const members = new Map<string, MeshHost[]>();
  for (const host of hosts) {
    for (const endpoint of host.endpoints) {
      const network = networkOf(endpoint);
      if (network === undefined) continue;
      const known = members.get(network) ?? [];
      members.set(network, known);
      known.push(host);
    }
  }
  return members;
}

/** The network an overlay address is in, as text; undefined for the underlay. IPv6 by its whole groups of 16 bits. */
export function networkOf({ path, address, prefixLength }: MeshEndpoint): string | undefined {
  if (path !== "overlay" || prefixLength === undefined) return undefined;
  if (address.includes(":"))
    return `${address
      .split(":")
      .slice(0, Math.floor(prefixLength / 16))
      .join(":")}/${prefixLength}`;
  const bits = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - prefixLength);
  return `${Math.floor(bits / size) * size}/${prefixLength}`;
}

/** FNV-1a over the name, mixed: neighbours by name are no neighbours in the ring. */
function placeInRing(host: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < host.length; i++) hash = Math.imul(hash ^ host.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
