import { setImmediate } from "node:timers/promises";
import type { OperatorError } from "../../core/errors.ts";

/** Elements looked at between two turns of the event loop: about 5 ms. */
const SLICE = 4_000;

/** Counts what a query looks at, lets others have their turn now and then, and ends a query that costs too much. */
export class Work {
  readonly #limit: number;
  readonly #refuse: () => OperatorError;
  readonly #signal: AbortSignal | undefined;
  #done = 0;
  #sincePause = 0;

  constructor(limit: number, refuse: () => OperatorError, signal?: AbortSignal) {
    this.#limit = limit;
    this.#refuse = refuse;
    this.#signal = signal;
  }

  /** Elements looked at so far. */
  get done(): number {
    return this.#done;
  }

  /** Errors: what `refuse` gives once the limit is passed. */
  add(elements: number): void {
    this.#done += elements;
    this.#sincePause += elements;
    if (this.#done > this.#limit) throw this.#refuse();
  }

  /** To be awaited in every loop whose length the user decides. */
  async breathe(): Promise<void> {
    if (this.#sincePause < SLICE) return;
    this.#sincePause = 0;
    await setImmediate();
    this.#signal?.throwIfAborted();
  }
}
