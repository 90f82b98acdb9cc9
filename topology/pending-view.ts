import type { Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { StateView } from "./decide.ts";
import type { DerivationView, Step } from "./derive/derivation.ts";
import { identifiersOf } from "./identifiers.ts";
import type { GraphView } from "./live-graph.ts";
import { applyToElement, type Change, changedId } from "./model/change.ts";
import { type Owner, ownerKeyOf, ownerKeyOfId } from "./ownership.ts";

const INDEXED_AT_ONCE = 128;

/** The live graph as it will be once the changes decided so far in this commit are durable. */
export class PendingView implements StateView, DerivationView {
  readonly #graph: GraphView;
  readonly #overlay = new Map<ElementId, Element | undefined>();
  /** The overlay's ids by their owner. */
  readonly #touched = new Map<string, Set<ElementId>>();
  /** Elements more, or fewer, than the graph has, by owner. */
  readonly #growth = new Map<string, number>();

  /** Ids of the overlay's elements by what they can be found by; from `indexing` on. */
  #identifiers: Map<string, Set<ElementId>> | undefined;

  constructor(graph: GraphView) {
    this.#graph = graph;
  }

  get(id: ElementId): Element | undefined {
    return this.#overlay.has(id) ? this.#overlay.get(id) : this.#graph.get(id);
  }

  *ownedBy(owner: Owner): Iterable<ElementId> {
    for (const id of this.#graph.ownedBy(owner)) if (this.get(id) !== undefined) yield id;
    for (const id of this.#touched.get(ownerKeyOf(owner)) ?? []) {
      if (this.#graph.get(id) === undefined && this.get(id) !== undefined) yield id;
    }
  }

  countOwnedBy(owner: Owner): number {
    return this.#graph.ownedBy(owner).size + (this.#growth.get(ownerKeyOf(owner)) ?? 0);
  }

  /** What `withIdentifier` needs; once it was asked for, it is kept up. Has pauses, in which nothing may be applied. */
  *indexing(): Generator<undefined, void> {
    if (this.#identifiers !== undefined) return;
    const index = new Map<string, Set<ElementId>>();
    let indexed = 0;
    for (const element of this.#overlay.values()) {
      addIdentifiers(index, element);
      if (++indexed % INDEXED_AT_ONCE === 0) yield;
    }
    this.#identifiers = index;
  }

  *withIdentifier(token: string): Iterable<Element> {
    for (const element of this.#graph.withIdentifier(token)) if (!this.#overlay.has(element.id)) yield element;
    if (this.#identifiers === undefined) throw new Error("what a commit under way changes is not indexed yet");
    for (const id of this.#identifiers.get(token) ?? []) {
      const element = this.#overlay.get(id);
      if (element !== undefined && identifiersOf(element).includes(token)) yield element;
    }
  }

  /** Gives what each change turned into what. */
  apply(changes: readonly Change[]): readonly Step[] {
    return changes.map((change) => {
      const id = changedId(change);
      const before = this.get(id);
      const after = applyToElement(before, change);
      this.#overlay.set(id, after);
      this.#touch(id, Number(after !== undefined) - Number(before !== undefined));
      if (this.#identifiers !== undefined) addIdentifiers(this.#identifiers, after);
      return [before, after];
    });
  }

  #touch(id: ElementId, growth: number): void {
    const owner = ownerKeyOfId(id);
    this.#growth.set(owner, (this.#growth.get(owner) ?? 0) + growth);
    addTo(this.#touched, owner, id);
  }
}

function addIdentifiers(index: Map<string, Set<ElementId>>, element: Element | undefined): void {
  if (element === undefined) return;
  for (const token of identifiersOf(element)) addTo(index, token, element.id);
}

function addTo(index: Map<string, Set<ElementId>>, key: string, id: ElementId): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}
