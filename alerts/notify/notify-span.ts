import type { EpochMs } from "../../core/clock.ts";
import type { Span, SpanOutcome } from "../../core/span.ts";
import type { TraceContext } from "../../core/trace.ts";
import type { Notice, SendOutcome } from "./receiver.ts";

/** Incidents and traces that a span names; a summary may be about hundreds. */
const MOST_NAMED = 50;

/** One attempt to send one message. */
export function notifySpan(
  at: {
    readonly trace: TraceContext;
    readonly parent: TraceContext | undefined;
    readonly startedAt: EpochMs;
    readonly durationMs: number;
  },
  receiver: string,
  { notices, outcome }: { readonly notices: readonly Notice[]; readonly outcome: SendOutcome },
): Span {
  const named = notices.slice(0, MOST_NAMED);
  const traceIds = named.map(({ incident }) => incident.trace?.traceId).filter((id) => id !== undefined);
  return {
    ...at.trace,
    parentSpanId: at.parent?.spanId,
    kind: "notify",
    name: `message to ${receiver}`,
    startedAt: at.startedAt,
    durationMs: at.durationMs,
    outcome: OUTCOMES[outcome.kind],
    attributes: {
      receiver,
      events: named.map(({ event }) => event),
      incidents: named.map(({ incident }) => incident.id),
      messages: notices.length,
      about_trace_ids: at.parent === undefined ? traceIds : undefined,
      reason: outcome.kind === "sent" ? undefined : outcome.reason,
    },
  };
}

const OUTCOMES: { readonly [kind in SendOutcome["kind"]]: SpanOutcome } = {
  sent: "ok",
  retry: "failed",
  rejected: "refused",
  misconfigured: "refused",
};
