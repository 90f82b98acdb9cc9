import { attributeClass } from "../core/attribute-class.ts";
import type { EpochMs } from "../core/clock.ts";
import type { Attributes, Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import { type Change, diffElement, sameValue } from "./model/change.ts";
import { type Owner, ownerKeyOf } from "./ownership.ts";

/** From more than `flips` changes of state within `windowMs` on, an element's state is recorded once in `intervalMs`. */
export interface DampingLimits {
  readonly flips: number;
  readonly windowMs: number;
  readonly intervalMs: number;
  /** Elements watched at once; the state of one past that is recorded as it comes. */
  readonly elements: number;
}

export const DAMPING_LIMITS: DampingLimits = { flips: 10, windowMs: 60_000, intervalMs: 30_000, elements: 50_000 };

/** A finding: what changes its state so often that the history has only every so manieth change. */
export interface Flapping {
  readonly id: ElementId;
  readonly since: EpochMs;
}

/** Elements of one owner whose state is due to be recorded. */
export interface DueStates {
  readonly owner: Owner;
  readonly at: EpochMs;
  readonly ids: readonly ElementId[];
}

interface Flap {
  readonly owner: Owner;
  windowStart: EpochMs;
  flips: number;
  /** The state told last, and when. */
  told: Attributes;
  toldAt: EpochMs;
  dampedSince: EpochMs | undefined;
  dueAt: number;
  /** Flips that the record does not have yet. */
  hidden: number;
}

/** Keeps a flapping interface from filling the history. Only state attributes: what somebody sets is never held back. */
export class Damper {
  readonly #limits: DampingLimits;
  readonly #flaps = new Map<ElementId, Flap>();

  constructor(limits: DampingLimits) {
    this.#limits = limits;
  }

  /** What is told of an element as it is to be recorded: while it is damped, with its state as recorded last. */
  recordedAs(owner: Owner, recorded: Element | undefined, told: Element, now: EpochMs): Element {
    if (recorded === undefined || recorded.kind !== told.kind) {
      this.#flaps.delete(told.id);
      return told;
    }
    const state = stateOf(told);
    const flap = this.#flaps.get(told.id);
    if (flap === undefined) {
      if (!sameState(stateOf(recorded), state)) this.#watch(owner, told.id, state, now);
      return told;
    }
    if (!sameState(flap.told, state)) this.#flipped(flap, state, now);
    return flap.dampedSince === undefined ? told : { ...told, attributes: withState(told, stateOf(recorded)) };
  }

  /** What is to be recorded by now, and forgets what is calm. `get` gives elements as recorded. */
  due(now: EpochMs, get: (id: ElementId) => Element | undefined): readonly DueStates[] {
    const byOwner = new Map<string, { owner: Owner; at: EpochMs; ids: ElementId[] }>();
    for (const [id, flap] of this.#flaps) {
      const recorded = get(id);
      const isTold = recorded === undefined || sameState(stateOf(recorded), flap.told);
      if (isTold && now - flap.toldAt >= this.#limits.windowMs) this.#flaps.delete(id);
      if (isTold || flap.dampedSince === undefined || now < flap.dueAt) continue;
      const key = ownerKeyOf(flap.owner);
      const states = byOwner.get(key) ?? { owner: flap.owner, at: flap.toldAt, ids: [] };
      states.ids.push(id);
      byOwner.set(key, states);
    }
    return [...byOwner.values()];
  }

  /** The change that records the state told last; `@flaps` says how many changes there were since the one before. */
  settle(recorded: Element | undefined, now: EpochMs): readonly Change[] {
    const flap = recorded === undefined ? undefined : this.#flaps.get(recorded.id);
    if (recorded === undefined || flap === undefined) return [];
    const flaps = flap.hidden;
    flap.hidden = 0;
    flap.dueAt = now + this.#limits.intervalMs;
    const settled = { ...recorded, attributes: withState(recorded, flap.told) };
    return diffElement(recorded, settled).map((change) =>
      change.kind === "update" ? { ...change, after: { ...change.after, "@flaps": flaps } } : change,
    );
  }

  flapping(): readonly Flapping[] {
    return [...this.#flaps].flatMap(([id, { dampedSince }]) =>
      dampedSince === undefined ? [] : [{ id, since: dampedSince }],
    );
  }

  #watch(owner: Owner, id: ElementId, told: Attributes, now: EpochMs): void {
    if (this.#flaps.size >= this.#limits.elements) return;
    const start = { windowStart: now, flips: 1, told, toldAt: now };
    this.#flaps.set(id, { owner, ...start, dampedSince: undefined, dueAt: 0, hidden: 0 });
  }

  #flipped(flap: Flap, state: Attributes, now: EpochMs): void {
    if (now - flap.windowStart >= this.#limits.windowMs) {
      if (flap.flips <= this.#limits.flips) flap.dampedSince = undefined;
      flap.windowStart = now;
      flap.flips = 0;
    }
    flap.flips++;
    flap.told = state;
    flap.toldAt = now;
    if (flap.dampedSince === undefined && flap.flips > this.#limits.flips) {
      flap.dampedSince = now;
      flap.dueAt = now + this.#limits.intervalMs;
    }
    if (flap.dampedSince !== undefined) flap.hidden++;
  }
}

function stateOf({ attributes }: Element): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => attributeClass(name) === "state"));
}

function withState({ attributes }: Element, state: Attributes): Attributes {
  const others = Object.entries(attributes).filter(([name]) => attributeClass(name) !== "state");
  return { ...Object.fromEntries(others), ...state };
}

function sameState(left: Attributes, right: Attributes): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => sameValue(left[name], right[name]));
}
