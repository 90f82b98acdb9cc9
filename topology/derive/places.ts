import { type Element, isLink, type Node, type NodeKind } from "../../core/element.ts";
import { type ElementId, hostId, segmentsOf } from "../../core/element-id.ts";

/**
 * The places that hold a host: its rack, the rack's zone, the zone's region, outermost first; none when its parent is
 * not written `region/<r>/zone/<z>/rack/<k>`, or a beginning of that.
 */
export function placesOf(parent: ElementId | undefined): readonly ElementId[] {
  if (parent === undefined || !/^region\/[^/]+(\/zone\/[^/]+(\/rack\/[^/]+)?)?$/.test(parent)) return [];
  const segments = parent.split("/");
  const places: ElementId[] = [];
  // A beginning of an id at a segment's end is an id.
  for (let end = 2; end <= segments.length; end += 2) places.push(segments.slice(0, end).join("/") as ElementId);
  return places;
}

export function placeNode(id: ElementId, cluster: string): Node {
  const segments = segmentsOf(id);
  const parent = id.split("/").slice(0, -2).join("/");
  return {
    id,
    kind: KINDS[segments.length] ?? "rack",
    name: segments.at(-1) ?? "",
    cluster,
    parent: parent === "" ? undefined : (parent as ElementId),
    attributes: {},
  };
}

const KINDS: { readonly [segments: number]: NodeKind } = { 2: "region", 4: "zone", 6: "rack" };

/** The parent a host's node says; undefined for any other element. */
export function placeSaidBy(element: Element | undefined): ElementId | undefined {
  if (element === undefined || isLink(element) || element.kind !== "host" || element.host === undefined)
    return undefined;
  return element.id === hostId(element.host) ? element.parent : undefined;
}

/** How many hosts each place holds, itself or in its parts: a place is there while it holds one. */
export class PlaceUse {
  readonly #cluster: string;
  readonly #hosts = new Map<ElementId, number>();
  #journal: (readonly [place: ElementId, step: 1 | -1])[] = [];

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  load(elements: Iterable<Element>): void {
    for (const element of elements) for (const place of placesOf(placeSaidBy(element))) this.#step(place, 1);
    this.#journal = [];
  }

  /** Counts one change; gives the places that may be there now and were not, or the other way round. */
  move(before: Element | undefined, after: Element | undefined): readonly ElementId[] {
    const [was, is] = [placeSaidBy(before), placeSaidBy(after)];
    if (was === is) return [];
    const [left, entered] = [placesOf(was), placesOf(is)];
    for (const place of left) this.#step(place, -1);
    for (const place of entered) this.#step(place, 1);
    return [...left, ...entered];
  }

  /** The place's node, undefined when it holds no host. */
  nodeOf(place: ElementId): Node | undefined {
    return this.#hosts.has(place) ? placeNode(place, this.#cluster) : undefined;
  }

  keep(): void {
    this.#journal = [];
  }

  rollBack(): void {
    for (const [place, step] of this.#journal.splice(0)) this.#step(place, step === 1 ? -1 : 1);
    this.#journal = [];
  }

  #step(place: ElementId, step: 1 | -1): void {
    const hosts = (this.#hosts.get(place) ?? 0) + step;
    if (hosts === 0) this.#hosts.delete(place);
    else this.#hosts.set(place, hosts);
    this.#journal.push([place, step]);
  }
}
