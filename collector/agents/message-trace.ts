import type { BatchReply, HelloReply } from "../../core/agent-protocol.ts";
import type { Clock } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";
import type { RecordSpan, SpanOutcome } from "../../core/span.ts";
import { newTrace, parseTraceparent, randomBytes } from "../../core/trace.ts";
import type { TraceScope } from "../../core/trace-scope.ts";

export interface MessageTracing {
  readonly traces: TraceScope;
  readonly recordSpan: RecordSpan;
}

/** Slower than this, a message is told of though all went well. */
const SLOW_MESSAGE_MS = 1_000;

/**
 * Answers a message of an agent within the trace it names, else within one of its own. Told of are those that were not taken, and slow
 * ones: of ten thousand agents the others are too many.
 */
export async function answerTraced<Reply extends HelloReply | BatchReply>(
  asked: { readonly name: string; readonly message: unknown; readonly host: () => string | undefined },
  handle: () => Promise<Reply>,
  { traces, recordSpan, clock }: MessageTracing & { readonly clock: Clock },
): Promise<Reply> {
  const named = isRecord(asked.message) ? asked.message.traceparent : undefined;
  const parent = parseTraceparent(typeof named === "string" ? named : undefined);
  const trace = newTrace(randomBytes, parent);
  const [startedAt, startedMs] = [clock.now(), clock.monotonicMs()];
  const reply = await traces.run(trace, handle);
  const durationMs = clock.monotonicMs() - startedMs;
  const outcome = outcomeOf(reply);
  if (outcome === "ok" && durationMs < SLOW_MESSAGE_MS) return reply;
  recordSpan({
    ...trace,
    parentSpanId: parent?.spanId,
    kind: "message",
    name: `topology ${asked.name}`,
    startedAt,
    durationMs,
    outcome,
    attributes: {
      host: asked.host(),
      answer: reply.kind,
      code: reply.kind === "refused" ? reply.code : undefined,
      kept_because: outcome === "ok" ? "slow" : outcome,
    },
  });
  return reply;
}

function outcomeOf({ kind }: HelloReply | BatchReply): SpanOutcome {
  if (kind === "refused") return "refused";
  return kind === "later" ? "failed" : "ok";
}
