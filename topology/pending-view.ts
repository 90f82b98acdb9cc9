import type { Element } from "../core/element.ts";
import { type ElementId, ownerHostOf } from "../core/element-id.ts";
import type { StateView } from "./decide.ts";
import type { GraphView } from "./live-graph.ts";
import { applyToElement, type Change, changedId } from "./model/change.ts";

/** The live graph as it will be once the changes decided so far in this commit are durable. */
export class PendingView implements StateView {
  readonly #graph: GraphView;
  readonly #overlay = new Map<ElementId, Element | undefined>();
  /** The overlay's ids by the host that owns them. */
  readonly #touched = new Map<string, Set<ElementId>>();
  /** Elements more, or fewer, than the graph has, by host. */
  readonly #growth = new Map<string, number>();

  constructor(graph: GraphView) {
    this.#graph = graph;
  }

  get(id: ElementId): Element | undefined {
    return this.#overlay.has(id) ? this.#overlay.get(id) : this.#graph.get(id);
  }

  *ownedBy(host: string): Iterable<ElementId> {
    for (const id of this.#graph.ownedBy(host)) if (this.get(id) !== undefined) yield id;
    for (const id of this.#touched.get(host) ?? []) {
      if (this.#graph.get(id) === undefined && this.get(id) !== undefined) yield id;
    }
  }

  countOwnedBy(host: string): number {
    return this.#graph.ownedBy(host).size + (this.#growth.get(host) ?? 0);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      const id = changedId(change);
      const [before, after] = [this.get(id), applyToElement(this.get(id), change)];
      this.#overlay.set(id, after);
      const host = ownerHostOf(id);
      if (host === undefined) continue;
      const growth = Number(after !== undefined) - Number(before !== undefined);
      this.#growth.set(host, (this.#growth.get(host) ?? 0) + growth);
      const touched = this.#touched.get(host);
      if (touched === undefined) this.#touched.set(host, new Set([id]));
      else touched.add(id);
    }
  }
}
