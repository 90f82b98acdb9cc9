import { OperatorError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { commitFailed } from "./recorder-errors.ts";

/** Why the store does not take what is to be recorded. Logged when it begins, changes and ends: between, every agent tries again and again. */
export class RecordingTrouble {
  readonly #cluster: string;
  readonly #log: Log;
  #failing: OperatorError | undefined;

  constructor(cluster: string, log: Log) {
    this.#cluster = cluster;
    this.#log = log;
  }

  get failing(): OperatorError | undefined {
    return this.#failing;
  }

  /** Undefined after a commit. */
  tell(cause: unknown): void {
    const cluster = this.#cluster;
    const before = this.#failing;
    if (cause === undefined) {
      this.#failing = undefined;
      if (before !== undefined) this.#log.info({ cluster }, "topology is recorded again");
      return;
    }
    const failing = cause instanceof OperatorError ? cause : commitFailed(cause);
    this.#failing = failing;
    const { code, message, hint } = failing;
    if (message !== before?.message)
      this.#log.error({ cluster, code, error: message, hint }, "topology cannot be recorded");
  }
}
