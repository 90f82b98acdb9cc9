import { ownerKeyOf } from "./ownership.ts";
import { elementCountOf, type Statement } from "./statement.ts";

/** Bounds of what waits; a statement past one is not taken. */
export interface QueueLimits {
  readonly statements: number;
  readonly elements: number;
  /** Of one owner, so that one that does not wait for answers leaves room for the others. */
  readonly statementsPerOwner: number;
}

export const QUEUE_LIMITS: QueueLimits = { statements: 50_000, elements: 400_000, statementsPerOwner: 1_000 };

export interface Queued {
  readonly statement: Statement;
}

/** Statements in their order for each owner, and owners in turn, so that nobody waits for another's long queue. */
export class StatementQueue<Q extends Queued> {
  readonly #limits: QueueLimits;
  /** Owners with something waiting, whose turn is next first. */
  readonly #byOwner = new Map<string, Q[]>();
  #statements = 0;
  #elements = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#statements;
  }

  /** Whether it was taken. */
  push(queued: Q): boolean {
    const { statements, elements, statementsPerOwner } = this.#limits;
    if (this.#statements >= statements || this.#elements >= elements) return false;
    const owner = ownerKeyOf(queued.statement.owner);
    const waiting = this.#byOwner.get(owner);
    if (waiting !== undefined && waiting.length >= statementsPerOwner) return false;
    if (waiting === undefined) this.#byOwner.set(owner, [queued]);
    else waiting.push(queued);
    this.#statements++;
    this.#elements += elementCountOf(queued.statement);
    return true;
  }

  /** One statement of each owner in turn, up to both bounds; at least one when something waits. */
  take(maxStatements: number, maxElements: number): readonly Q[] {
    const taken: Q[] = [];
    let elements = 0;
    while (this.#statements > 0 && taken.length < maxStatements) {
      const [first] = this.#byOwner;
      const next = first?.[1][0];
      if (first === undefined || next === undefined) break;
      const count = elementCountOf(next.statement);
      if (taken.length > 0 && elements + count > maxElements) break;
      const [owner, waiting] = first;
      waiting.shift();
      // To the back of the line.
      this.#byOwner.delete(owner);
      if (waiting.length > 0) this.#byOwner.set(owner, waiting);
      taken.push(next);
      elements += count;
      this.#statements--;
      this.#elements -= count;
    }
    return taken;
  }
}
