import type { Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { type Invariant, type Judge, named, type Reads, type Subject, type Verdict } from "../invariant.ts";
import { MemberIndex } from "../member-index.ts";
import { numberOf, textOf, textsOf } from "./attribute-values.ts";

const READ = named("local_ip", "vni", "peers", "vxlan_local", "vxlan_id", "vxlan_remote", "gre_local", "gre_remote");
const READS: Reads = { vxlan: READ, geneve: READ, gre: READ };

/**
 * A tunnel has two ends: who has a peer is that peer's peer. Peers no agent of ours tells of do not count. A full mesh
 * is a set of peers at each end, so the subject is a pair of addresses, and nothing is kept for a pair in order.
 */
export const tunnelOneEnd: Invariant = {
  name: "tunnel_one_end",
  level: "critical",
  settleMs: 120_000,
  readsVolatile: false,
  reads: READS,
  judgeOf: () => new TunnelJudge(),
};

/** What was taken in of an end. The list is the element's own: nothing is copied. */
interface End {
  readonly id: ElementId;
  /** Kind and VNI: ends of different meshes are no two ends of one tunnel. */
  readonly mesh: string;
  readonly localIp: string;
  peers: readonly string[];
}

/** One mesh: which ends are at an address, and which wait for it to have them as its peer, or to be there at all. */
class Mesh {
  readonly endsAt = new MemberIndex<End>();
  readonly waitingFor = new MemberIndex<End>();

  *addressesWaitingFor(address: string): Iterable<string> {
    for (const { localIp } of this.waitingFor.of(address)) yield localIp;
  }

  knows(address: string, peer: string): boolean {
    for (const end of this.endsAt.of(address)) if (hasPeer(end, peer)) return true;
    return false;
  }
}

class TunnelJudge implements Judge {
  readonly #ends = new Map<ElementId, End>();
  readonly #meshes = new Map<string, Mesh>();
  /** Pairs that were judged to be broken: the only ones that have to be judged again once they are whole. */
  readonly #broken = new Set<Subject>();

  take(id: ElementId, element: Element | undefined, touch: (subject: Subject) => void): void {
    const before = this.#ends.get(id);
    const after = element === undefined ? undefined : endOf(element);
    if (before !== undefined && after !== undefined && isSamePlace(before, after)) {
      this.#updatePeers(before, after, touch);
      return;
    }
    if (before !== undefined) this.#leave(before, touch);
    if (after !== undefined) this.#enter(after, touch);
  }

  judge(subject: Subject): Verdict | undefined {
    const [name = "", left = "", right = ""] = subject.split("|");
    const mesh = this.#meshes.get(name);
    const isLeftLacking = mesh === undefined || !mesh.knows(left, right);
    const isRightLacking = mesh === undefined || !mesh.knows(right, left);
    const [lacks, missing] = isLeftLacking ? [left, right] : [right, left];
    const lacking = mesh === undefined ? [] : [...mesh.endsAt.of(lacks)];
    if (mesh === undefined || isLeftLacking === isRightLacking || lacking.length === 0) {
      this.#broken.delete(subject);
      return undefined;
    }
    this.#broken.add(subject);
    const having = [...mesh.endsAt.of(missing)].filter((end) => hasPeer(end, lacks));
    const idsOf = (ends: readonly End[]) => ends.map(({ id }) => id).toSorted();
    return {
      elements: [...idsOf(lacking), ...idsOf(having)],
      detail: { end_without_peer: lacks, missing_peer: missing },
    };
  }

  #enter(end: End, touch: (subject: Subject) => void): void {
    const mesh = this.#meshes.get(end.mesh) ?? new Mesh();
    this.#meshes.set(end.mesh, mesh);
    this.#ends.set(end.id, end);
    mesh.endsAt.add(end.localIp, end);
    const concerned = new Set([...end.peers, ...mesh.addressesWaitingFor(end.localIp)]);
    for (const peer of concerned) this.#compare(mesh, end, peer, touch);
  }

  #leave(end: End, touch: (subject: Subject) => void): void {
    const mesh = this.#meshes.get(end.mesh);
    if (mesh === undefined) return;
    const concerned = new Set([...end.peers, ...mesh.addressesWaitingFor(end.localIp)]);
    this.#ends.delete(end.id);
    mesh.endsAt.delete(end.localIp, end);
    for (const peer of end.peers) mesh.waitingFor.delete(peer, end);
    for (const peer of concerned) this.#compare(mesh, end, peer, touch);
    if (mesh.endsAt.keyCount === 0) this.#meshes.delete(end.mesh);
  }

  /** The end stays the same object for the indexes: only its list of peers is another. */
  #updatePeers(end: End, { peers }: End, touch: (subject: Subject) => void): void {
    const mesh = this.#meshes.get(end.mesh);
    const changed = differing(end.peers, peers);
    end.peers = peers;
    if (mesh !== undefined) for (const peer of changed) this.#compare(mesh, end, peer, touch);
  }

  /** Brings up to date who waits for whom between two addresses; a pair is touched when it is broken or was. */
  #compare(mesh: Mesh, { mesh: name, localIp }: End, peer: string, touch: (subject: Subject) => void): void {
    const [isHereKnowing, isThereKnowing] = [mesh.knows(localIp, peer), mesh.knows(peer, localIp)];
    const hasHere = this.#note(mesh, localIp, peer, !isThereKnowing);
    const hasThere = this.#note(mesh, peer, localIp, !isHereKnowing);
    const isBroken = isHereKnowing !== isThereKnowing && hasHere && hasThere;
    if (!isBroken && this.#broken.size === 0) return;
    const pair = pairOf(name, localIp, peer);
    if (isBroken || this.#broken.has(pair)) touch(pair);
  }

  /** Whether there is an end at `from`; those there that have `to` as a peer wait for it, or do not. */
  #note(mesh: Mesh, from: string, to: string, isWaiting: boolean): boolean {
    let isThere = false;
    for (const end of mesh.endsAt.of(from)) {
      isThere = true;
      if (isWaiting && hasPeer(end, to)) mesh.waitingFor.add(to, end);
      else mesh.waitingFor.delete(to, end);
    }
    return isThere;
  }
}

