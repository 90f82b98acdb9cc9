import type { BatchReply, HelloReply, Traced } from "../../core/agent-protocol.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { RecordSpan, SpanOutcome } from "../../core/span.ts";
import { formatTraceparent, newTrace, randomBytes } from "../../core/trace.ts";

type Reply = HelloReply | BatchReply;

/** Sends a message with a trace of its own, and tells how it went. */
export type SendTraced = <Message extends object, R extends Reply>(
  name: string,
  message: Message,
  send: (traced: Message & Traced) => Promise<R>,
) => Promise<R>;

export function createTracedMessages(clock: Clock, record: RecordSpan | undefined): SendTraced {
  return async (name, message, send) => {
    const trace = newTrace(randomBytes);
    const traced = { ...message, traceparent: formatTraceparent(trace, false) };
    // Clocks are read for those that are told.
    if (record === undefined) return send(traced);
    const [startedAt, startedMs] = [clock.now(), clock.monotonicMs()];
    const tell = (outcome: SpanOutcome, answer: string): void =>
      record({
        ...trace,
        parentSpanId: undefined,
        kind: "message",
        name: `topology ${name}`,
        startedAt,
        durationMs: clock.monotonicMs() - startedMs,
        outcome,
        attributes: { answer },
      });
    try {
      const reply = await send(traced);
      tell(outcomeOf(reply), reply.kind);
      return reply;
    } catch (error) {
      tell("failed", messageOf(error));
      throw error;
    }
  };
}

function outcomeOf({ kind }: Reply): SpanOutcome {
  if (kind === "refused") return "refused";
  return kind === "later" ? "failed" : "ok";
}
