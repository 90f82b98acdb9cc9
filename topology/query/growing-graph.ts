import { type Element, isLink, type Link } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { LocalGraph } from "./graph-source.ts";

/** The part of a graph that has been brought in so far. Elements only come, and never change. */
export class GrowingGraph implements LocalGraph {
  readonly #elements = new Map<ElementId, Element>();
  readonly #children = new Map<ElementId, ElementId[]>();
  readonly #links = new Map<ElementId, Link[]>();

  constructor(elements: Iterable<Element> = []) {
    for (const element of elements) this.add(element);
  }

  get size(): number {
    return this.#elements.size;
  }

  /** What is there already stays as it is. */
  add(element: Element): void {
    if (this.#elements.has(element.id)) return;
    this.#elements.set(element.id, element);
    if (isLink(element)) {
      push(this.#links, element.from, element);
      if (element.to !== element.from) push(this.#links, element.to, element);
    } else if (element.parent !== undefined) {
      push(this.#children, element.parent, element.id);
    }
  }

  get(id: ElementId): Element | undefined {
    return this.#elements.get(id);
  }

  elements(): Iterable<Element> {
    return this.#elements.values();
  }

  childrenOf(id: ElementId): readonly ElementId[] {
    return this.#children.get(id) ?? [];
  }

  linksAt(id: ElementId): readonly Link[] {
    return this.#links.get(id) ?? [];
  }
}

function push<T>(index: Map<ElementId, T[]>, key: ElementId, one: T): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [one]);
  else known.push(one);
}
