import type { IpInterface } from "./ip-json.ts";
import type { NamespaceReading } from "./namespace.ts";

/** One end of a veth pair: a namespace by inode and an interface by name. */
export interface VethEnd {
  readonly inode: number;
  readonly name: string;
}

export interface VethPairing {
  readonly pairs: readonly (readonly [VethEnd, VethEnd])[];
  /** Inode of the namespace that a namespace knows by a number, keyed `nsidKey`; what names and pairs gave away. */
  readonly inodeByNsid: ReadonlyMap<string, number>;
}

export const nsidKey = (inode: number, nsid: number): string => `${inode}:${nsid}`;

/** A veth whose peer is in another namespace. */
interface FarVeth {
  readonly inode: number;
  readonly name: string;
  readonly ifindex: number;
  readonly peerIfindex: number;
  readonly nsid: number;
}

/**
 * Finds the two ends of every veth pair.
 *
 * The kernel names a peer by its ifindex and, in another namespace, by that namespace's number as seen from here.
 * Numbers of named namespaces are known; the others are worked out: a namespace stands behind a number when every veth
 * that points there finds one there that points back, and no other namespace fits. Pairs that stay ambiguous, for
 * instance because the far namespace is hidden from this host, are left out rather than guessed.
 */
export function pairVeths(readings: readonly NamespaceReading[]): VethPairing {
  const near = readings.flatMap(pairsWithin);
  const far = readings.flatMap(farVeths);
  const byIndex = new Map(far.map((veth) => [`${veth.inode}/${veth.ifindex}`, veth]));
  const inodeByNsid = knownNumbers(readings);
  resolveNumbers(far, byIndex, inodeByNsid);
  const pairs = [...near];
  for (const veth of far) {
    const peerInode = inodeByNsid.get(nsidKey(veth.inode, veth.nsid));
    const peer = peerInode === undefined ? undefined : byIndex.get(`${peerInode}/${veth.peerIfindex}`);
    if (peer === undefined || peer.peerIfindex !== veth.ifindex) continue;
    // Each pair is seen from both ends; the smaller one reports it.
    if (veth.inode < peer.inode) pairs.push([endOf(veth), endOf(peer)]);
  }
  return { pairs, inodeByNsid };
}

function pairsWithin({ namespace, interfaces }: NamespaceReading): (readonly [VethEnd, VethEnd])[] {
  const veths = new Map(interfaces.filter(isVeth).map((it) => [it.name, it]));
  const pairs: (readonly [VethEnd, VethEnd])[] = [];
  for (const { name, lower } of veths.values()) {
    if (lower?.kind !== "name" || name > lower.name) continue;
    const back = veths.get(lower.name)?.lower;
    if (back?.kind !== "name" || back.name !== name) continue;
    pairs.push([
      { inode: namespace.inode, name },
      { inode: namespace.inode, name: lower.name },
    ]);
  }
  return pairs;
}

function farVeths({ namespace, interfaces }: NamespaceReading): FarVeth[] {
  const veths: FarVeth[] = [];
  for (const { name, ifindex, lower } of interfaces.filter(isVeth)) {
    if (lower?.kind !== "index" || lower.nsid === undefined) continue;
    veths.push({ inode: namespace.inode, name, ifindex, peerIfindex: lower.ifindex, nsid: lower.nsid });
  }
  return veths;
}

/** What names gave away; also numbers of namespaces that could not be read, lest another one be taken for them. */
function knownNumbers(readings: readonly NamespaceReading[]): Map<string, number> {
  const known = new Map<string, number>();
  for (const { namespace, inodeByNsid } of readings) {
    for (const [nsid, inode] of inodeByNsid) known.set(nsidKey(namespace.inode, nsid), inode);
  }
  return known;
}

/** Adds to `known` every number that only one namespace can stand behind, until nothing more follows. */
function resolveNumbers(
  far: readonly FarVeth[],
  byIndex: ReadonlyMap<string, FarVeth>,
  known: Map<string, number>,
): void {
  const groups = Map.groupBy(far, (veth) => nsidKey(veth.inode, veth.nsid));
  const byEnds = Map.groupBy(far, (veth) => `${veth.ifindex}>${veth.peerIfindex}`);
  for (let progress = true; progress; ) {
    progress = false;
    for (const [key, group] of groups) {
      if (known.has(key)) continue;
      const candidates = candidatesFor(group, byIndex, byEnds, known);
      const [only] = candidates;
      if (only === undefined || candidates.size !== 1) continue;
      known.set(key, only);
      progress = true;
    }
  }
}

/** The namespaces where every veth of a group finds one that points back and whose own number may mean the group's. */
function candidatesFor(
  group: readonly FarVeth[],
  byIndex: ReadonlyMap<string, FarVeth>,
  byEnds: ReadonlyMap<string, readonly FarVeth[]>,
  known: ReadonlyMap<string, number>,
): ReadonlySet<number> {
  const [first] = group;
  if (first === undefined) return new Set();
  const pointingBack = byEnds.get(`${first.peerIfindex}>${first.ifindex}`) ?? [];
  const taken = new Set([...known].filter(([key]) => key.startsWith(`${first.inode}:`)).map(([, inode]) => inode));
  const candidates = new Set<number>();
  for (const { inode } of pointingBack) {
    if (inode === first.inode || taken.has(inode)) continue;
    const fits = group.every((veth) => {
      const peer = byIndex.get(`${inode}/${veth.peerIfindex}`);
      if (peer === undefined || peer.peerIfindex !== veth.ifindex) return false;
      const meant = known.get(nsidKey(peer.inode, peer.nsid));
      return meant === undefined || meant === veth.inode;
    });
    if (fits) candidates.add(inode);
  }
  return candidates;
}

function isVeth(it: IpInterface): boolean {
  return it.infoKind === "veth";
}

const endOf = ({ inode, name }: FarVeth): VethEnd => ({ inode, name });
