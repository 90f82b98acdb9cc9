import { afterEach, beforeEach, expect, test } from "vitest";
import type { AlertTracing } from "../../alerts/alert-tracing.ts";
import { parseAlertRecord, parseIncidentRecord, toStored } from "../../alerts/stored.ts";
import { createTraceScope } from "../../cli/trace-scope.ts";
import type { Span } from "../../core/span.ts";
import { newTrace, parseTraceparent, randomBytes, type TraceContext } from "../../core/trace.ts";
import { recordedLog } from "../agent/recorded-log.ts";
import type { FakeCustomBot } from "../fakes/feishu/custom-bot-server.ts";
import { INTERVAL_MS, Workshop } from "./harness.ts";
import { incident } from "./notify/incident-fixture.ts";
import { advanceUntil } from "./simulated-time.ts";

const RULES = `
groups:
- name: g
  rules:
  - alert: Hot
    expr: temperature > 80
    for: 1m
`;

let workshop: Workshop;
let bot: FakeCustomBot;
let spans: Span[];
let taken: (readonly [host: string, traceId: string])[];
let newest: Map<string, TraceContext>;
beforeEach(async () => {
  workshop = new Workshop(RULES);
  bot = await workshop.bot();
  spans = [];
  taken = [];
  newest = new Map();
});
afterEach(() => workshop.end());

const tracing = (): AlertTracing => ({
  traces: createTraceScope(),
  recordSpan: (span) => spans.push(span),
  writes: {
    newestOf: ({ labels: { cluster, host } }) => newest.get(`${cluster}/${host}`),
    taken: ({ labels: { host } }, { traceId }) => void (host === undefined || taken.push([host, traceId])),
  },
});

async function feed(value: number, labels: { readonly host?: string; readonly cluster: string }) {
  const { host, cluster } = labels;
  const write = newTrace(randomBytes);
  if (host !== undefined) newest.set(`${cluster}/${host}`, write);
  await workshop.feed("temperature", { cluster, ...(host === undefined ? {} : { host }) }, value);
  await workshop.time.advance(INTERVAL_MS);
  return write;
}
const ofKind = (kind: Span["kind"]) => spans.filter((span) => span.kind === kind);

test("an alert keeps the trace of the write it began with, not of those that came while it waited; message and end have it, too", async () => {
  const { log, entries } = recordedLog();
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)], tracing: tracing(), log });
  const labels = { host: "h", cluster: "c" };
  const first = await feed(90, labels);
  for (let n = 0; n < 3; n++) await feed(91, labels);
  expect(alerts.incidents()).toMatchObject([{ trace_id: first.traceId }]);
  // Told once, when it began: that is when its write is still remembered.
  expect(taken).toEqual([["h", first.traceId]]);
  await advanceUntil(workshop.time, () => bot.accepted.length === 1, "the message");
  for (let n = 0; n < 2; n++) await feed(20, labels);
  await advanceUntil(workshop.time, () => bot.accepted.length === 2, "the end");
  expect(bot.accepted.map(({ traceparent }) => parseTraceparent(traceparent))).toMatchObject([
    { traceId: first.traceId, isSampled: true },
    { traceId: first.traceId },
  ]);
  expect(ofKind("alert").map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId])).toEqual([
    ["alert fired", first.traceId, first.spanId],
    ["alert resolved", first.traceId, first.spanId],
  ]);
  expect(ofKind("alert")[0]?.durationMs).toBe(60_000);
  expect(ofKind("notify").map(({ traceId, outcome, spanId }) => [traceId, outcome, spanId])).toEqual(
    bot.accepted.map(({ traceparent }) => [first.traceId, "ok", parseTraceparent(traceparent)?.spanId]),
  );
  const said = entries.filter(({ event }) => /^alert (fired|resolved)$/.test(event));
  expect(said.map(({ fields }) => (fields as { trace_id?: string }).trace_id)).toEqual([first.traceId, first.traceId]);
});

test("of a host that nobody remembers, and of no host, an alert is a trace of its own", async () => {
  const { alerts } = await workshop.start({ tracing: tracing() });
  for (let n = 0; n < 4; n++) {
    await workshop.feed("temperature", { cluster: "c" }, 90);
    await workshop.feed("temperature", { cluster: "c", host: "unheard" }, 90);
    await workshop.time.advance(INTERVAL_MS);
  }
  const ids = alerts.incidents().map(({ trace_id }) => trace_id);
  expect(ids).toHaveLength(2);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(2);
});

test("a message about many incidents is a trace of its own that names theirs", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)], tracing: tracing() });
  const hosts = Array.from({ length: 15 }, (_, n) => `h${n}`);
  for (let n = 0; n < 4; n++) {
    for (const host of hosts) {
      newest.set(`c/${host}`, newTrace(randomBytes));
      await workshop.feed("temperature", { cluster: "c", host }, 90);
    }
    await workshop.time.advance(INTERVAL_MS);
  }
  await advanceUntil(workshop.time, () => bot.accepted.length > 0, "a summary");
  await advanceUntil(workshop.time, () => ofKind("notify").length > 0, "its span");
  const theirs = alerts.incidents().map(({ trace_id }) => trace_id);
  const [summary] = ofKind("notify");
  expect(summary?.attributes.messages).toBe(15);
  expect(summary?.attributes.about_trace_ids).toEqual(expect.arrayContaining(theirs));
  expect(theirs).not.toContain(summary?.traceId);
});

test("records of before there were traces are read, and have none", () => {
  const record = {
    id: "i",
    ruleId: "r",
    group: "g",
    rule: "n",
    expr: "e",
    labels: {},
    sourceLabels: {},
    annotations: {},
    value: 1,
    state: { kind: "pending", since: 5 },
  };
  expect(parseAlertRecord(record).trace).toBeUndefined();
  const { trace, acknowledgedTraceId } = parseIncidentRecord(toStored(incident({ trace: undefined })));
  expect([trace, acknowledgedTraceId]).toEqual([undefined, undefined]);
  expect(parseIncidentRecord(toStored(incident())).trace).toEqual(incident().trace);
});
