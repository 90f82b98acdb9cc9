import type { EpochMs } from "../core/clock.ts";
import { type Decision, deciding, type Terms } from "./decide.ts";
import { asksForIdentifiers, derivingChanges, type Step } from "./derive/derivation.ts";
import type { PlaceUse } from "./derive/places.ts";
import { eventTime } from "./event-time.ts";
import type { GraphView } from "./live-graph.ts";
import type { Change } from "./model/change.ts";
import type { Revision } from "./model/revision.ts";
import { originOf } from "./ownership.ts";
import { PendingView } from "./pending-view.ts";
import type { PlaceTally } from "./place-counts.ts";
import type { Statement } from "./statement.ts";

/** What deciding goes by, besides the live graph; kept or rolled back with the commit. */
export interface Books {
  readonly places: PlaceUse;
  readonly tally: PlaceTally;
}

export interface CommitStart {
  readonly graph: GraphView;
  readonly books: Books;
  readonly terms: Terms;
  /** The last durable revision. */
  readonly revision: number;
  readonly lastAt: ReadonlyMap<string, EpochMs>;
  readonly now: EpochMs;
}

/** What was decided about one statement. */
export interface Planned {
  readonly decision: Decision;
  readonly at: EpochMs;
  /** What the statement turned into what. */
  readonly steps: readonly Step[];
  /** The statement's own revision and, right after it, that of what is derived from it. */
  readonly revisions: readonly Revision[];
}

/** Changes between two pauses. */
const APPLIED_AT_ONCE = 128;

/** The revisions of one commit: each statement is decided against what the ones before it leave behind. */
export class CommitPlan {
  readonly #start: CommitStart;
  readonly #view: PendingView;
  readonly #floors = new Map<string, EpochMs>();
  #revision: number;

  constructor(start: CommitStart) {
    this.#start = start;
    this.#view = new PendingView(start.graph);
    this.#revision = start.revision;
  }

  /** Against what the statements entered before leave behind. */
  decide(statement: Statement): Generator<undefined, Decision> {
    return deciding(this.#view, statement, this.#start.terms);
  }

  /** Makes revisions of what was decided about the statement last. Has pauses, in which neither graph nor books may change. */
  *entering(statement: Statement, decision: Decision): Generator<undefined, Planned> {
    const origin = originOf(statement.owner);
    const at = this.#eventTime(origin, statement.at);
    if (decision.kind === "refused" || decision.changes.length === 0) return { decision, at, steps: [], revisions: [] };
    const { books, terms } = this.#start;
    const steps = yield* this.#applying(decision.changes);
    const counts = books.tally.count(steps);
    const told = this.#revisionOf(origin, at, decision.changes);
    const revision = counts.length === 0 ? told : { ...told, counts };
    if (steps.some(asksForIdentifiers)) yield* this.#view.indexing();
    const derived = yield* derivingChanges(this.#view, books.places, steps);
    if (derived.length === 0) return { decision, at, steps, revisions: [revision] };
    yield* this.#applying(derived);
    const derivedOrigin = originOf({ kind: "derived", cluster: terms.cluster });
    const derivedAt = this.#eventTime(derivedOrigin, at);
    return { decision, at, steps, revisions: [revision, this.#revisionOf(derivedOrigin, derivedAt, derived)] };
  }

  *#applying(changes: readonly Change[]): Generator<undefined, readonly Step[]> {
    const steps: Step[] = [];
    for (let from = 0; from < changes.length; from += APPLIED_AT_ONCE) {
      if (from > 0) yield;
      steps.push(...this.#view.apply(changes.slice(from, from + APPLIED_AT_ONCE)));
    }
    return steps;
  }

  #eventTime(origin: string, said: EpochMs): EpochMs {
    const { now, lastAt } = this.#start;
    return eventTime(said, now, this.#floors.get(origin) ?? lastAt.get(origin));
  }

  #revisionOf(origin: string, at: EpochMs, changes: readonly Change[]): Revision {
    this.#floors.set(origin, at);
    this.#revision++;
    const { now, terms } = this.#start;
    return { revision: this.#revision, at, knownAt: now, cluster: terms.cluster, origin, changes };
  }
}
