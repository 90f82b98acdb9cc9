import { setTimeout as delay } from "node:timers/promises";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";

export interface Patience {
  /** What is opened, for the log. */
  readonly what: string;
  readonly log: Log;
  /** Ends the wait: rejects then as the wait does. */
  readonly signal: AbortSignal;
  /** Told after each attempt that failed how many there were. */
  readonly onFailure: (attempts: number) => void;
  /** For tests. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * Opens a store that is elsewhere and may start later than we do: while it is `store.unavailable` it is tried again, after
 * half a second and then ever less often, every ten seconds in the end. Errors: every other one that `open` throws.
 */
export async function openWhenReachable<T>(open: () => Promise<T>, patience: Patience): Promise<T> {
  const { what, log, signal, onFailure, wait = waited } = patience;
  for (let attempts = 1; ; attempts++) {
    try {
      const opened = await open();
      if (attempts > 1) log.info({ what, attempts }, "store reached");
      return opened;
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== "store.unavailable" || signal.aborted) throw error;
      const retryInMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
      log.warn({ what, attempts, retryInMs, error: error.message, hint: error.hint }, "store not reachable yet");
      onFailure(attempts);
      await wait(retryInMs, signal);
    }
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal });
}
