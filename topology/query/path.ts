import { isLink, type Node } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { CostQueue } from "./cost-queue.ts";
import type { GraphSource } from "./graph-source.ts";
import { type Hop, hopsFrom, type Reason, TUNNEL_COST } from "./hops.ts";
import { areJoined, endsJoinedTo, type TunnelEnd, tunnelEndOf } from "./tunnels.ts";
import type { Work } from "./work.ts";

export interface Path {
  /** From start to goal; the first has no reason. */
  readonly stops: readonly PathStop[];
  readonly cost: number;
}

export interface PathStop {
  readonly node: Node;
  readonly reason: Reason | undefined;
}

/**
 * Ends with more peers than this are joined only to ends the other side of the search has come to: in a full mesh every
 * host is one tunnel away, and a frame does not pass through a third.
 */
const MOST_PEERS_TRIED = 64;

/**
 * The cheapest way between two nodes over links, tunnels and containment (costs in hops.ts), searched from both sides at
 * once so that it stays near them. Undefined when there is none.
 */
export async function cheapestPath(
  source: GraphSource,
  [from, to]: readonly [ElementId, ElementId],
  work: Work,
  mostPeersTried = MOST_PEERS_TRIED,
): Promise<Path | undefined> {
  await source.reach([from, to]);
  const sides = [new Side(from), new Side(to)] as const;
  let best: Meeting | undefined = from === to ? { at: [from, to], cost: 0, reason: undefined } : undefined;
  while (mayImprove(sides, best?.cost ?? Number.POSITIVE_INFINITY)) {
    const isForwards = sides[0].nextCost <= sides[1].nextCost;
    const [here, there] = isForwards ? sides : [sides[1], sides[0]];
    const settled = here.settle();
    if (settled === undefined) continue;
    await source.surround([settled.id]);
    for (const hop of await allHops(source, settled.id, there, mostPeersTried)) {
      work.add(1);
      const cost = settled.cost + hop.cost;
      if (!hop.isMeetingOnly) here.offer(hop.to, { cost, from: settled.id, reason: hop.reason });
      const other = there.costOf(hop.to);
      if (other === undefined || (best !== undefined && cost + other >= best.cost)) continue;
      const at = isForwards ? ([settled.id, hop.to] as const) : ([hop.to, settled.id] as const);
      best = { at, cost: cost + other, reason: isForwards ? hop.reason : reversed(hop.reason) };
    }
    here.noteTunnelEnd(tunnelEndOf(source.graph.get(settled.id)), settled.cost);
    await work.breathe();
  }
  return best === undefined ? undefined : pathThrough(source, sides, best);
}

interface Meeting {
  /** The last node of the way from the start, and the first of the way to the goal. */
  readonly at: readonly [ElementId, ElementId];
  readonly cost: number;
  readonly reason: Reason | undefined;
}

interface TriedHop extends Hop {
  /** To be used only where it meets the other side. */
  readonly isMeetingOnly: boolean;
}

/** What is not yet settled costs at least the sum of both sides' next; a tunnel may lead from a settled end to such a one. */
function mayImprove([a, b]: readonly [Side, Side], best: number): boolean {
  if (a.nextCost === Number.POSITIVE_INFINITY && b.nextCost === Number.POSITIVE_INFINITY) return false;
  const throughTunnels = Math.min(a.cheapestEnd + b.nextCost, b.cheapestEnd + a.nextCost) + TUNNEL_COST;
  return Math.min(a.nextCost + b.nextCost, throughTunnels) < best;
}

async function allHops(
  source: GraphSource,
  id: ElementId,
  there: Side,
  mostPeersTried: number,
): Promise<readonly TriedHop[]> {
  const hops: TriedHop[] = Array.from(hopsFrom(source.graph, id), (hop) => ({ ...hop, isMeetingOnly: false }));
  const end = tunnelEndOf(source.graph.get(id));
  if (end === undefined) return hops;
  const isTriedAll = end.peers.length <= mostPeersTried;
  const others = isTriedAll
    ? await endsJoinedTo(source, end)
    : there.ends(source).filter((each) => areJoined(end, each));
  return [...hops, ...others.map((other) => tunnelHop(end, other, !isTriedAll))];
}

