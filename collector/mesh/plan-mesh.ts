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

/** How many peers of each class a host asks; together at most `MAX_MESH_PEERS`. */
const SHARES = { rack: 4, zone: 3, region: 2, network: 2, overlay: 3 } as const satisfies Record<MeshClass, number>;

/**
 * Whom each host asks. Hosts stand in rings, in an order of their own that has nothing to do with racks; each asks those that follow it, in
 * its rack, in other racks of its zone, in other zones, within its overlay; and some network nodes. So each is also asked by as many
 * others of each class, which are the witnesses should its agent fall silent; a host that comes or goes changes the peers of its neighbours
 * in the rings, and of nobody else.
 */
export function planMesh(
  hosts: readonly MeshHost[],
  most: number = MAX_MESH_PEERS,
): ReadonlyMap<string, readonly MeshPeer[]> {
  const ring = hosts.toSorted((a, b) => placeInRing(a.host) - placeInRing(b.host) || (a.host < b.host ? -1 : 1));
  const plan = new Map<string, MeshPeer[]>(ring.map(({ host }) => [host, []]));
  const add = (asker: MeshHost, peer: MeshHost, meshClass: MeshClass, endpoint: MeshEndpoint | undefined) => {
    const peers = plan.get(asker.host);
    if (endpoint === undefined || peers === undefined || peers.length >= most) return;
    const { path, address, port } = endpoint;
    if (peers.some((known) => known.address === address && known.path === path)) return;
    peers.push({ host: peer.host, path, class: meshClass, address, port });
  };
  const share = sharesOf(most);
  eachInRings(
    ring,
    rackOf,
    () => true,
    share.rack,
    (a, b) => add(a, b, "rack", underlayOf(b)),
  );
  eachInRings(
    ring,
    zoneOf,
    (a, b) => rackOf(a) !== rackOf(b),
    share.zone,
    (a, b) => add(a, b, "zone", underlayOf(b)),
  );
  const networkNodes = ring.filter(({ isNetworkNode }) => isNetworkNode);
  for (const asker of ring) {
    for (const peer of nodesFor(asker, networkNodes, share.network)) add(asker, peer, "network", underlayOf(peer));
  }
  eachInRings(
    ring,
    () => "all",
    (a, b) => zoneOf(a) !== zoneOf(b),
    share.region,
    (a, b) => add(a, b, "region", underlayOf(b)),
  );
  for (const [network, members] of overlaysOf(ring)) {
    const within = (it: MeshHost) => it.endpoints.find((endpoint) => networkOf(endpoint) === network);
    eachInRings(
      members,
      () => network,
      () => true,
      share.overlay,
      (a, b) => add(a, b, "overlay", within(b)),
    );
  }
  return plan;
}

/** Of each class at least one, when there may be that many. */
function sharesOf(most: number): Record<MeshClass, number> {
  const all = Object.values(SHARES).reduce((sum, count) => sum + count, 0);
  const scaled = (count: number) => (most >= all ? count : Math.max(1, Math.floor((count * most) / all)));
  const { rack, zone, region, network, overlay } = SHARES;
  return {
    rack: scaled(rack),
    zone: scaled(zone),
    region: scaled(region),
    network: scaled(network),
    overlay: scaled(overlay),
  };
}

const rackOf = ({ zone, rack }: MeshHost): string => `${zone} ${rack}`;
const zoneOf = ({ zone }: MeshHost): string => zone;
const underlayOf = ({ endpoints }: MeshHost) => endpoints.find(({ path }) => path === "underlay");

/** How far one looks for a follower that fits: past this, a rack or zone has nearly all hosts of the ring. */
const MOST_LOOKED_AT = 200;

/** For each host, the next `count` others of its ring that fit. */
function eachInRings(
  hosts: readonly MeshHost[],
  ringOf: (host: MeshHost) => string,
  fits: (asker: MeshHost, peer: MeshHost) => boolean,
  count: number,
  found: (asker: MeshHost, peer: MeshHost) => void,
): void {
  for (const ring of Map.groupBy(hosts, ringOf).values()) {
    for (const [index, asker] of ring.entries()) {
      let left = count;
      const end = index + Math.min(ring.length - 1, MOST_LOOKED_AT);
      for (let at = index + 1; at <= end && left > 0; at++) {
        const peer = ring[at % ring.length];
        if (peer === undefined || !fits(asker, peer)) continue;
        found(asker, peer);
        left--;
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
