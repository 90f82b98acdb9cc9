import type { FastifyReply } from "fastify";
import { durationMsOf } from "./prometheus-parameters.ts";
import { canceled, timedOut } from "./prometheus-replies.ts";
import type { QuerySlots } from "./query-slots.ts";

/** One request to be answered from the store. */
export interface Exchange {
  readonly reply: FastifyReply;
  readonly parameters: URLSearchParams;
}

export interface Runner {
  readonly slots: QuerySlots;
  readonly queryTimeoutMs: number;
}

/**
 * Runs a job in its turn. Errors: `promql.timeout` after the `timeout` of the request or of the server, whichever is
 * smaller; `promql.canceled` when the client goes away; `promql.busy`; what the job throws. The answer does not wait for
 * a job that is slow to notice its signal, but the job keeps its place until it has ended.
 */
export async function inTurn<T>(
  { slots, queryTimeoutMs }: Runner,
  { reply, parameters }: Exchange,
  job: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = Math.min(queryTimeoutMs, durationMsOf(parameters, "timeout") ?? queryTimeoutMs);
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs);
  const leave = () => controller.abort(canceled());
  reply.raw.once("close", leave);
  try {
    return await Promise.race([slots.run(signal, () => job(signal)), whenAborted(signal)]);
  } finally {
    clearTimeout(timer);
    reply.raw.off("close", leave);
  }
}

/** Rejects with the signal's reason; the signal belongs to one request and goes with it. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
