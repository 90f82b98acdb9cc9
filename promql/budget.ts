import { failedQuery } from "./invalid-query.ts";
import { countWork, nextTurn } from "./turns.ts";

const STEPS_PER_COMPARISON = 10;

/**
 * What one query may still use. Long loops report their work here, so that a query neither outlives its signal nor
 * keeps the event loop to itself.
 */
export class Budget {
  readonly #signal: AbortSignal | undefined;
  readonly #maxSamples: number;
  #samples = 0;

  constructor(maxSamples: number, signal: AbortSignal | undefined) {
    this.#maxSamples = maxSamples;
    this.#signal = signal;
  }

  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** Samples that may still be held. */
  get left(): number {
    return this.#maxSamples - this.#samples;
  }

  /** Counts samples held in memory. Errors: `promql.failed` past the limit. */
  hold(samples: number): void {
    this.#samples += samples;
    countWork(samples);
    if (this.#samples > this.#maxSamples) {
      throw failedQuery(
        `query processing would load too many samples into memory (more than ${this.#maxSamples})`,
        "select fewer series with more matchers, ask for a shorter time, or use a larger step",
      );
    }
  }

  /** Counts steps of a loop, some ten nanoseconds each; true when it is time to `breathe`. */
  work(steps: number): boolean {
    return countWork(steps);
  }

  /** For what sorts. */
  readonly pause = (comparisons: number): Promise<void> | undefined =>
    this.work(comparisons * STEPS_PER_COMPARISON) ? this.breathe() : undefined;

  /** Throws the signal's reason once it is aborted; lets others run when this query had its turn. */
  async breathe(): Promise<void> {
    this.#signal?.throwIfAborted();
    await nextTurn();
    this.#signal?.throwIfAborted();
  }
}
