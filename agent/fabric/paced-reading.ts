import { OperatorError } from "../../core/errors.ts";
import { waitUnlessOver } from "../../core/wait.ts";

/** What only a process can tell is read this seldom, and never in the sampling loop. */
export const READ_EVERY_MS = 60_000;

/** Reads at once and then again and again, until the signal. A source that refuses is asked again the next time. */
export async function readPaced(read: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await read().catch((thrown: unknown) => {
      if (!(thrown instanceof OperatorError)) throw thrown;
    });
    await waitUnlessOver(everyMs, signal);
  }
}
