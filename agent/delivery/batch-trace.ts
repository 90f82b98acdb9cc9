import { createHash } from "node:crypto";
import { newTrace, type TraceContext } from "../../core/trace.ts";
import type { Batch } from "./batch.ts";

/**
 * The trace of a batch, with a new span for each attempt to deliver it. Made of what names the batch, so that one which waited on disk,
 * and is sent by the agent after this one, is still the same trace.
 */
export function traceOfAttempt(
  { agent, sequence }: Pick<Batch, "agent" | "sequence">,
  random: (bytes: Uint8Array<ArrayBuffer>) => void,
): TraceContext {
  const traceId = createHash("sha256").update(`${sequence} ${agent}`).digest("hex").slice(0, 32);
  return { traceId, spanId: newTrace(random).spanId };
}
