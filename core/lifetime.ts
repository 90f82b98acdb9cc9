/**
 * A stretch of life with an end: a process, a session, a test. What starts inside registers how it stops;
 * `end` runs those cleanups last-in-first-out and waits for each. Every cleanup runs even if one throws.
 */
export class Lifetime {
  readonly #controller = new AbortController();
  readonly #cleanups: { name: string; run: () => void | Promise<void> }[] = [];
  #ended: Promise<void> | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Registers `run` to be called when this lifetime ends. `name` appears in the error when it fails. */
  defer(name: string, run: () => void | Promise<void>): void {
    if (this.isOver) throw new Error(`lifetime is over, cannot defer ${name}`);
    this.#cleanups.push({ name, run });
  }

  /** Ends once; later calls wait for the same end. Throws an AggregateError when cleanups failed. */
  end(): Promise<void> {
    this.#ended ??= this.#runCleanups();
    return this.#ended;
  }

  async #runCleanups(): Promise<void> {
    this.#controller.abort();
    const failures: Error[] = [];
    for (const { name, run } of this.#cleanups.reverse()) {
      try {
        await run();
      } catch (cause) {
        failures.push(new Error(`while stopping ${name}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map((f) => f.message).join("; "));
  }
}
