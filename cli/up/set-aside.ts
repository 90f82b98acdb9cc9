import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { setAsideDatabase } from "../../store/embedded/set-aside.ts";

export interface SetAside {
  /** Whether the operator said that a damaged store may be set aside, `--set-aside-damaged`. */
  readonly allowed: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens a store that holds what nothing else knows. A damaged one stops the start, unless the operator said to set it
 * aside: then it is renamed, with its log, and a new one begins. See docs/adr/0005-damaged-stores.md.
 */
export async function openOrSetAside<T>(
  path: string,
  open: () => T | Promise<T>,
  { allowed, clock, log }: SetAside,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "store.damaged" || !allowed) throw error;
    log.warn({ path, aside: setAsideDatabase(path, clock.now()), reason: error.message }, "damaged store set aside");
    return open();
  }
}
