import { nameOf } from "../../core/access.ts";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Span, SpanOutcome } from "../../core/span.ts";
import type { EndedRequest } from "../../web/server/request-trace.ts";

export function requestSpan(request: EndedRequest, endedAt: EpochMs): Span {
  const { trace, method, route, status, durationMs, from, identity } = request;
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    kind: "request",
    name: `${method} ${route ?? "(no such path)"}`,
    startedAt: epochMsOf(Math.round(endedAt - durationMs)),
    durationMs,
    outcome: outcomeOf(status),
    attributes: { status, who: nameOf(identity), from },
  };
}

function outcomeOf(status: number): SpanOutcome {
  if (status < 400) return "ok";
  return status < 500 ? "refused" : "failed";
}
