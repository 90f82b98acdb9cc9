import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { silentLog } from "../../core/log.ts";
import { createHttpServer, type HttpServer } from "../../web/server/http.ts";
import { registerPrometheusRoutes } from "../../web/server/prometheus-routes.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { type Prometheus, startPrometheus } from "./fixtures/prometheus.ts";
import { BEGIN_MS, END_MS, promqlData } from "./fixtures/promql-data.ts";

const store = new MemoryMetricStore().add(promqlData(3));
let prometheus: Prometheus;
let app: HttpServer;
let address: string;

beforeAll(async () => {
  app = await createHttpServer({ version: "1.2.3", log: silentLog });
  const clock = { now: () => epochMsOf(END_MS), monotonicMs: () => 0 };
  const parts = { clock, log: silentLog, version: "1.2.3" };
  registerPrometheusRoutes(app, { source: store, seriesOf: (selection) => store.series(selection), ...parts });
  address = await app.listen({ host: "127.0.0.1", port: 0 });
  prometheus = await startPrometheus();
  await prometheus.write(promqlData(3));
});
afterAll(async () => {
  await prometheus?.stop();
  await app?.close();
});

const AT = BEGIN_MS / 1_000 + 900.5;
const span = { start: String(AT), end: String(AT + 120) };
const isoAt = new Date(AT * 1_000).toISOString();
/** Prometheus takes a series to be there as long as its block is, and not only where it has samples; so all of the time. */
const all = { start: String(BEGIN_MS / 1_000), end: String(END_MS / 1_000) };
const HOST = 'host="c-1"';

type Request = readonly [path: string, parameters: readonly (readonly [string, string])[], method?: "GET" | "POST"];
const of = (parameters: Readonly<Record<string, string>>) => Object.entries(parameters);

/** What Grafana sends, and what it should not. */
const REQUESTS: readonly Request[] = [
  ["query", of({ query: "1+1", time: String(AT) }), "POST"],
  ["query", of({ query: "memory_total_bytes", time: isoAt })],
  ["query", of({ query: "memory_total_bytes", time: isoAt.replace("Z", "+00:00") }), "POST"],
  ["query", of({ query: "odd_value", time: String(AT), timeout: "10s" })],
  ["query", of({ query: `memory_total_bytes{${HOST}}[31s]`, time: String(AT) })],
  ["query", of({ query: '"text"', time: String(AT) })],
  ["query", of({ query: "sum by (host) (rate(requests_total[1m]))", time: String(AT) }), "POST"],
  ["query", of({ query: "nothing", time: String(AT) })],
  ["query", []],
  ["query", of({ query: "sum(", time: String(AT) })],
  ["query", of({ query: "1", time: "yesterday" })],
  ["query", of({ query: "1", timeout: "soon" })],
  ["query", of({ query: "memory_total_bytes + on () host_info", time: String(AT) })],
  ["query_range", of({ query: "memory_total_bytes / 0", ...span, step: "15" })],
  ["query_range", of({ query: "memory_used_bytes", ...span, step: "15s" }), "POST"],
  ["query_range", of({ query: "temperature_celsius", ...span, step: "7.5" }), "POST"],
  ["query_range", of({ query: "scalar(memory_total_bytes)", start: isoAt, end: span.end, step: "1m" })],
  ["query_range", of({ query: "odd_value > 0", ...span, step: "0.5" })],
  ["query_range", of({ query: "memory_total_bytes[1m]", ...span, step: "15" })],
  ["query_range", of({ query: "1", ...span, step: "0" })],
  ["query_range", of({ query: "1", ...span, step: "-1" })],
  ["query_range", of({ query: "1", ...span })],
  ["query_range", of({ query: "1", start: span.end, end: span.start, step: "1" })],
  ["query_range", of({ query: "1", start: "0", end: "11001", step: "1" })],
  ["query_range", of({ query: "1", start: "0", end: "11000", step: "1" })],
  ["series", [["match[]", "memory_total_bytes"], ["match[]", `{${HOST}}`], ...of(all)]],
  ["series", [["match[]", '{__name__=~"memory_.*"}'], ...of(all)], "POST"],
  ["series", [["match[]", "nothing"], ...of(all)]],
  ["series", of(all)],
  ["series", [["match[]", "sum(x)"], ...of(all)]],
  ["series", [["match[]", '{host=~".*"}'], ...of(all)]],
  ["labels", of(all)],
  ["labels", of(all), "POST"],
  ["labels", [["match[]", "host_info"], ...of(all)]],
  ["labels", [["match[]", "("], ...of(all)]],
  ["label/host/values", of(all)],
  ["label/__name__/values", of(all)],
  ["label/__name__/values", [["match[]", `{${HOST}}`], ...of(all)]],
  ["label/none/values", of(all)],
  ["query_exemplars", of({ query: "memory_total_bytes", ...span })],
  ["alerts", []],
];

describe("the API answers as Prometheus' own", () => {
  test.each(REQUESTS.map(([path, parameters, method = "GET"]) => ({ method, path, parameters })))(
    "$method $path $parameters",
    async ({ method, path, parameters }) => {
      const ours = await answer(address, path, parameters, method);
      expect(ours).toEqual(await answer(prometheus.url, path, parameters, method));
    },
  );
});

async function answer(base: string, path: string, parameters: Request[1], method: "GET" | "POST") {
  const form = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
  const url = `${base}/api/v1/${path}`;
  const reply = await (method === "GET" ? fetch(`${url}?${form}`) : fetch(url, { method, body: form }));
  const { error, hint: _, ...body } = JSON.parse(await reply.text());
  const data = inOrder(body.data);
  return {
    status: reply.status,
    type: reply.headers.get("content-type")?.split(";")[0],
    ...body,
    data,
    hasError: error !== undefined,
  };
}

/** The order of series does not count, but for JSON's own. */
function inOrder(data: unknown): unknown {
  if (Array.isArray(data)) return data.map((one) => JSON.stringify(sortedKeys(one))).sort();
  if (typeof data !== "object" || data === null || !("result" in data) || !Array.isArray(data.result)) return data;
  if (typeof data.result[0] !== "object") return data;
  return { ...data, result: data.result.map((one) => JSON.stringify(sortedKeys(one))).sort() };
}

function sortedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  );
}
