import { type Element, isLink, type Node } from "../core/element.ts";
import { type ElementId, elementIdOf, hostId } from "../core/element-id.ts";
import { placesOf } from "./derive/places.ts";
import type { CountDelta, PlaceCounts } from "./model/place-counts.ts";

/** Where what has no known place is counted. */
export const UNPLACED: ElementId = elementIdOf("unplaced");

const PLACE_KINDS: ReadonlySet<Element["kind"]> = new Set(["region", "zone", "rack"]);

/** What one element adds to the counters of its place; links and places themselves add nothing. */
export function countersOf(element: Element): readonly string[] {
  if (isLink(element) || PLACE_KINDS.has(element.kind)) return [];
  const { kind, attributes } = element;
  if (kind === "agent") return attributes.session === "silent" ? [kind, "silent"] : [kind];
  const isDown = attributes.operstate === "down" && attributes.admin_up !== false;
  return isDown ? [kind, "down"] : [kind];
}

/** The slow, obvious oracle: the counters of all places of a state. */
export function countsOf(elements: readonly Element[]): PlaceCounts {
  const tally = new PlaceTally();
  tally.load(elements);
  return tally.counts();
}

interface HostTally {
  /** Undefined while the host's node is not there, or its parent is no place. */
  place: ElementId | undefined;
  readonly counters: Map<string, number>;
}

/**
 * Keeps what each host has by counter, so that a host that moves takes its counts along without anybody looking at its
 * elements. What was counted since the last `keep` is taken back by `rollBack`.
 */
export class PlaceTally {
  /** By host; "" for what has none. */
  readonly #hosts = new Map<string, HostTally>();
  /** How to take back, in the order it was done. */
  #journal: (() => void)[] = [];

  /** Elements of a state, none of which was counted yet, in any order. */
  load(elements: Iterable<Element>): void {
    for (const element of elements) this.#step(undefined, element, undefined);
  }

  /** Counts one revision's changes, each as what it turns into what; gives what they do to the counters. */
  count(changes: Iterable<readonly [before: Element | undefined, after: Element | undefined]>): readonly CountDelta[] {
    const deltas = new Deltas();
    for (const [before, after] of changes) this.#step(before, after, deltas);
    return deltas.all();
  }

  keep(): void {
    this.#journal = [];
  }

  rollBack(): void {
    for (const undo of this.#journal.reverse()) undo();
    this.#journal = [];
  }

  counts(): PlaceCounts {
    const counts = new Map<ElementId, Record<string, number>>();
    for (const { place, counters } of this.#hosts.values()) {
      for (const [counter, count] of counters) addCount(counts, { place: place ?? UNPLACED, counter, delta: count });
    }
    return counts;
  }

  /** Without `deltas` a state is loaded, which is never taken back. */
  #step(before: Element | undefined, after: Element | undefined, deltas: Deltas | undefined): void {
    this.#countAll(before, -1, deltas);
    this.#countAll(after, 1, deltas);
    const host = hostNodeOf(after) ?? hostNodeOf(before);
    if (host?.host !== undefined) this.#move(host.host, placesOf(hostNodeOf(after)?.parent).at(-1), deltas);
  }

  #countAll(element: Element | undefined, delta: 1 | -1, deltas: Deltas | undefined): void {
    if (element === undefined || isLink(element)) return;
    const tally = this.#tallyOf(element.host ?? "");
    for (const counter of countersOf(element)) {
      addTo(tally.counters, counter, delta);
      if (deltas === undefined) continue;
      deltas.add(tally.place ?? UNPLACED, counter, delta);
      this.#journal.push(() => addTo(tally.counters, counter, -delta));
    }
  }

  #move(host: string, place: ElementId | undefined, deltas: Deltas | undefined): void {
    const tally = this.#tallyOf(host);
    const before = tally.place;
    if (before === place) return;
    tally.place = place;
    if (deltas === undefined) return;
    this.#journal.push(() => {
      tally.place = before;
    });
    for (const [counter, count] of tally.counters) {
      deltas.add(before ?? UNPLACED, counter, -count);
      deltas.add(place ?? UNPLACED, counter, count);
    }
  }

  #tallyOf(host: string): HostTally {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const tally: HostTally = { place: undefined, counters: new Map() };
    this.#hosts.set(host, tally);
    return tally;
  }
}

/** `counts` with one revision's deltas; a counter at 0 and a place without counters are left out. */
export function addCount(counts: Map<ElementId, Record<string, number>>, { place, counter, delta }: CountDelta): void {
  let counters = counts.get(place);
  if (counters === undefined) {
    counters = {};
    counts.set(place, counters);
  }
  const count = (counters[counter] ?? 0) + delta;
  if (count !== 0) counters[counter] = count;
  else delete counters[counter];
  if (Object.keys(counters).length === 0) counts.delete(place);
}

class Deltas {
  readonly #byPlace = new Map<ElementId, Map<string, number>>();

  add(place: ElementId, counter: string, delta: number): void {
    let counters = this.#byPlace.get(place);
    if (counters === undefined) {
      counters = new Map();
      this.#byPlace.set(place, counters);
    }
    addTo(counters, counter, delta);
  }

  all(): readonly CountDelta[] {
    const all: CountDelta[] = [];
    for (const [place, counters] of this.#byPlace) {
      for (const [counter, delta] of counters) all.push({ place, counter, delta });
    }
    return all;
  }
}

function hostNodeOf(element: Element | undefined): Node | undefined {
  if (element === undefined || isLink(element) || element.host === undefined) return undefined;
  return element.kind === "host" && element.id === hostId(element.host) ? element : undefined;
}

function addTo(counters: Map<string, number>, counter: string, delta: number): void {
  const count = (counters.get(counter) ?? 0) + delta;
  if (count === 0) counters.delete(counter);
  else counters.set(counter, count);
}
