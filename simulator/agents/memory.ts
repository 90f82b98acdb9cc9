import type { EpochMs } from "../../core/clock.ts";
import { addToDigest, type Digest, digestText, EMPTY_DIGEST, removeFromDigest } from "../../core/digest.ts";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { ElementChange } from "../day/utterance.ts";

/** What the collector is to be told at one go. */
export interface Difference {
  /** Agent's clock when the first of it was seen. */
  readonly at: EpochMs;
  readonly put: readonly Element[];
  readonly remove: readonly ElementId[];
}

interface Differing {
  readonly since: EpochMs;
  readonly acknowledged: Element | undefined;
  readonly current: Element | undefined;
}

/**
 * What an agent remembers of what it has told the collector: a digest of all, and only those elements that have changed
 * since. So ten thousand agents fit into one process. Bounded by the elements of the host: each differs once.
 */
export class AgentMemory {
  #digest: Digest | undefined;
  #differing = new Map<ElementId, Differing>();

  get isUpToDate(): boolean {
    return this.#differing.size === 0;
  }

  /** `digestText` of what was acknowledged; undefined when that is not known. */
  get digest(): string | undefined {
    return this.#digest === undefined ? undefined : digestText(this.#digest);
  }

  forget(): void {
    this.#digest = undefined;
    this.#differing = new Map();
  }

  /** The collector has exactly these, or is taken to have them. */
  acknowledgeAll(elements: readonly Element[]): void {
    this.#digest = elements.reduce(addToDigest, EMPTY_DIGEST);
  }

  change(changes: readonly ElementChange[], at: EpochMs): void {
    for (const { id, before, after } of changes) {
      const known = this.#differing.get(id);
      this.#differing.set(id, {
        since: known?.since ?? at,
        acknowledged: known === undefined ? before : known.acknowledged,
        current: after,
      });
    }
  }

  /** The oldest differences, all seen at one moment; undefined when there is none. */
  nextDifference(maxElements: number): Difference | undefined {
    const [first] = this.#differing.values();
    if (first === undefined) return undefined;
    const put: Element[] = [];
    const remove: ElementId[] = [];
    for (const [id, { since, current }] of this.#differing) {
      if (put.length + remove.length >= maxElements || since !== first.since) break;
      if (current === undefined) remove.push(id);
      else put.push(current);
    }
    return { at: first.since, put, remove };
  }

  /** The collector has made a difference durable. What changed since is still to be told. */
  acknowledge({ put, remove }: Difference): void {
    for (const element of put) this.#acknowledgeOne(element.id, element);
    for (const id of remove) this.#acknowledgeOne(id, undefined);
  }

  #acknowledgeOne(id: ElementId, told: Element | undefined): void {
    const known = this.#differing.get(id);
    if (known === undefined) return;
    if (this.#digest !== undefined) {
      if (known.acknowledged !== undefined) this.#digest = removeFromDigest(this.#digest, known.acknowledged);
      if (told !== undefined) this.#digest = addToDigest(this.#digest, told);
    }
    this.#differing.delete(id);
    if (known.current !== told) this.#differing.set(id, { ...known, acknowledged: told });
  }
}
