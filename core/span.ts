import type { EpochMs } from "./clock.ts";
import type { TraceContext } from "./trace.ts";

/** One piece of work of a trace: what, when, how long, how it ended. A line of the tracing stream. */
export interface Span extends TraceContext {
  /** The span that asked for it; undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly kind: SpanKind;
  /** Few different ones: `POST /api/v2/write`, `alert fired`. What differs from one to the next is an attribute. */
  readonly name: string;
  readonly startedAt: EpochMs;
  readonly durationMs: number;
  readonly outcome: SpanOutcome;
  /** Names in snake_case with the unit last; no secrets, no bodies. */
  readonly attributes: SpanAttributes;
}

/** `batch`: an agent delivers samples. `message`: an agent tells its topology. `round`: the collector asks a target or a service. */
export type SpanKind = "batch" | "message" | "request" | "round" | "write" | "alert" | "notify";

/** `refused`: the caller can do something about it. `failed`: it cannot. */
export type SpanOutcome = "ok" | "refused" | "failed";

export type SpanAttributes = { readonly [name: string]: string | number | boolean | readonly string[] | undefined };

/** Never throws, and never waits: what is recorded of work must not hold it up. */
export type RecordSpan = (span: Span) => void;

/** As a line of NDJSON has it, without the time of writing. */
export function spanFields(span: Span): { readonly [name: string]: unknown } {
  const { traceId, spanId, parentSpanId, kind, name, startedAt, durationMs, outcome, attributes } = span;
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: parentSpanId,
    kind,
    name,
    started_at: startedAt,
    duration_ms: Math.round(durationMs * 1_000) / 1_000,
    outcome,
    ...attributes,
  };
}
