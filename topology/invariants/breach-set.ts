import type { EpochMs } from "../../core/clock.ts";
import type { Attributes, Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";
import { type Change, changedId, sameValue } from "../model/change.ts";
import type { Invariant, InvariantName, Judge, Level, Subject, Verdict } from "./invariant.ts";

/** When something came to be so: the revision that made it so and the moment it tells of. */
export interface Since {
  readonly revision: number;
  readonly at: EpochMs;
}

/** Something that does not hold. */
export interface Breach {
  readonly invariant: InvariantName;
  readonly subject: Subject;
  readonly elements: readonly ElementId[];
  readonly level: Level;
  readonly detail: Attributes;
  readonly since: Since;
}

/** `changed`: the same breach, with other elements, another level or other details. */
export interface Transition {
  readonly kind: "began" | "changed" | "ended";
  readonly breach: Breach;
  readonly at: Since;
}

/** One invariant at work on one graph. */
interface Station {
  readonly invariant: Invariant;
  readonly judge: Judge;
  readonly breaches: Map<Subject, Breach>;
  /** Subjects to judge again, with the last change that touched each. */
  readonly pending: Map<Subject, Since>;
}

/**
 * The breaches of a graph, kept up with its changes: a change costs what it touches. Law: once nothing is pending, the
 * breaches are those of a set that took in the graph as it is now from the beginning, but for `since`.
 *
 * The graph changes first, then `take` hears of it; what `take` touched is judged by `judge`. Knows no time and starts
 * nothing.
 */
export class BreachSet {
  readonly #view: GraphView;
  readonly #stations: readonly Station[];
  readonly #byKind = new Map<Element["kind"], readonly Station[]>();
  #count = 0;
  #judgements = 0;

  constructor(invariants: readonly Invariant[], view: GraphView) {
    this.#view = view;
    this.#stations = invariants.map((invariant) => ({
      invariant,
      judge: invariant.judgeOf(view),
      breaches: new Map(),
      pending: new Map(),
    }));
  }

  get size(): number {
    return this.#count;
  }

  get pendingCount(): number {
    return this.#stations.reduce((sum, { pending }) => sum + pending.size, 0);
  }

  /** Subjects judged so far. */
  get judgements(): number {
    return this.#judgements;
  }

  /** Takes in what is there already; how the graph's elements are gone through is the caller's. */
  takeElement(element: Element, since: Since): void {
    for (const station of this.#stationsFor(element.kind)) takeInto(station, element.id, element, since);
  }

  /** Changes the graph has already. */
  take(changes: readonly Change[], since: Since): void {
    for (const change of changes) {
      const id = changedId(change);
      const kind = change.kind === "update" ? change.subject.kind : change.element.kind;
      const element = this.#view.get(id);
      for (const station of this.#stationsFor(kind)) {
        const { reads } = station.invariant;
        if (change.kind === "update" && !touches(change, reads[kind])) continue;
        const matters = element !== undefined && reads[element.kind] !== undefined;
        takeInto(station, id, matters ? element : undefined, since);
      }
    }
  }

  /** Judges at most `limit` of the subjects touched, those of the first invariants first. */
  judge(limit = Number.POSITIVE_INFINITY): readonly Transition[] {
    const transitions: Transition[] = [];
    let left = limit;
    for (const station of this.#stations) {
      for (const [subject, at] of station.pending) {
        if (left-- <= 0) return transitions;
        station.pending.delete(subject);
        this.#judgements++;
        const transition = this.#judgeOne(station, subject, at);
        if (transition !== undefined) transitions.push(transition);
      }
    }
    return transitions;
  }

  get(invariant: InvariantName, subject: Subject): Breach | undefined {
    return this.#stations.find((station) => station.invariant.name === invariant)?.breaches.get(subject);
  }

  *breaches(): Iterable<Breach> {
    for (const { breaches } of this.#stations) yield* breaches.values();
  }

  #judgeOne({ invariant, judge, breaches }: Station, subject: Subject, at: Since): Transition | undefined {
    const before = breaches.get(subject);
    const transition = transitionOf(invariant, { subject, before, verdict: judge.judge(subject), at });
    if (transition?.kind === "ended") breaches.delete(subject);
    else if (transition !== undefined) breaches.set(subject, transition.breach);
    this.#count += Number(transition?.kind === "began") - Number(transition?.kind === "ended");
    return transition;
  }

  #stationsFor(kind: Element["kind"]): readonly Station[] {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    const stations = this.#stations.filter(({ invariant }) => invariant.reads[kind] !== undefined);
    this.#byKind.set(kind, stations);
    return stations;
  }
}

/** What a verdict makes of what was so before; undefined when nothing has changed. */
export function transitionOf(
  { name, level: usual }: { readonly name: InvariantName; readonly level: Level },
  judged: {
    readonly subject: Subject;
    readonly before: Breach | undefined;
    readonly verdict: Verdict | undefined;
    readonly at: Since;
  },
): Transition | undefined {
  const { subject, before, verdict, at } = judged;
  if (verdict === undefined) return before === undefined ? undefined : { kind: "ended", breach: before, at };
  if (before !== undefined && isSame(before, verdict, usual)) return undefined;
  const { elements, detail, level = usual } = verdict;
  const breach: Breach = { invariant: name, subject, elements, level, detail, since: before?.since ?? at };
  return { kind: before === undefined ? "began" : "changed", breach, at };
}

function takeInto({ judge, pending }: Station, id: ElementId, element: Element | undefined, since: Since): void {
  judge.take(id, element, (subject) => pending.set(subject, since));
}

function touches(
  { before, after }: { readonly before: Attributes; readonly after: Attributes },
  isRead: ((name: string) => boolean) | undefined,
): boolean {
  if (isRead === undefined) return false;
  for (const name in before) if (isRead(name)) return true;
  for (const name in after) if (isRead(name)) return true;
  return false;
}

function isSame(breach: Breach, verdict: Verdict, usual: Level): boolean {
  const [was, is] = [breach.detail, verdict.detail];
  const names = Object.keys(is);
  return (
    breach.level === (verdict.level ?? usual) &&
    sameValue(breach.elements, verdict.elements) &&
    names.length === Object.keys(was).length &&
    names.every((name) => sameValue(was[name], is[name]))
  );
}

/** The slow, obvious oracle: every element taken in, every subject judged. */
export function breachesFromScratch(
  invariants: readonly Invariant[],
  view: GraphView,
  since: Since,
): readonly Breach[] {
  const set = new BreachSet(invariants, view);
  for (const element of view.elements()) set.takeElement(element, since);
  set.judge();
  return [...set.breaches()];
}
