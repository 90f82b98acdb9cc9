import type { EpochMs } from "../../core/clock.ts";
import { addToDigest, digestText, EMPTY_DIGEST, removeFromDigest } from "../../core/digest.ts";
import { type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { sameAttributes } from "../topology/attributes.ts";
import { charsOf, MAX_MESSAGE_CHARS } from "./message-parts.ts";

/** What the collector is to be told: as `Changes` of the agent protocol, without what the session adds. */
export interface Difference {
  readonly at: EpochMs;
  readonly put: readonly Element[];
  readonly remove: readonly ElementId[];
  readonly renamed: { readonly [newId: string]: ElementId };
}

/** When an element was first seen to differ from what was acknowledged, and when it last changed. */
interface Differing {
  readonly since: EpochMs;
  readonly changedAt: EpochMs;
}

/**
 * What is now, what the collector has acknowledged, and since when they differ. Its size is bounded by what there is:
 * however long the collector is away, each element differs once.
 */
export class Ledger {
  #current: ReadonlyMap<ElementId, Element> = new Map();
  readonly #acknowledged = new Map<ElementId, Element>();
  #digest = EMPTY_DIGEST;
  #at: EpochMs | undefined;
  #everFull = false;
  readonly #differing = new Map<ElementId, Differing>();
  readonly #renamed = new Map<ElementId, ElementId>();

  /** `digestText` of what the collector has acknowledged; undefined before the first full state. */
  get digest(): string | undefined {
    return this.#everFull ? digestText(this.#digest) : undefined;
  }

  /** When the current state was seen; undefined before the first. */
  get at(): EpochMs | undefined {
    return this.#at;
  }

  get current(): readonly Element[] {
    return [...this.#current.values()];
  }

  get byId(): ReadonlyMap<ElementId, Element> {
    return this.#current;
  }

  /** Takes over a new state. `renamed`: new id → old id. */
  update(elements: readonly Element[], at: EpochMs, renamed: ReadonlyMap<ElementId, ElementId>): void {
    const before = this.#current;
    const current = new Map<ElementId, Element>();
    this.#current = current;
    this.#at = at;
    for (const element of elements) {
      const was = before.get(element.id);
      const isSame = was !== undefined && sameElement(was, element);
      current.set(element.id, isSame ? was : element);
      if (!isSame) this.#compare(element.id, at);
    }
    for (const id of before.keys()) if (!current.has(id)) this.#compare(id, at);
    for (const [newId, oldId] of renamed) {
      const oldest = this.#renamed.get(oldId) ?? oldId;
      this.#renamed.delete(oldId);
      if (oldest !== newId) this.#renamed.set(newId, oldest);
    }
  }

  /** The oldest differences, all first seen at one moment; undefined when there is none. */
  nextDifference(maxElements: number, maxChars = MAX_MESSAGE_CHARS): Difference | undefined {
    const [first] = this.#differing.values();
    if (first === undefined) return undefined;
    let at = first.since;
    for (const { since } of this.#differing.values()) if (since < at) at = since;
    let chars = 0;
    const put: Element[] = [];
    const remove: ElementId[] = [];
    const renamed: Record<string, ElementId> = {};
    for (const [id, { since }] of this.#differing) {
      if (put.length + remove.length >= maxElements) break;
      if (since !== at) continue;
      const element = this.#current.get(id);
      chars += element === undefined ? id.length : charsOf(element);
      if (chars > maxChars && put.length + remove.length > 0) break;
      if (element === undefined) remove.push(id);
      else put.push(element);
    }
    const removed = new Set(remove);
    for (const { id } of put) {
      const oldId = this.#renamed.get(id);
      if (oldId !== undefined && removed.has(oldId)) renamed[id] = oldId;
    }
    return { at, put, remove, renamed };
  }

  /** The collector has made a difference durable. What changed since is still to be told. */
  acknowledge({ put, remove }: Pick<Difference, "put" | "remove">): void {
    for (const element of put) this.#setAcknowledged(element.id, element);
    for (const id of remove) this.#setAcknowledged(id, undefined);
  }

  /** The collector has made a full state durable, and has nothing else. */
  acknowledgeFull(elements: readonly Element[]): void {
    const full = new Set(elements.map(({ id }) => id));
    this.acknowledge({ put: elements, remove: [...this.#acknowledged.keys()].filter((id) => !full.has(id)) });
    this.#everFull = true;
  }

  #setAcknowledged(id: ElementId, element: Element | undefined): void {
    const was = this.#acknowledged.get(id);
    if (was !== undefined) this.#digest = removeFromDigest(this.#digest, was);
    if (element !== undefined) this.#digest = addToDigest(this.#digest, element);
    if (element === undefined) this.#acknowledged.delete(id);
    else this.#acknowledged.set(id, element);
    this.#renamed.delete(id);
    const differing = this.#differing.get(id);
    this.#differing.delete(id);
    // Without a time of its own it had become what was acknowledged before, while this was on its way.
    const changedAt = differing?.changedAt ?? this.#at;
    if (changedAt !== undefined) this.#compare(id, changedAt);
  }

  #compare(id: ElementId, at: EpochMs): void {
    if (sameElement(this.#acknowledged.get(id), this.#current.get(id))) this.#differing.delete(id);
    else this.#differing.set(id, { since: this.#differing.get(id)?.since ?? at, changedAt: at });
  }
}

/** Equal in all that is sent, volatile attributes included: the collector keeps those current too. */
export function sameElement(left: Element | undefined, right: Element | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.kind !== right.kind) return false;
  if (!sameAttributes(left.attributes, right.attributes)) return false;
  if (isLink(left)) return isLink(right) && left.from === right.from && left.to === right.to;
  return !isLink(right) && left.name === right.name && left.parent === right.parent && left.host === right.host;
}
