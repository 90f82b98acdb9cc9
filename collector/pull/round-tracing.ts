import type { EpochMs } from "../../core/clock.ts";
import type { RecordSpan, Span, SpanAttributes } from "../../core/span.ts";
import { newTrace, randomBytes, type TraceContext } from "../../core/trace.ts";
import { noTraceScope, type TraceScope } from "../../core/trace-scope.ts";
import { NewestRounds } from "./newest-rounds.ts";

/** What a round of asking is followed by. */
export interface RoundTracing {
  readonly traces: TraceScope;
  /** Within a bound: of rounds that go otherwise than the one before. */
  readonly recordSpan: RecordSpan;
  /** What an alert goes back to. */
  readonly newest: NewestRounds;
}

/** Every round is then a trace of its own, which nobody records. */
export function noRoundTracing(): RoundTracing {
  return { traces: noTraceScope, recordSpan: () => {}, newest: new NewestRounds() };
}

export interface EndedRound {
  readonly trace: TraceContext;
  /** `scrape`, `snmp walk`, `openstack poll`. */
  readonly name: string;
  readonly startedAt: EpochMs;
  readonly durationMs: number;
  /** Why it gave nothing; undefined when it went well. */
  readonly reason: string | undefined;
  /** The first of those that failed without one in between that went well: the log tells of that one. */
  readonly failingSince: string | undefined;
  readonly attributes: SpanAttributes;
}

export function roundSpan(round: EndedRound): Span {
  const { trace, name, startedAt, durationMs, reason, failingSince } = round;
  const outcome = reason === undefined ? "ok" : "failed";
  const about = failingSince === undefined || failingSince === trace.traceId ? {} : { about_trace_ids: [failingSince] };
  return {
    ...trace,
    ...{ parentSpanId: undefined, kind: "round", name, startedAt, durationMs, outcome },
    attributes: { ...round.attributes, reason, ...about },
  };
}

/** That what a round told is durable: a span below it, with the trace an alert goes on with. */
export function writeSpan(
  round: TraceContext | undefined,
  write: {
    readonly startedAt: EpochMs;
    readonly durationMs: number;
    readonly lines: number;
    readonly attributes: SpanAttributes;
  },
): Span {
  const { startedAt, durationMs, lines, attributes } = write;
  return {
    ...newTrace(randomBytes, round),
    ...{ parentSpanId: round?.spanId, kind: "write", name: "samples durable", startedAt, durationMs, outcome: "ok" },
    attributes: { ...attributes, lines },
  };
}
