import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { type Breach, BreachSet, type Transition } from "../../../topology/invariants/breach-set.ts";
import { INVARIANTS } from "../../../topology/invariants/catalogue.ts";
import type { Invariant } from "../../../topology/invariants/invariant.ts";
import { LiveGraph } from "../../../topology/live-graph.ts";
import { type Change, diffElement, withoutVolatile } from "../../../topology/model/change.ts";
import { type Saying, said } from "./arbitrary.ts";

/** A graph and its breaches, changed as the recorder changes them: what is versioned first, then what is volatile. */
export class World {
  readonly graph = new LiveGraph();
  readonly set: BreachSet;
  revision = 0;

  constructor(invariants: readonly Invariant[] = INVARIANTS) {
    this.set = new BreachSet(invariants, this.graph);
  }

  /** One revision; returns what it did to the breaches. */
  change({
    put = [],
    remove = [],
  }: {
    put?: readonly Element[];
    remove?: readonly ElementId[];
  }): readonly Transition[] {
    const changes: Change[] = [];
    const say = (said: readonly Change[]) => {
      this.graph.apply(said);
      changes.push(...said);
    };
    for (const id of remove) say(diffElement(this.graph.get(id), undefined));
    for (const element of put) {
      const added = diffElement(this.graph.get(element.id), element).map(
        (change): Change => (change.kind === "add" ? { ...change, element: withoutVolatile(change.element) } : change),
      );
      say(added);
      const volatile = this.graph.putVolatile(element.id, element.attributes);
      if (volatile !== undefined) changes.push(volatile);
    }
    this.revision++;
    this.set.take(changes, { revision: this.revision, at: epochMsOf(this.revision * 1_000) });
    return this.set.judge();
  }

  /** One revision of sayings, each about the element as the one before left it. */
  say(sayings: readonly Saying[]): readonly Transition[] {
    const present = new Map<ElementId, Element | undefined>();
    for (const saying of sayings) {
      const { id } = saying.element;
      present.set(id, said(saying, present.has(id) ? present.get(id) : this.graph.get(id)));
    }
    return this.change({
      put: [...present.values()].flatMap((element) => element ?? []),
      remove: [...present].flatMap(([id, element]) => (element === undefined ? [id] : [])),
    });
  }

  breaches(): readonly Breach[] {
    return [...this.set.breaches()];
  }
}

/** Breaches as they are compared: without `since`, which a set that starts now cannot know. */
export function comparable(breaches: Iterable<Breach>): readonly string[] {
  return Array.from(breaches, ({ since: _since, ...breach }) => JSON.stringify(breach)).toSorted();
}
