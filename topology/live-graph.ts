import { volatileOf } from "../core/attribute-class.ts";
import { addToDigest, type Digest, digestText, EMPTY_DIGEST, removeFromDigest } from "../core/digest.ts";
import type { Attributes, Element, Link } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import { ElementTable } from "./graph/element-table.ts";
import { IdentifierIndex } from "./graph/identifier-index.ts";
import { IntegerSet } from "./graph/integer-set.ts";
import { applyToElement, type Change, changedId, sameValue, subjectOf } from "./model/change.ts";
import type { Topology } from "./model/topology.ts";
import { type Owner, ownerKeyOf, ownerKeyOfId } from "./ownership.ts";

/**
 * What readers may ask of the live graph. Elements are never changed in place, so a reader may keep them; what is given
 * as an iterable is in no order and to be read before the next change of the graph.
 */
export interface GraphView {
  readonly size: number;
  get(id: ElementId): Element | undefined;
  elements(): Iterable<Element>;
  childrenOf(id: ElementId): Iterable<ElementId>;
  /** Links that start or end here, each once. */
  linksAt(id: ElementId): Iterable<Link>;
  ownedBy(owner: Owner): IdSet;
  ofKind(kind: Element["kind"]): IdSet;
  /** Nodes whose `host` this is, whoever owns them: what the host's agent tells, and the VMs that run there. */
  onHost(host: string): Iterable<ElementId>;
  /** Elements of which `identifiersOf` gives this very token. */
  withIdentifier(token: string): Iterable<Element>;
  /** Nodes whose name begins so, without regard to case. */
  withName(prefix: string): Iterable<Element>;
  /** `digestText` over what the agent on this host owns, kept up to date with each change. */
  digestOf(host: string): string;
}

export interface IdSet extends Iterable<ElementId> {
  readonly size: number;
  has(id: ElementId): boolean;
}

const NONE = new IntegerSet();

/** The topology as it is now, changed in place, with indexes. Obeys the laws of `apply` in model/change.ts. */
export class LiveGraph implements GraphView {
  readonly #table = new ElementTable();
  readonly #identifiers = new IdentifierIndex(this.#table);
  readonly #byOwner = new Map<string, IntegerSet>();
  readonly #byKind = new Map<Element["kind"], IntegerSet>();
  /** By host. Kept up to date from the first time somebody asks; graphs of the past are never asked. */
  readonly #digests = new Map<string, Digest>();

  constructor(elements: Iterable<Element> = []) {
    this.load(elements);
  }

  /** Elements as the store has them, none of which is there yet. */
  load(elements: Iterable<Element>): void {
    for (const element of elements) this.#replace(element.id, element);
  }

  get size(): number {
    return this.#table.size;
  }

  get(id: ElementId): Element | undefined {
    return this.#table.get(id);
  }

  elements(): Iterable<Element> {
    return this.#table.elements();
  }

  childrenOf(id: ElementId): Iterable<ElementId> {
    return this.#table.childrenOf(id);
  }

  linksAt(id: ElementId): Iterable<Link> {
    return this.#table.linksAt(id);
  }

  ownedBy(owner: Owner): IdSet {
    return this.#idSet(this.#byOwner.get(ownerKeyOf(owner)) ?? NONE);
  }

  ofKind(kind: Element["kind"]): IdSet {
    return this.#idSet(this.#byKind.get(kind) ?? NONE);
  }

  onHost(host: string): Iterable<ElementId> {
    return this.#table.onHost(host);
  }

  withIdentifier(token: string): Iterable<Element> {
    return this.#identifiers.withIdentifier(token);
  }

  withName(prefix: string): Iterable<Element> {
    return this.#identifiers.withName(prefix);
  }

  digestOf(host: string): string {
    const known = this.#digests.get(host) ?? this.#digestAnew(host);
    this.#digests.set(host, known);
    return digestText(known);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      const id = changedId(change);
      this.#replace(id, applyToElement(this.#table.get(id), change));
    }
  }

  /**
   * Makes the element's volatile attributes those of `attributes` (others in it are ignored). Returns what that
   * changed, as an update that page and replay can apply; undefined when nothing did.
   */
  putVolatile(id: ElementId, attributes: Attributes): Change | undefined {
    const slot = this.#table.slotOf(id);
    const element = this.#table.at(slot);
    if (element === undefined) return undefined;
    const change = volatileChange(element, volatileOf(attributes));
    const after = change === undefined ? undefined : applyToElement(element, change);
    // Neither indexes nor digests know of volatile attributes.
    if (after !== undefined) this.#table.exchange(slot, this.#table.compact(after));
    return change;
  }

  /** A copy of the whole, for the slow oracle and for tests. */
  toTopology(): Topology {
    return new Map(Array.from(this.elements(), (element) => [element.id, element]));
  }

  #replace(id: ElementId, after: Element | undefined): void {
    const owner = ownerKeyOfId(id);
    const slot = after === undefined ? this.#table.slotOf(id) : this.#table.slotFor(id);
    if (slot < 0) return;
    const before = this.#table.at(slot);
    const kept = after === undefined ? undefined : this.#table.compact(after);
    this.#identifiers.replace(slot, before, kept);
    this.#table.replace(slot, before, kept);
    if (before?.kind !== kept?.kind) {
      if (before !== undefined) removeFrom(this.#byKind, before.kind, slot);
      if (kept !== undefined) addTo(this.#byKind, kept.kind, slot);
    }
    if (before === undefined) addTo(this.#byOwner, owner, slot);
    if (kept === undefined) removeFrom(this.#byOwner, owner, slot);
    this.#updateDigest(owner, before, kept);
  }

  #updateDigest(owner: string, before: Element | undefined, after: Element | undefined): void {
    if (!owner.startsWith(AGENT_PREFIX)) return;
    const host = owner.slice(AGENT_PREFIX.length);
    let digest = this.#digests.get(host);
    if (digest === undefined) return;
    if (before !== undefined) digest = removeFromDigest(digest, before);
    if (after !== undefined) digest = addToDigest(digest, after);
    this.#digests.set(host, digest);
  }

  #digestAnew(host: string): Digest {
    let digest = EMPTY_DIGEST;
    for (const slot of this.#byOwner.get(AGENT_PREFIX + host) ?? NONE) {
      const element = this.#table.at(slot);
      if (element !== undefined) digest = addToDigest(digest, element);
    }
    return digest;
  }

  #idSet(slots: IntegerSet): IdSet {
    const table = this.#table;
    return {
      size: slots.size,
      has: (id) => {
        const slot = table.slotOf(id);
        return slot >= 0 && slots.has(slot);
      },
      *[Symbol.iterator]() {
        for (const slot of slots) {
          const element = table.at(slot);
          if (element !== undefined) yield element.id;
        }
      },
    };
  }
}

const AGENT_PREFIX = "agent/";

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

function addTo<K>(index: Map<K, IntegerSet>, key: K, slot: number): void {
  let slots = index.get(key);
  if (slots === undefined) {
    slots = new IntegerSet();
    index.set(key, slots);
  }
  slots.add(slot);
}

function removeFrom<K>(index: Map<K, IntegerSet>, key: K, slot: number): void {
  const slots = index.get(key);
  slots?.delete(slot);
  if (slots?.size === 0) index.delete(key);
}
