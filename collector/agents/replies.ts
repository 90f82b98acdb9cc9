import type { BatchReply, Refusal } from "../../core/agent-protocol.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";

/** Not now: the answer to whatever cannot be made durable at the moment. */
export interface Later {
  readonly kind: "later";
  readonly retry_after_ms: number;
  readonly server_at: EpochMs;
}

export const STORE_RETRY_MS = 2_000;

export function later(retryAfterMs: number, clock: Clock): Later {
  return { kind: "later", retry_after_ms: retryAfterMs, server_at: clock.now() };
}

export function ack(batch: number, clock: Clock): BatchReply {
  return { kind: "ack", batch, server_at: clock.now() };
}

/** What an OperatorError says to an agent, undefined when the work was done; other errors are bugs and go on. */
export async function tried(work: () => Promise<unknown>, clock: Clock): Promise<Refusal | Later | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (error.status === 503) return later(STORE_RETRY_MS, clock);
    return { kind: "refused", code: error.code, detail: error.message, hint: error.hint };
  }
}
