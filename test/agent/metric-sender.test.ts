import { afterEach, beforeEach, expect, test } from "vitest";
import { BatchQueue } from "../../agent/delivery/batch-queue.ts";
import { traceOfAttempt } from "../../agent/delivery/batch-trace.ts";
import { startMetricSender } from "../../agent/delivery/metric-sender.ts";
import { outcomeOf } from "../../agent/delivery/write-request.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import type { RecordSpan, Span } from "../../core/span.ts";
import { parseTraceparent } from "../../core/trace.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type FakeCollector, startFakeCollector } from "./fake-collector.ts";
import { recordedLog } from "./recorded-log.ts";

let lifetime: Lifetime;
let collector: FakeCollector;

beforeEach(async () => {
  lifetime = new Lifetime();
  collector = await startFakeCollector(lifetime);
});
afterEach(() => lifetime.end());

async function start(
  options: {
    readonly collectorUrl?: string;
    readonly token?: string;
    readonly bufferBytes?: number;
    readonly recordSpan?: RecordSpan;
  } = {},
) {
  const { log, entries } = recordedLog();
  const sender = startMetricSender(
    {
      collectorUrl: options.collectorUrl ?? collector.url,
      token: options.token,
      agentProcessId: "agent-1",
      random: (bytes) => bytes.fill(7),
      firstRetryMs: 10,
      spans: options.recordSpan && { record: options.recordSpan, clock: systemClock },
    },
    await BatchQueue.open({ maxBytes: options.bufferBytes ?? 100_000, disk: undefined }, log),
    log,
    lifetime,
  );
  return { sender, entries };
}
const writtenLines = () => collector.writes.flatMap(({ lines }) => lines);
const writes = (count: number) => eventually(() => collector.writes.length >= count, { what: `${count} writes` });

test("a sample arrives compressed, with the agent's token, its number and a trace", async () => {
  const { sender } = await start({ token: "secret" });
  sender.send(["a x=1 1", "b x=2 1"]);
  sender.send(["c x=3 2"]);
  await writes(2);
  expect(writtenLines()).toEqual(["a x=1 1", "b x=2 1", "c x=3 2"]);
  expect(collector.writes.map(({ headers }) => headers["nephoscope-sequence"])).toEqual(["1", "2"]);
  expect(collector.writes[0]?.headers).toMatchObject({
    authorization: "Bearer secret",
    "content-encoding": "gzip",
    "nephoscope-agent": "agent-1",
    // Nobody is asked to record it: that is for the collector to say, when it knows more.
    traceparent: expect.stringMatching(new RegExp(`^00-[0-9a-f]{32}-${"07".repeat(8)}-00$`)),
  });
});

test("each batch is a trace, each attempt to deliver it a span of that, which is told with its outcome", async () => {
  const spans: Span[] = [];
  const { sender } = await start({ recordSpan: (span) => spans.push(span) });
  collector.writeReplies.push({ status: 503 }, { status: 204 }, { status: 400 });
  sender.send(["a x=1 1"]);
  sender.send(["bad"]);
  await writes(3);
  await eventually(() => spans.length === 3, { what: "three spans" });
  expect(spans.map(({ outcome, attributes }) => [outcome, attributes.sequence, attributes.lines])).toEqual([
    ["failed", 1, 1],
    ["ok", 1, 1],
    ["refused", 2, 1],
  ]);
  const [first, again, other] = spans;
  expect(again?.traceId).toBe(first?.traceId);
  expect(other?.traceId).not.toBe(first?.traceId);
  expect(collector.writes.map(({ headers }) => parseTraceparent(String(headers.traceparent))?.traceId)).toEqual(
    spans.map(({ traceId }) => traceId),
  );
});

test("what an agent before this one left is sent under the trace that it was sent under then", () => {
  const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);
  const batch = { agent: "0b5d0f0e", sequence: 7 };
  const [before, after] = [traceOfAttempt(batch, random), traceOfAttempt(batch, random)];
  expect(after.traceId).toBe(before.traceId);
  expect(after.spanId).not.toBe(before.spanId);
  expect(traceOfAttempt({ ...batch, sequence: 8 }, random).traceId).not.toBe(before.traceId);
  expect(traceOfAttempt({ ...batch, agent: "another" }, random).traceId).not.toBe(before.traceId);
});

