import type { BatchReply, HelloReply, Refusal } from "../../core/agent-protocol.ts";
import { epochMsOf } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";

/** The longest that a collector can make an agent wait. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export function parseHelloReply(reply: unknown): HelloReply {
  if (isRecord(reply)) {
    const { kind, cluster } = reply;
    if ((kind === "resume" || kind === "full") && typeof cluster === "string") {
      const [wants_volatile, takes_events] = [reply.wants_volatile === true, reply.takes_events === true];
      return { kind, cluster, server_at: instantOf(reply.server_at), wants_volatile, takes_events };
    }
    if (kind === "later") return parseLater(reply);
  }
  return parseRefusal(reply);
}

export function parseBatchReply(reply: unknown): BatchReply {
  if (isRecord(reply)) {
    if (reply.kind === "ack") return { kind: "ack", batch: Number(reply.batch), server_at: instantOf(reply.server_at) };
    if (reply.kind === "later") return parseLater(reply);
  }
  return parseRefusal(reply);
}

function parseLater(reply: Record<string, unknown>) {
  const afterMs = Number(reply.retry_after_ms);
  const retryAfterMs = afterMs > 0 ? Math.min(afterMs, MAX_RETRY_AFTER_MS) : 0;
  return { kind: "later", retry_after_ms: retryAfterMs, server_at: instantOf(reply.server_at) } as const;
}

/** A reply that this version does not know is a refusal too: going on would not be what the collector meant. */
export function parseRefusal(reply: unknown): Refusal {
  const { code, detail, hint } = isRecord(reply) ? reply : {};
  return {
    kind: "refused",
    code: typeof code === "string" ? code : "agent.reply_unknown",
    detail: typeof detail === "string" ? detail : "the collector answered something this agent does not understand",
    hint: typeof hint === "string" ? hint : "run the same version of agent and collector",
  };
}

function instantOf(value: unknown) {
  return epochMsOf(typeof value === "number" ? value : Number.NaN);
}
