import { setImmediate } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";

/** Cuts long work so that the event loop is free at least this often. */
const SLICE_MS = 10;

/** One stretch of work: ask `isOver` every so often and then wait for `next`. */
export class Slices {
  readonly #clock: Clock;
  #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonicMs();
  }

  get isOver(): boolean {
    return this.#clock.monotonicMs() - this.#startedAt >= SLICE_MS;
  }

  /** Lets everything else that is due run. */
  async next(): Promise<void> {
    await setImmediate();
    this.#startedAt = this.#clock.monotonicMs();
  }

  /** Runs work that pauses with `yield` wherever it may be cut. */
  async run<R>(work: Generator<undefined, R>): Promise<R> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (this.isOver) await this.next();
    }
  }
}
