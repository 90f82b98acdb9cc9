import { expect, test } from "vitest";
import { createLogTo, lineForPeople } from "../../cli/log.ts";
import { createTraceScope } from "../../cli/trace-scope.ts";
import { silentLog } from "../../core/log.ts";
import { createHttpServer } from "../../web/server/http.ts";

const TRACE = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };

function traced() {
  const lines: Record<string, unknown>[] = [];
  const traces = createTraceScope();
  const log = createLogTo({ write: (text) => void lines.push(JSON.parse(text)) }, "info", traces);
  return { lines, traces, log };
}

test("every line written within a trace names it, after whatever was waited for; outside of any, none does", async () => {
  const { lines, traces, log } = traced();
  log.info({}, "before");
  await traces.run(TRACE, async () => {
    log.info({ a: 1 }, "within");
    await new Promise((resolve) => setTimeout(resolve, 1));
    log.child({ part: "p" }).warn({}, "later");
    log.info({ trace_id: "another" }, "says its own");
  });
  log.info({}, "after");
  const of = { trace_id: TRACE.traceId, span_id: TRACE.spanId };
  expect(lines.map(({ time: _time, level: _level, ...rest }) => rest)).toEqual([
    { msg: "before" },
    { msg: "within", a: 1, ...of },
    { msg: "later", part: "p", ...of },
    { msg: "says its own", ...of, trace_id: "another" },
    { msg: "after" },
  ]);
});

test("a handler is within the trace of its request, also after a body was read, and two at once do not mix", async () => {
  const { lines, traces, log } = traced();
  const app = await createHttpServer({ version: "test", log: silentLog, traces });
  app.post("/said/:n", { config: { operation: { none: "a test" } } }, async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    log.info({ n: (request.params as { n: string }).n, told: request.traceId }, "handled");
    return {};
  });
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      fetch(`${address}/said/${n}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: "x".repeat(100_000) }),
      }),
    ),
  );
  await app.close();
  expect(lines.length).toBe(20);
  expect(new Set(lines.map(({ trace_id }) => trace_id)).size).toBe(20);
  expect(lines.filter(({ trace_id, told }) => trace_id !== told)).toEqual([]);
});

test("people on a terminal see the trace, not the span", () => {
  const line = lineForPeople(
    JSON.stringify({ time: "2026-01-31T02:41:00.000Z", level: "info", msg: "m", trace_id: "t", span_id: "s" }),
  );
  expect(line).toBe("02:41:00 info  m  trace_id=t\n");
});
