import { failedQuery } from "./invalid-query.ts";

/** Steps of work between two looks at the signal: some ten milliseconds. */
const WORK_PER_TURN = 1_000_000;

/**
 * What one query may still use. Long loops report their work here, so that a query neither outlives its signal nor
 * keeps the event loop to itself.
 */
export class Budget {
  readonly #signal: AbortSignal | undefined;
  readonly #maxSamples: number;
  #samples = 0;
  #work = 0;

  constructor(maxSamples: number, signal: AbortSignal | undefined) {
    this.#maxSamples = maxSamples;
    this.#signal = signal;
  }

  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** Counts samples held in memory. Errors: `promql.failed` past the limit. */
  hold(samples: number): void {
    this.#samples += samples;
    this.#work += samples;
    if (this.#samples > this.#maxSamples) {
      throw failedQuery(
        `query processing would load too many samples into memory (more than ${this.#maxSamples})`,
        "select fewer series with more matchers, ask for a shorter time, or use a larger step",
      );
    }
  }

  /** Counts steps of a loop; true when it is time to `breathe`. */
  work(steps: number): boolean {
    this.#work += steps;
    return this.#work >= WORK_PER_TURN;
  }

  /** Throws the signal's reason once it is aborted; lets others run when this query had its turn. */
  async breathe(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#work < WORK_PER_TURN) return;
    this.#work = 0;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
  }
}
