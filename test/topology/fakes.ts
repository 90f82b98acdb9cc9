import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { OperatorError } from "../../core/errors.ts";
import { apply } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { EMPTY_TOPOLOGY } from "../../topology/model/topology.ts";
import type { RevisionLog } from "../../topology/revision-log.ts";

/** A clock that stands still until it is set. */
export class SetClock implements Clock {
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  now(): EpochMs {
    return epochMsOf(this.#now);
  }

  monotonicMs(): number {
    return this.#now;
  }

  set(now: number): void {
    this.#now = now;
  }
}

/** Keeps revisions in memory; can be told to fail, and to hold commits until released. */
export class MemoryRevisionLog implements RevisionLog {
  readonly commits: (readonly Revision[])[] = [];
  isFull = false;
  held: Promise<void> | undefined;

  get revisions(): readonly Revision[] {
    return this.commits.flat();
  }

  async append(revisions: readonly Revision[]): Promise<void> {
    await this.held;
    if (this.isFull) {
      throw new OperatorError({ code: "store.full", message: "no space left", hint: "free some", status: 503 });
    }
    const expected = (await this.lastRevision("c")) + 1;
    if (revisions.some(({ revision }, index) => revision !== expected + index))
      throw new RangeError("gap in revisions");
    this.commits.push(revisions);
  }

  async lastRevision(_cluster: string): Promise<number> {
    return this.revisions.at(-1)?.revision ?? 0;
  }

  async *latest(_cluster: string): AsyncIterable<readonly Element[]> {
    const latest = apply(
      EMPTY_TOPOLOGY,
      this.revisions.flatMap(({ changes }) => changes),
    );
    yield [...latest.values()];
  }

  async lastAtByOrigin(_cluster: string): Promise<ReadonlyMap<string, EpochMs>> {
    const result = new Map<string, EpochMs>();
    for (const { origin, at } of this.revisions) result.set(origin, epochMsOf(Math.max(at, result.get(origin) ?? 0)));
    return result;
  }
}