test.each([429, 500, 503])(
  "after status %s the same batch is sent again, with its number, before any other",
  async (status) => {
    const { sender, entries } = await start();
    collector.writeReplies.push({ status }, { status });
    sender.send(["a x=1 1"]);
    sender.send(["b x=1 2"]);
    await writes(4);
    expect(writtenLines()).toEqual(["a x=1 1", "a x=1 1", "a x=1 1", "b x=1 2"]);
    expect(collector.writes.map(({ headers }) => headers["nephoscope-sequence"])).toEqual(["1", "1", "1", "2"]);
    expect(entries.map(({ event }) => event)).toEqual(["metrics cannot be delivered", "metrics delivered again"]);
  },
);

test("Retry-After is obeyed, and is in seconds", async () => {
  const { sender } = await start();
  collector.writeReplies.push({ status: 429, retryAfterSeconds: 1 });
  sender.send(["a x=1 1"]);
  await writes(1);
  const refusedMs = performance.now();
  await writes(2);
  expect(performance.now() - refusedMs).toBeGreaterThan(900);
});

test("what the collector will never take is dropped, counted and said, and the next batch goes out", async () => {
  const { sender, entries } = await start();
  collector.writeReplies.push({ status: 400 });
  sender.send(["bad", "bad too"]);
  sender.send(["good x=1 1"]);
  await writes(2);
  expect(writtenLines()).toEqual(["bad", "bad too", "good x=1 1"]);
  expect(sender.rejectedLines).toBe(2);
  expect(entries).toEqual([expect.objectContaining({ level: "warn", event: "collector rejected metrics" })]);
});

test("while the collector is away samples wait; past the bound the oldest go and are counted; the rest arrive in order", async () => {
  const port = Number(new URL(collector.url).port);
  await collector.stop();
  const { sender, entries } = await start({ bufferBytes: 600 });
  const sample = (n: number) => [`m,n=${n} x=1 ${n}`, `m,n=${n} y=1 ${n}`];
  for (let n = 1; n <= 20; n++) sender.send(sample(n));
  await eventually(() => entries.some(({ event }) => event === "metrics cannot be delivered"), { what: "an attempt" });
  expect(sender.bufferedBytes).toBeLessThanOrEqual(600);
  expect(sender.droppedLines).toBeGreaterThan(0);
  collector = await startFakeCollector(lifetime, port);
  await eventually(() => writtenLines().includes("m,n=20 y=1 20"), { what: "the last sample" });
  expect(writtenLines().length + sender.droppedLines).toBe(40);
  const numbers = collector.writes.map(({ headers }) => Number(headers["nephoscope-sequence"]));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(entries.filter(({ event }) => event === "metrics dropped, the buffer is full")).toHaveLength(1);
  expect(sender.bufferedBytes).toBe(0);
});

test("an idle connection that the collector closed is no outage", async () => {
  const { sender, entries } = await start();
  sender.send(["a x=1 1"]);
  await writes(1);
  collector.closeIdleConnections();
  sender.send(["b x=1 2"]);
  await writes(2);
  expect(entries).toEqual([]);
});

test.each([
  [204, undefined, { kind: "accepted" }],
  [400, undefined, { kind: "rejected", status: 400, detail: "why" }],
  [413, undefined, { kind: "rejected", status: 413, detail: "why" }],
  [401, undefined, { kind: "denied", status: 401, detail: "why" }],
  [404, undefined, { kind: "denied", status: 404, detail: "why" }],
  [429, "2", { kind: "retry", reason: "status 429", afterMs: 2000 }],
  [503, "Wed, 21 Oct 2026 07:28:00 GMT", { kind: "retry", reason: "status 503", afterMs: undefined }],
  [503, "99999999", { kind: "retry", reason: "status 503", afterMs: 600_000 }],
  [502, undefined, { kind: "retry", reason: "status 502", afterMs: undefined }],
])("status %s with Retry-After %s", (status, retryAfter, outcome) => {
  expect(outcomeOf(status, retryAfter, "why")).toEqual(outcome);
});

test("a password in the collector's address is in no log", async () => {
  const url = new URL(collector.url);
  const { sender, entries } = await start({ collectorUrl: `http://agent:s3cr3t@${url.host}` });
  collector.writeReplies.push({ status: 503 });
  sender.send(["a x=1 1"]);
  await writes(2);
  expect(entries.length).toBeGreaterThan(0);
  expect(JSON.stringify(entries)).not.toContain("s3cr3t");
});
