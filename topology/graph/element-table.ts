import { type Element, isLink, type Link } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { compactElement } from "./compact-element.ts";
import { HashMultimap } from "./hash-multimap.ts";
import { hashOfText } from "./text-hash.ts";
import { TextPool } from "./text-pool.ts";

/** Elements in numbered slots, found by id, by parent, by end and by host. An element keeps its slot while it is there. */
export class ElementTable {
  readonly #elements: (Element | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #slots = new HashMultimap();
  readonly #children = new HashMultimap();
  readonly #linksByEnd = new HashMultimap();
  readonly #nodesByHost = new HashMultimap();
  readonly #pool = new TextPool();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  at(slot: number): Element | undefined {
    return this.#elements[slot];
  }

  get(id: ElementId): Element | undefined {
    const slot = this.slotOf(id);
    return slot < 0 ? undefined : this.#elements[slot];
  }

  /** -1 when it is not there. */
  slotOf(id: ElementId): number {
    return this.#slots.find(hashOfText(id), (slot) => this.#elements[slot]?.id === id);
  }

  /** The slot it is in, or an empty one to `replace` right after. */
  slotFor(id: ElementId): number {
    const known = this.slotOf(id);
    return known >= 0 ? known : (this.#free.at(-1) ?? this.#elements.length);
  }

  *elements(): Generator<Element> {
    for (const element of this.#elements) if (element !== undefined) yield element;
  }

  *childrenOf(id: ElementId): Generator<ElementId> {
    for (const slot of this.#children.valuesOf(hashOfText(id))) {
      const child = this.#elements[slot];
      if (child !== undefined && !isLink(child) && child.parent === id) yield child.id;
    }
  }

  *linksAt(id: ElementId): Generator<Link> {
    for (const slot of this.#linksByEnd.valuesOf(hashOfText(id))) {
      const link = this.#elements[slot];
      if (link !== undefined && isLink(link) && (link.from === id || link.to === id)) yield link;
    }
  }

  *onHost(host: string): Generator<ElementId> {
    for (const slot of this.#nodesByHost.valuesOf(hashOfText(host))) {
      const node = this.#elements[slot];
      if (node !== undefined && !isLink(node) && node.host === host) yield node.id;
    }
  }

  /** An equal element in the form it is kept in. */
  compact(element: Element): Element {
    return compactElement(element, this.#pool, (id) => this.get(id)?.id ?? id);
  }

  /** Puts another version in the slot, that differs in nothing it is found by. */
  exchange(slot: number, element: Element): void {
    this.#elements[slot] = element;
  }

  /** `before` is what is in the slot now; both have the same id. */
  replace(slot: number, before: Element | undefined, after: Element | undefined): void {
    move(this.#children, slot, parentHashes(before), parentHashes(after));
    move(this.#linksByEnd, slot, endHashes(before), endHashes(after));
    move(this.#nodesByHost, slot, hostHashes(before), hostHashes(after));
    this.#elements[slot] = after;
    if (before === undefined && after !== undefined) {
      if (this.#free.at(-1) === slot) this.#free.pop();
      this.#slots.add(hashOfText(after.id), slot);
      this.#size++;
    }
    if (before !== undefined && after === undefined) {
      this.#slots.delete(hashOfText(before.id), slot);
      this.#free.push(slot);
      this.#size--;
    }
  }
}

/** Takes an element's entries from those of one version to those of the next. */
export function move(index: HashMultimap, slot: number, before: readonly number[], after: readonly number[]): void {
  for (const hash of before) if (!after.includes(hash)) index.delete(hash, slot);
  for (const hash of after) if (!before.includes(hash)) index.add(hash, slot);
}

const NONE: readonly number[] = [];

function parentHashes(element: Element | undefined): readonly number[] {
  if (element === undefined || isLink(element) || element.parent === undefined) return NONE;
  return [hashOfText(element.parent)];
}

function endHashes(element: Element | undefined): readonly number[] {
  if (element === undefined || !isLink(element)) return NONE;
  const [from, to] = [hashOfText(element.from), hashOfText(element.to)];
  return from === to ? [from] : [from, to];
}

function hostHashes(element: Element | undefined): readonly number[] {
  return element === undefined || isLink(element) || element.host === undefined ? NONE : [hashOfText(element.host)];
}