function tunnelHop(end: TunnelEnd, other: TunnelEnd, isMeetingOnly: boolean): TriedHop {
  const reason: Reason = { kind: "tunnel", localIp: end.localIp, remoteIp: other.localIp };
  return { to: other.node.id, reason, cost: TUNNEL_COST, isMeetingOnly };
}

interface Label {
  readonly cost: number;
  readonly from: ElementId | undefined;
  readonly reason: Reason | undefined;
}

/** One side of the search: Dijkstra's labels and queue. */
class Side {
  readonly #labels = new Map<ElementId, Label>();
  readonly #settled = new Set<ElementId>();
  readonly #queue = new CostQueue<ElementId>();
  /** The least cost of a settled tunnel end. */
  cheapestEnd = Number.POSITIVE_INFINITY;

  constructor(start: ElementId) {
    this.offer(start, { cost: 0, from: undefined, reason: undefined });
  }

  get nextCost(): number {
    return this.#queue.leastCost;
  }

  costOf(id: ElementId): number | undefined {
    return this.#labels.get(id)?.cost;
  }

  labelOf(id: ElementId): Label | undefined {
    return this.#labels.get(id);
  }

  offer(id: ElementId, label: Label): void {
    const known = this.#labels.get(id);
    if (known !== undefined && known.cost <= label.cost) return;
    this.#labels.set(id, label);
    this.#queue.push(id, label.cost);
  }

  /** The cheapest node not settled yet; undefined for one that was offered again more cheaply. */
  settle(): { readonly id: ElementId; readonly cost: number } | undefined {
    const id = this.#queue.pop();
    const label = id === undefined ? undefined : this.#labels.get(id);
    if (id === undefined || label === undefined || this.#settled.has(id)) return undefined;
    this.#settled.add(id);
    return { id, cost: label.cost };
  }

  noteTunnelEnd(end: TunnelEnd | undefined, cost: number): void {
    if (end !== undefined) this.cheapestEnd = Math.min(this.cheapestEnd, cost);
  }

  /** Tunnel ends this side has come to. */
  ends(source: GraphSource): readonly TunnelEnd[] {
    return [...this.#labels.keys()].flatMap((id) => tunnelEndOf(source.graph.get(id)) ?? []);
  }
}

function pathThrough(source: GraphSource, [start, goal]: readonly [Side, Side], { at, cost, reason }: Meeting): Path {
  const stops: PathStop[] = [];
  for (let id: ElementId | undefined = at[0]; id !== undefined; ) {
    const label: Label | undefined = start.labelOf(id);
    stops.unshift(...stopAt(source, id, label?.reason));
    id = label?.from;
  }
  let [id, why]: [ElementId | undefined, Reason | undefined] = [at[1] === at[0] ? undefined : at[1], reason];
  while (id !== undefined) {
    stops.push(...stopAt(source, id, why));
    const label: Label | undefined = goal.labelOf(id);
    [id, why] = [label?.from, label?.reason === undefined ? undefined : reversed(label.reason)];
  }
  return { stops, cost };
}

function stopAt(source: GraphSource, id: ElementId, reason: Reason | undefined): readonly PathStop[] {
  const node = source.graph.get(id);
  return node === undefined || isLink(node) ? [] : [{ node, reason }];
}

/** The same hop in the other direction. */
function reversed(reason: Reason): Reason {
  switch (reason.kind) {
    case "link":
      return reason;
    case "parent":
      return { kind: "child" };
    case "child":
      return { kind: "parent" };
    case "tunnel":
      return { kind: "tunnel", localIp: reason.remoteIp, remoteIp: reason.localIp };
  }
}
