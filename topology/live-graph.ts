import { addToDigest, type Digest, digestText, EMPTY_DIGEST, removeFromDigest } from "../core/digest.ts";
import { type Attributes, type Element, isLink, type Link } from "../core/element.ts";
import { type ElementId, ownerHostOf } from "../core/element-id.ts";
import { applyToElement, type Change, changedId, sameValue, subjectOf, volatileOf } from "./model/change.ts";
import type { Topology } from "./model/topology.ts";

/** What readers may ask of the live graph. Elements are never changed in place, so a reader may keep them. */
export interface GraphView {
  readonly size: number;
  get(id: ElementId): Element | undefined;
  elements(): Iterable<Element>;
  childrenOf(id: ElementId): Iterable<ElementId>;
  /** Links that start or end here. */
  linksAt(id: ElementId): Iterable<Link>;
  /** Elements an agent on this host owns: `host/<host>` and what stands below it. */
  ownedBy(host: string): ReadonlySet<ElementId>;
  ofKind(kind: Element["kind"]): ReadonlySet<ElementId>;
  /** `digestText` over what `ownedBy` gives, kept up to date with each change. */
  digestOf(host: string): string;
}

const NONE: ReadonlySet<ElementId> = new Set();

/** The topology as it is now, changed in place, with indexes. Obeys the laws of `apply` in model/change.ts. */
export class LiveGraph implements GraphView {
  readonly #elements = new Map<ElementId, Element>();
  readonly #children = new Map<ElementId, Set<ElementId>>();
  readonly #linksByEnd = new Map<ElementId, Set<ElementId>>();
  readonly #byHost = new Map<string, Set<ElementId>>();
  readonly #byKind = new Map<Element["kind"], Set<ElementId>>();
  /** Kept up to date from the first time somebody asks; graphs of the past are never asked. */
  readonly #digests = new Map<string, Digest>();

  constructor(elements: Iterable<Element> = []) {
    this.load(elements);
  }

  /** Elements as the store has them, none of which is there yet. */
  load(elements: Iterable<Element>): void {
    for (const element of elements) this.#replace(element.id, element);
  }

  get size(): number {
    return this.#elements.size;
  }

  get(id: ElementId): Element | undefined {
    return this.#elements.get(id);
  }

  elements(): Iterable<Element> {
    return this.#elements.values();
  }

  childrenOf(id: ElementId): Iterable<ElementId> {
    return this.#children.get(id) ?? NONE;
  }

  *linksAt(id: ElementId): Iterable<Link> {
    for (const linkId of this.#linksByEnd.get(id) ?? NONE) {
      const link = this.#elements.get(linkId);
      if (link !== undefined && isLink(link)) yield link;
    }
  }

  ownedBy(host: string): ReadonlySet<ElementId> {
    return this.#byHost.get(host) ?? NONE;
  }

  ofKind(kind: Element["kind"]): ReadonlySet<ElementId> {
    return this.#byKind.get(kind) ?? NONE;
  }

  digestOf(host: string): string {
    const known = this.#digests.get(host) ?? this.#digestAnew(host);
    this.#digests.set(host, known);
    return digestText(known);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      const id = changedId(change);
      this.#replace(id, applyToElement(this.#elements.get(id), change));
    }
  }

  /**
   * Makes the element's volatile attributes those of `attributes` (others in it are ignored). Returns what that
   * changed, as an update that page and replay can apply; undefined when nothing did.
   */
  putVolatile(id: ElementId, attributes: Attributes): Change | undefined {
    const element = this.#elements.get(id);
    if (element === undefined) return undefined;
    const change = volatileChange(element, volatileOf(attributes));
    if (change !== undefined) this.apply([change]);
    return change;
  }

  /** A copy of the whole, for the slow oracle and for tests. */
  toTopology(): Topology {
    return new Map(this.#elements);
  }

  #replace(id: ElementId, after: Element | undefined): void {
    const before = this.#elements.get(id);
    if (before !== undefined) this.#unindex(before);
    if (after === undefined) {
      this.#elements.delete(id);
      return;
    }
    this.#elements.set(id, after);
    this.#index(after);
  }

  #index(element: Element): void {
    addTo(this.#byKind, element.kind, element.id);
    if (isLink(element)) {
      addTo(this.#linksByEnd, element.from, element.id);
      addTo(this.#linksByEnd, element.to, element.id);
    } else if (element.parent !== undefined) {
      addTo(this.#children, element.parent, element.id);
    }
    const host = ownerHostOf(element.id);
    if (host === undefined) return;
    addTo(this.#byHost, host, element.id);
    const digest = this.#digests.get(host);
    if (digest !== undefined) this.#digests.set(host, addToDigest(digest, element));
  }

  #unindex(element: Element): void {
    removeFrom(this.#byKind, element.kind, element.id);
    if (isLink(element)) {
      removeFrom(this.#linksByEnd, element.from, element.id);
      removeFrom(this.#linksByEnd, element.to, element.id);
    } else if (element.parent !== undefined) {
      removeFrom(this.#children, element.parent, element.id);
    }
    const host = ownerHostOf(element.id);
    if (host === undefined) return;
    removeFrom(this.#byHost, host, element.id);
    const digest = this.#digests.get(host);
    if (digest !== undefined) this.#digests.set(host, removeFromDigest(digest, element));
  }

  #digestAnew(host: string): Digest {
    let digest = EMPTY_DIGEST;
    for (const id of this.ownedBy(host)) {
      const element = this.#elements.get(id);
      if (element !== undefined) digest = addToDigest(digest, element);
    }
    return digest;
  }
}

function volatileChange(element: Element, wanted: Attributes): Change | undefined {
  const present = volatileOf(element.attributes);
  const names = [...new Set([...Object.keys(present), ...Object.keys(wanted)])];
  const differing = names.filter((name) => !sameValue(present[name], wanted[name]));
  if (differing.length === 0) return undefined;
  const [before, after] = [pick(present, differing), pick(wanted, differing)];
  return { kind: "update", id: element.id, subject: subjectOf(element), before, after };
}

function pick(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

function addTo<K>(index: Map<K, Set<ElementId>>, key: K, id: ElementId): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function removeFrom<K>(index: Map<K, Set<ElementId>>, key: K, id: ElementId): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}