/** An end that does not tell its peers cannot lack one; a device with one remote has that one. */
function endOf({ id, kind, attributes }: Element): End | undefined {
  const localIp = textOf(attributes, "local_ip") ?? textOf(attributes, `${kind}_local`);
  const remote = textOf(attributes, `${kind}_remote`);
  const isTelling = attributes.peers !== undefined || remote !== undefined;
  if (localIp === undefined || !isTelling) return undefined;
  const vni = numberOf(attributes, "vni") ?? numberOf(attributes, `${kind}_id`);
  const peers = attributes.peers === undefined && remote !== undefined ? [remote] : textsOf(attributes, "peers");
  return { id, mesh: `${kind}:${vni ?? ""}`, localIp, peers };
}

function isSamePlace(one: End, other: End): boolean {
  return one.mesh === other.mesh && one.localIp === other.localIp;
}

function pairOf(mesh: string, one: string, other: string): Subject {
  return one < other ? `${mesh}|${one}|${other}` : `${mesh}|${other}|${one}`;
}

/** Lists are sorted as texts by whoever writes them; one that is not is searched from end to end. */
function hasPeer({ peers }: End, address: string): boolean {
  let [low, high] = [0, peers.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const peer = peers[middle] ?? "";
    if (peer === address) return true;
    if (peer < address) low = middle + 1;
    else high = middle - 1;
  }
  return peers.includes(address);
}

/** Lists that differ by a few have most of their beginning and end in common. */
function differing(before: readonly string[], after: readonly string[]): readonly string[] {
  let start = 0;
  let [wasEnd, isEnd] = [before.length, after.length];
  while (start < wasEnd && start < isEnd && before[start] === after[start]) start++;
  while (wasEnd > start && isEnd > start && before[wasEnd - 1] === after[isEnd - 1]) {
    wasEnd--;
    isEnd--;
  }
  const [was, is] = [new Set(before.slice(start, wasEnd)), new Set(after.slice(start, isEnd))];
  return [...Array.from(is).filter((peer) => !was.has(peer)), ...Array.from(was).filter((peer) => !is.has(peer))];
}
