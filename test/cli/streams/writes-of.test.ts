import { beforeEach, expect, test } from "vitest";
import { writesOf } from "../../../cli/streams/writes-of.ts";
import { NewestWrites } from "../../../collector/ingest/newest-writes.ts";
import { NewestRounds } from "../../../collector/pull/newest-rounds.ts";
import { roundSpan, writeSpan } from "../../../collector/pull/round-tracing.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { Span } from "../../../core/span.ts";
import { newTrace, randomBytes, type TraceContext } from "../../../core/trace.ts";

let hosts: NewestWrites;
let rounds: NewestRounds;
let spans: Span[];
let writes: ReturnType<typeof writesOf>;
beforeEach(() => {
  [hosts, rounds, spans] = [new NewestWrites(), new NewestRounds(), []];
  writes = writesOf({ hosts, rounds, ownCluster: "own" }, (span) => spans.push(span));
});

const newSpan = () => newTrace(randomBytes);
const about = (labels: Readonly<Record<string, string>>, expr = "m > 0") => ({ labels, expr });
const idsOf = ({ traceId, spanId }: TraceContext) => ({ traceId, spanId });

function agentWrote(host: string, trace = newSpan()): TraceContext {
  hosts.remember("own", host, { trace, at: epochMsOf(5), durationMs: 2, lines: 7, bytes: 100 });
  return trace;
}

function asked(origin: Parameters<NewestRounds["remember"]>[0]): { readonly write: Span; readonly round: Span } {
  const trace = newSpan();
  const startedAt = epochMsOf(5);
  const ended = { trace, name: "scrape", startedAt, durationMs: 2, reason: undefined, failingSince: undefined };
  const round = roundSpan({ ...ended, attributes: {} });
  const write = writeSpan(trace, { startedAt, durationMs: 1, lines: 3, attributes: {} });
  rounds.remember(origin, [write, round]);
  return { write, round };
}

test("a write is kept when an alert takes its trace, not when another one came since", () => {
  const trace = agentWrote("h");
  expect(writes.newestOf(about({ host: "h" }))).toEqual(trace);
  expect(writes.newestOf(about({ host: "h", cluster: "other" }))).toBeUndefined();
  writes.taken(about({ host: "h" }), trace);
  expect(spans).toMatchObject([
    { ...trace, kind: "write", startedAt: 5, durationMs: 2, attributes: { host: "h", lines: 7 } },
  ]);
  agentWrote("h");
  writes.taken(about({ host: "h" }), trace);
  expect(spans.length).toBe(1);
});

test("an alert about a target goes on with the round of that target, whatever the host's agent wrote since", () => {
  const { write } = asked({ cluster: "own", job: "mysql", instance: "db:9104", host: "db" });
  const { write: other } = asked({ cluster: "own", job: "node", instance: "db:9100" });
  agentWrote("db");
  expect(writes.newestOf(about({ job: "mysql", instance: "db:9104", host: "db" }))).toEqual(idsOf(write));
  expect(writes.newestOf(about({ job: "node", instance: "db:9100" }))).toEqual(idsOf(other));
  expect(writes.newestOf(about({ job: "mysql", instance: "db:9105" }))).toBeUndefined();
});

test("the round and its write are kept once, however many alerts take it", () => {
  const { write, round } = asked({ cluster: "own", job: "mysql", instance: "db:9104" });
  for (let n = 0; n < 3; n++) writes.taken(about({ job: "mysql", instance: "db:9104" }), write);
  expect(spans.map(({ spanId }) => spanId)).toEqual([round.spanId, write.spanId]);
  expect(
    spans.every(({ traceId, attributes }) => traceId === round.traceId && attributes.kept_because === "alert"),
  ).toBe(true);
  expect(write.parentSpanId).toBe(round.spanId);
});

test("a host without an agent is found by the target that speaks for it, until that is asked no more", () => {
  const origin = { cluster: "own", job: "snmp", instance: "10.0.0.1:161" };
  const { write } = asked({ ...origin, host: "tor-1" });
  expect(writes.newestOf(about({ host: "tor-1" }))).toEqual(idsOf(write));
  const { write: renamed } = asked({ ...origin, host: "tor-2" });
  expect(writes.newestOf(about({ host: "tor-1" }))).toBeUndefined();
  writes.taken(about({ host: "tor-2" }), renamed);
  expect(spans.length).toBe(2);
  agentWrote("tor-2");
  expect(writes.newestOf(about({ host: "tor-2" }))).not.toEqual(idsOf(renamed));
  rounds.forget(origin);
  expect(writes.newestOf(about({ ...origin }))).toBeUndefined();
});

test("what OpenStack says of a host is OpenStack's, not of the agent there", () => {
  const { write } = asked({ cluster: "own" });
  const trace = agentWrote("cmp-1");
  const labels = { host: "cmp-1", region: "r" };
  expect(writes.newestOf(about(labels, "os_service_up == 0 and on (host) os_service_enabled == 1"))).toEqual(
    idsOf(write),
  );
  expect(writes.newestOf(about(labels, "agent_rss_bytes > 0"))).toEqual(trace);
});
