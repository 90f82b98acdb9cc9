import type { Node, NodeKind } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { BANDS, type BandName, bandOf } from "../model/bands.ts";
import { type Box, type BoxItem, type Contents, compareNames } from "../model/contents.ts";

/**
 * The contents in the order in which places are given out, so that cables of a freshly opened host cross little: what
 * hangs on something stands in the order of what it hangs on. It decides only where newcomers go.
 */
export function inPlacingOrder(contents: Contents): Contents {
  const peers = peersOf(contents);
  const virtual = sortedBy(contents.free.virtual, (node) => virtualKey(node, peers, contents.nodes));
  const rankOfDevice = new Map(virtual.map((node, index) => [node.id, index]));
  const hangsOn = (node: Node): number =>
    Math.min(LAST, ...(peers.get(node.id) ?? []).map((peer) => rankOfDevice.get(peer) ?? LAST));
  return {
    ...contents,
    free: {
      ...contents.free,
      physical: sortedBy(contents.free.physical, (node) => [PHYSICAL.indexOf(node.kind)]),
      virtual,
      workloads: sortedBy(contents.free.workloads, (node) => [hangsOn(node)]),
    },
    boxes: boxesInOrder(contents, peers).map((box) => ({ ...box, items: itemsInOrder(box, contents, peers) })),
  };
}

const LAST = Number.MAX_SAFE_INTEGER;
const PHYSICAL: readonly NodeKind[] = ["nic", "vf", "bond", "vlan", "loopback"];
const VIRTUAL: readonly NodeKind[] = ["tap", "macvtap", "tun", "macvlan", "veth", "interface"];

type Peers = ReadonlyMap<ElementId, readonly ElementId[]>;

function peersOf(contents: Contents): Peers {
  const peers = new Map<ElementId, ElementId[]>();
  const add = (one: ElementId, other: ElementId): void => {
    const known = peers.get(one);
    if (known === undefined) peers.set(one, [other]);
    else known.push(other);
  };
  for (const { id, from, to } of contents.cables) {
    add(from, to);
    add(to, from);
    add(id, from);
    add(id, to);
  }
  return peers;
}

/** Taps by name; veths by the namespace their other end is in. */
function virtualKey(node: Node, peers: Peers, nodes: Contents["nodes"]): readonly (number | string)[] {
  const holder = (peers.get(node.id) ?? [])
    .map((id) => nodes.get(id)?.parent)
    .find((parent) => parent !== undefined && nodes.get(parent)?.kind === "netns");
  return [VIRTUAL.indexOf(node.kind), holder ?? ""];
}

/** Namespaces that hang on bridges before those behind veths, which stand at the end of their band. */
function boxesInOrder(contents: Contents, peers: Peers): readonly Box[] {
  const isBehindVeth = ({ items }: Box): boolean =>
    items.some(({ id }) => (peers.get(id) ?? []).some((peer) => contents.nodes.get(peer)?.kind === "veth"));
  const rankOf = (box: Box): number => (box.band === "namespaces" && isBehindVeth(box) ? 1 : 0);
  return [...contents.boxes].sort((a, b) => (a.band === b.band ? rankOf(a) - rankOf(b) : 0));
}

/** Ports towards the outside first, then those of virtual ports, then those of namespaces. Loopbacks last. */
function itemsInOrder(box: Box, contents: Contents, peers: Peers): readonly BoxItem[] {
  const rankOf = (item: BoxItem): number => {
    const node = contents.nodes.get(item.id);
    if (box.band === "namespaces") return node?.kind === "loopback" ? 1 : 0;
    return Math.max(-1, ...(peers.get(item.id) ?? []).map((peer) => BANDS.indexOf(bandWithin(peer, contents))));
  };
  return sortedBy(box.items, (item) => [rankOf(item)]);
}

/** The band a node is drawn in, which for what a namespace holds is the namespaces'. */
function bandWithin(id: ElementId, contents: Contents): BandName {
  const node = contents.nodes.get(id);
  if (node === undefined) return "bridges";
  const holder = node.parent === undefined ? undefined : contents.nodes.get(node.parent);
  return holder?.kind === "netns" ? "namespaces" : (bandOf(node.kind) ?? "virtual");
}

/** Sorted by the key, then by name. */
function sortedBy<T extends { readonly name: string }>(
  items: readonly T[],
  keyOf: (item: T) => readonly (number | string)[],
): readonly T[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => compareKeys(a.key, b.key) || compareNames(a.item.name, b.item.name))
    .map(({ item }) => item);
}

function compareKeys(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    const order =
      typeof left === "number" && typeof right === "number" ? left - right : compareNames(String(left), String(right));
    if (order !== 0) return order;
  }
  return 0;
}
