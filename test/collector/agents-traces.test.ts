import { beforeEach, expect, test } from "vitest";
import { createTraceScope } from "../../cli/trace-scope.ts";
import { answerTraced } from "../../collector/agents/message-trace.ts";
import { ack, later } from "../../collector/agents/replies.ts";
import type { BatchReply } from "../../core/agent-protocol.ts";
import { epochMsOf } from "../../core/clock.ts";
import type { Span } from "../../core/span.ts";

const NAMED = "4bf92f3577b34da6a3ce929d0e0e4736";
let spans: Span[];
let nowMs = 1_000;
beforeEach(() => {
  spans = [];
  nowMs = 1_000;
});

const clock = { now: () => epochMsOf(nowMs), monotonicMs: () => nowMs };
const traces = createTraceScope();

/** The trace that the handler was in. */
async function answered(message: unknown, reply: BatchReply, tookMs = 5): Promise<string | undefined> {
  let within: string | undefined;
  const handle = async () => {
    await Promise.resolve();
    within = traces.current()?.traceId;
    nowMs += tookMs;
    return reply;
  };
  const asked = { name: "changes", message, host: () => "h" };
  expect(await answerTraced(asked, handle, { traces, recordSpan: (span) => spans.push(span), clock })).toBe(reply);
  return within;
}
const traceparent = `00-${NAMED}-00f067aa0ba902b7-00`;
const refused: BatchReply = { kind: "refused", code: "agent.invalid", detail: "d", hint: "h" };

test("a message is answered within the trace it names; taken and quick, it leaves no line", async () => {
  expect(await answered({ traceparent }, ack(1, clock))).toBe(NAMED);
  expect(spans).toEqual([]);
});

test.each([
  [refused, 5, "refused", "refused"],
  [later(100, clock), 5, "failed", "failed"],
  [ack(1, clock), 1_000, "ok", "slow"],
] as const)("answered with %j it is told of", async (reply, tookMs, outcome, because) => {
  await answered({ traceparent }, reply, tookMs);
  expect(spans).toMatchObject([
    {
      traceId: NAMED,
      parentSpanId: "00f067aa0ba902b7",
      kind: "message",
      name: "topology changes",
      outcome,
      durationMs: tookMs,
      attributes: { host: "h", answer: reply.kind, kept_because: because },
    },
  ]);
});

test.each([[{}], [{ traceparent: 7 }], [{ traceparent: "00-zz" }], ["no object"], [undefined]])(
  "an agent of before, or one that says %j, is served within a trace of ours",
  async (message) => {
    expect(await answered(message, ack(1, clock))).toMatch(/^[0-9a-f]{32}$/);
  },
);
