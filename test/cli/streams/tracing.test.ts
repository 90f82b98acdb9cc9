import { expect, test } from "vitest";
import { createTracing, type RequestFacts, SLOW_MS } from "../../../cli/streams/tracing.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { Span } from "../../../core/span.ts";
import { memoryStream } from "./memory-stream.ts";

const WRITE: Span = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
  parentSpanId: undefined,
  kind: "request",
  name: "POST /api/v2/write",
  startedAt: epochMsOf(1_000),
  durationMs: 3,
  outcome: "ok",
  attributes: { status: 204 },
};
const PLAIN: RequestFacts = { isSampled: false, isAgentBatch: true, isOperation: false };

function tracing(share = 0) {
  const stream = memoryStream();
  const now = { ms: 0 };
  const clock = { now: () => epochMsOf(now.ms), monotonicMs: () => now.ms };
  let turn = 0;
  const random = () => (turn++ % 100) / 100;
  return { stream, now, tracing: createTracing(stream, clock, { share, random }) };
}

test("a thousand writes a second that go well leave no line, whatever agents of before ask for", () => {
  const { stream, tracing: it, now } = tracing();
  for (let n = 0; n < 10_000; n++) {
    now.ms = n;
    it.recordRequest(WRITE, { ...PLAIN, isSampled: n % 2 === 0 });
  }
  expect(stream.lines).toEqual([]);
});

test.each([
  ["failed", { ...WRITE, outcome: "failed" as const }, PLAIN],
  ["refused", { ...WRITE, outcome: "refused" as const }, PLAIN],
  ["slow", { ...WRITE, durationMs: SLOW_MS }, PLAIN],
  ["sampled", WRITE, { ...PLAIN, isSampled: true, isAgentBatch: false }],
  ["change", WRITE, { ...PLAIN, isOperation: true }],
])("a request that is %s is kept, and says why", (because, span, facts) => {
  const { stream, tracing: it } = tracing();
  it.recordRequest(span, facts);
  expect(stream.lines).toMatchObject([{ trace_id: WRITE.traceId, kept_because: because, name: WRITE.name }]);
});

test("when all of them fail, lines have a bound a second, and what was left out is counted; alerts and changes are not bounded", () => {
  const { stream, tracing: it, now } = tracing();
  for (let n = 0; n < 3_000; n++) {
    now.ms = n;
    it.recordRequest({ ...WRITE, outcome: "failed" }, PLAIN);
  }
  expect(stream.lines.length).toBe(3 * 50);
  expect(it.leftOut).toBe(3_000 - 150);
  it.recordRequest(WRITE, { ...PLAIN, isOperation: true });
  it.record({ ...WRITE, kind: "alert" });
  expect(stream.lines.length).toBe(152);
});

test("a configured share of the others is kept", () => {
  const { stream, tracing: it, now } = tracing(0.1);
  for (let n = 0; n < 200; n++) {
    now.ms = n * 100;
    it.recordRequest(WRITE, PLAIN);
  }
  expect(stream.lines.length).toBe(20);
});
