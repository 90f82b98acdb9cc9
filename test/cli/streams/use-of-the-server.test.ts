import { expect, test } from "vitest";
import { createAnalysis } from "../../../cli/streams/analysis.ts";
import { createBehaviour } from "../../../cli/streams/behaviour.ts";
import { parametersInKind } from "../../../cli/streams/parameter-kind.ts";
import { streamLine } from "../../../cli/streams/stream-line.ts";
import { epochMsOf } from "../../../core/clock.ts";
import type { LiveView } from "../../../web/server/live-session.ts";
import type { EndedRequest } from "../../../web/server/request-trace.ts";
import { memoryStream } from "./memory-stream.ts";

const REQUEST: EndedRequest = {
  trace: {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    parentSpanId: undefined,
    isSampled: false,
  },
  method: "GET",
  route: "/api/v1/search",
  status: 200,
  durationMs: 10,
  identity: { kind: "person", name: "ann", role: "viewer" },
  from: "10.0.0.9",
  query: { q: "10.1.2.3" },
  isAgentBatch: false,
  isOperation: false,
};

test("values of parameters are told in kind only", () => {
  const kinds = parametersInKind({
    q: "secret-host",
    at: "2026-01-31T02:41:00Z",
    from: "now-15m",
    depth: "3",
    id: "0b5d0f0e-1111-2222-3333-444455556666",
    empty: "",
    kinds: ["a", "b"],
    "token=abc <script>": "x",
  });
  expect(kinds).toEqual({
    q: "text of 11",
    at: "time",
    from: "time",
    depth: "number",
    id: "uuid",
    empty: "empty",
    kinds: "list of 2",
  });
});

test("of what a page asks again and again the first of a minute is a line, and all are counted by person", () => {
  const stream = memoryStream();
  const behaviour = createBehaviour(stream);
  for (let n = 0; n < 20; n++) behaviour.note({ ...REQUEST, query: { q: `host-${n}` } });
  behaviour.note({ ...REQUEST, status: 403 });
  behaviour.note({ ...REQUEST, identity: { kind: "person", name: "bob", role: "admin" } });
  expect(stream.lines.map(({ who, status }) => [who, status])).toEqual([
    ["ann", 200],
    ["ann", 403],
    ["bob", 200],
  ]);
  expect(stream.lines[0]).toMatchObject({
    kind: "use",
    role: "viewer",
    from: "10.0.0.9",
    route: "/api/v1/search",
    parameters: { q: "text of 6" },
    trace_id: REQUEST.trace.traceId,
  });
  behaviour.endMinute();
  expect(stream.lines.slice(3)).toMatchObject([
    { kind: "usage", who: "ann", requests: 21, refused: 1, by_route: { "GET /api/v1/search": 21 } },
    { kind: "usage", who: "bob", requests: 1, refused: 0 },
  ]);
  behaviour.note(REQUEST);
  expect(stream.lines.at(-1)).toMatchObject({ kind: "use", who: "ann" });
});

const VIEW: LiveView = { cluster: "bj-1", shows: "elements", root: "host/ctl-1", depth: 2, kinds: ["nic"] };
const ANN = { identity: REQUEST.identity, from: "10.0.0.9", traceId: REQUEST.trace.traceId };

test("who follows what live is told when it begins and when it ends, and counted once", () => {
  const stream = memoryStream();
  const behaviour = createBehaviour(stream);
  const use = { ...ANN, view: VIEW, startedAt: epochMsOf(5_000) };
  behaviour.noteLive({ ...use, kind: "began" });
  behaviour.noteLive({ ...use, kind: "ended", durationMs: 61_000.4 });
  const common = { kind: "watch", trace_id: ANN.traceId, who: "ann", role: "viewer", from: "10.0.0.9", ...VIEW };
  expect(stream.lines).toMatchObject([
    { ...common, state: "began", started_at: 5_000 },
    { ...common, state: "ended", started_at: 5_000, duration_ms: 61_000 },
  ]);
  behaviour.endMinute();
  expect(stream.lines[2]).toMatchObject({ kind: "usage", who: "ann", requests: 1, by_route: { "SOCKET /live": 1 } });
});

test("whoever is not let in and tries again and again is a line a minute, and no minute has lines without a bound", () => {
  const stream = memoryStream();
  const behaviour = createBehaviour(stream);
  const refused = { ...ANN, identity: undefined, kind: "refused" as const, code: "access.token_needed" };
  for (let n = 0; n < 500; n++) behaviour.noteLive(refused);
  expect(stream.lines).toMatchObject([{ kind: "watch", who: "anonymous", state: "refused", code: refused.code }]);
  for (let n = 0; n < 5_000; n++) behaviour.noteLive({ ...ANN, kind: "began", view: VIEW, startedAt: epochMsOf(n) });
  expect(stream.lines.length).toBe(1_000);
  behaviour.endMinute();
  expect(stream.lines.filter(({ kind }) => kind === "usage")).toMatchObject([
    { who: "anonymous", requests: 500, refused: 500 },
    { who: "ann", requests: 5_000, refused: 0 },
  ]);
});

test("agents, health checks and files of the page are nobody's behaviour", () => {
  const stream = memoryStream();
  const behaviour = createBehaviour(stream);
  behaviour.note({ ...REQUEST, identity: { kind: "agent", name: "a", hosts: ["*"] }, route: "/api/v1/query" });
  for (const route of ["/healthz", "/metrics", "/assets/*", "/api/v2/write"]) behaviour.note({ ...REQUEST, route });
  behaviour.endMinute();
  expect(stream.lines).toEqual([]);
});

test("a minute is told by route, and counters by how much they rose", () => {
  const stream = memoryStream();
  const analysis = createAnalysis(stream);
  analysis.endMinute({ totals: { ingest_lines_total: 1_000 }, now: { agents_connected: 2 } });
  analysis.note(REQUEST);
  analysis.note({ ...REQUEST, durationMs: 1_990 });
  analysis.note({ ...REQUEST, status: 503 });
  analysis.note({ ...REQUEST, method: "POST", route: undefined, status: 404 });
  analysis.endMinute({ totals: { ingest_lines_total: 1_250 }, now: { agents_connected: 3 } });
  expect(stream.lines[1]).toMatchObject({
    kind: "minute",
    requests: 4,
    refused: 1,
    failed: 1,
    slow: 1,
    routes: {
      "GET /api/v1/search": { requests: 3, refused: 0, failed: 1, slow: 1, mean_ms: 670, longest_ms: 1_990 },
      "POST (no such path)": { requests: 1, refused: 1 },
    },
    rose: { ingest_lines_total: 250 },
    now: { agents_connected: 3 },
  });
});

test("no line has a secret where secrets usually stand, however deep", () => {
  const line = streamLine("tracing", epochMsOf(0), {
    token: "planted-1",
    detail: "Authorization: Bearer planted-2-planted-2, see amqp://u:planted-3@host",
    deep: [{ password: "planted-4", url: "https://open.feishu.cn/open-apis/bot/v2/hook/planted-5" }],
  });
  expect(line).not.toContain("planted");
  expect(JSON.parse(line)).toMatchObject({ time: "1970-01-01T00:00:00.000Z", stream: "tracing", token: "[secret]" });
});
