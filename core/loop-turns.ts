import { systemClock } from "./clock.ts";

/** How long those who share turns may hold the event loop before everything else gets its turn. */
const TURN_MS = 10;

/** Microtasks until who waits has gone on. */
const STEPS_TO_GO_ON = 4;

/** Items of a list between two looks at the clock; a millisecond each at most. */
const ITEMS_PER_LOOK = 8;

/**
 * Turns of the event loop that several share, such as all recorders of a thread: each of forty that held it for a turn of its own
 * would hold it forty times as long. Measured by the machine's clock, since work differs from machine to machine.
 */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];
  #beganMs: number | undefined;
  #isOver = false;

  /** As of the last look at the clock. */
  get wasOver(): boolean {
    return this.#isOver;
  }

  /** Looks at the clock: whether it is time to wait for the next turn. */
  isOver(): boolean {
    const nowMs = systemClock.monotonicMs();
    this.#beganMs ??= this.#begin(nowMs);
    this.#isOver = nowMs - this.#beganMs >= TURN_MS;
    return this.#isOver;
  }

  /** Lets everything else run once the turn is over. In the next one those that wait go on, in their order, until it is over. */
  next(): Promise<void> {
    if (!this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Runs work that pauses with `yield` wherever it may be cut. */
  async run<R>(work: Iterator<unknown, R>): Promise<R> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (this.isOver()) await this.next();
    }
  }

  /** What each item comes to, of those that come to something. */
  async map<T, R>(items: Iterable<T>, resultOf: (item: T) => R | undefined): Promise<R[]> {
    const results: R[] = [];
    let place = 0;
    for (const item of items) {
      if (place++ % ITEMS_PER_LOOK === 0 && this.isOver()) await this.next();
      const result = resultOf(item);
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  #begin(nowMs: number): number {
    setImmediate(() => void this.#end());
    return nowMs;
  }

  async #end(): Promise<void> {
    this.#beganMs = undefined;
    this.#isOver = false;
    while (this.#waiting.length > 0 && !this.isOver()) {
      this.#waiting.shift()?.();
      // By then it has worked, or waits for something else.
      for (let step = 0; step < STEPS_TO_GO_ON; step++) await undefined;
    }
  }
}
