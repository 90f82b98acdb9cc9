import { describe, expect, test } from "vitest";
import type { HttpServer } from "../../../web/server/http.ts";
import { START, serve } from "./prometheus-site.ts";

async function get(path: string, parameters: Record<string, string> = {}, app?: HttpServer) {
  const server = app ?? (await serve());
  const reply = await server.inject({ url: `${path}?${new URLSearchParams(parameters)}` });
  return { status: reply.statusCode, body: reply.json() };
}

const at = (seconds: number) => String(START / 1_000 + seconds);

describe("query", () => {
  test("a vector has labels, seconds and the value as text", async () => {
    const { status, body } = await get("/api/v1/query", { query: "rate(net_if_rx_bytes[5m]) * 8", time: at(600.5) });
    expect(status).toBe(200);
    expect(body).toEqual({
      status: "success",
      data: {
        resultType: "vector",
        result: [
          { metric: { host: "c-1", interface: "eth0" }, value: [1_700_000_600.5, "8"] },
          { metric: { host: "c-2", interface: "eth0" }, value: [1_700_000_600.5, "16"] },
        ],
      },
    });
  });

  test.each([
    ["1 / 4", { resultType: "scalar", result: [1_700_000_600, "0.25"] }],
    ['"x"', { resultType: "string", result: [1_700_000_600, "x"] }],
    [
      "system_load1[2m]",
      {
        resultType: "matrix",
        result: [
          {
            metric: { __name__: "system_load1", host: "c-1" },
            values: [
              [1_700_000_540, "0.5"],
              [1_700_000_600, "0.5"],
            ],
          },
        ],
      },
    ],
    ["nothing", { resultType: "vector", result: [] }],
  ])("%s, at the present time when none is given", async (query, data) => {
    expect((await get("/api/v1/query", { query })).body).toEqual({ status: "success", data });
  });

  test("infinity and NaN are texts", async () => {
    const { body } = await get("/api/v1/query", { query: "odd", time: at(0) });
    expect(body.data.result.map((sample: { value: unknown[] }) => sample.value[1])).toEqual(["+Inf", "NaN"]);
    expect((await get("/api/v1/query", { query: "-1 / 0" })).body.data.result[1]).toBe("-Inf");
  });

  test.each(["2023-11-14T22:23:20Z", "2023-11-14T23:23:20.000+01:00", "1700000600", "1.7000006e9"])(
    "the time %s is understood",
    async (time) => {
      expect((await get("/api/v1/query", { query: "time()", time })).body.data.result).toEqual([
        1_700_000_600,
        "1700000600",
      ]);
    },
  );
});

describe("query_range", () => {
  const span = { start: at(0), end: at(120) };

  test.each(["60", "1m", "60.0"])("step %s", async (step) => {
    const { body } = await get("/api/v1/query_range", { query: "sum(net_if_rx_bytes)", ...span, step });
    expect(body).toEqual({
      status: "success",
      data: {
        resultType: "matrix",
        result: [
          {
            metric: {},
            values: [
              [1_700_000_000, "0"],
              [1_700_000_060, "180"],
              [1_700_000_120, "360"],
            ],
          },
        ],
      },
    });
  });

  test("a form-encoded POST says the same, its parameters in the body", async () => {
    const app = await serve();
    const parameters = { query: "system_load1", ...span, step: "60" };
    const posted = await app.inject({
      method: "POST",
      url: "/api/v1/query_range",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams(parameters).toString(),
    });
    expect(posted.json()).toEqual((await get("/api/v1/query_range", parameters, app)).body);
    expect(posted.json().data.result).toHaveLength(1);
  });

  test("limit keeps that many series and says so", async () => {
    const parameters = { query: "net_if_rx_bytes", time: at(0), limit: "1" };
    const { body } = await get("/api/v1/query", parameters);
    expect(body.data.result).toMatchObject([{ metric: { host: "c-1" } }]);
    expect(body.warnings).toEqual(["results truncated due to limit"]);
    const ranged = await get("/api/v1/query_range", { ...parameters, ...span, step: "60" });
    expect(ranged.body.data.result).toHaveLength(1);
    expect(ranged.body.warnings).toEqual(["results truncated due to limit"]);
    expect((await get("/api/v1/query", { ...parameters, limit: "2" })).body).not.toHaveProperty("warnings");
  });

  test("a large answer is whole", async () => {
    const { body } = await get("/api/v1/query_range", { query: "time()", start: "0", end: "10000", step: "1" });
    expect(body.data.result[0].values).toHaveLength(10_001);
    expect(body.data.result[0].values.at(-1)).toEqual([10_000, "10000"]);
  });

  test("lookback_delta says how old a sample may be", async () => {
    const { body } = await get("/api/v1/query", { query: "system_load1", time: at(1_000), lookback_delta: "10m" });
    expect(body.data.result).toHaveLength(1);
    expect((await get("/api/v1/query", { query: "system_load1", time: at(1_000) })).body.data.result).toEqual([]);
  });
});

describe("errors have Prometheus' shape", () => {
  test.each([
    ["/api/v1/query", {}, 400, "bad_data", 'invalid parameter "query": it is missing'],
    ["/api/v1/query", { query: "sum(" }, 400, "bad_data", "1:5: unexpected end of input"],
    ["/api/v1/query", { query: "1", time: "yesterday" }, 400, "bad_data", 'invalid parameter "time"'],
    ["/api/v1/query", { query: "1", time: "1e99" }, 400, "bad_data", 'invalid parameter "time"'],
    ["/api/v1/query", { query: "1", timeout: "soon" }, 400, "bad_data", 'invalid parameter "timeout"'],
    ["/api/v1/query_range", { query: "1", start: "0", end: "9" }, 400, "bad_data", 'invalid parameter "step"'],
    ["/api/v1/query_range", { query: "1", start: "0", end: "9", step: "0" }, 400, "bad_data", "zero or negative"],
    ["/api/v1/query_range", { query: "1", start: "9", end: "0", step: "1" }, 400, "bad_data", "must not be before"],
    ["/api/v1/query_range", { query: "1", start: "0", end: "99999", step: "1" }, 400, "bad_data", "11000 points"],
    ["/api/v1/query", { query: "odd + on() odd", time: at(0) }, 422, "execution", "many-to-many matching not allowed"],
    ["/api/v1/series", {}, 400, "bad_data", "no match[] parameter provided"],
    ["/api/v1/series", { "match[]": "rate(x[5m])" }, 400, "bad_data", "it must be a series selector"],
    ["/api/v1/labels", { limit: "-1" }, 400, "bad_data", 'invalid parameter "limit"'],
  ])("%s %j", async (path, parameters, status, errorType, error) => {
    const answer = await get(path, parameters);
    expect(answer).toMatchObject({
      status,
      body: { status: "error", errorType, error: expect.stringContaining(error) },
    });
  });
});

describe("what there is", () => {
  test("series that any of the selectors matches, each once", async () => {
    const app = await serve();
    const url = "/api/v1/series?match[]=system_load1&match[]={host=%22c-1%22}";
    expect((await app.inject({ url })).json()).toEqual({
      status: "success",
      data: [
        { __name__: "net_if_rx_bytes", host: "c-1", interface: "eth0" },
        { __name__: "system_load1", host: "c-1" },
      ],
    });
    expect((await app.inject({ url: `${url}&limit=1` })).json().data).toHaveLength(1);
    expect((await app.inject({ url: `${url}&end=${at(-1)}` })).json().data).toEqual([]);
  });

  test.each([
    ["/api/v1/labels", {}, ["__name__", "dev.kind", "host", "interface", "kind"]],
    ["/api/v1/labels", { "match[]": "system_load1" }, ["__name__", "host"]],
    ["/api/v1/label/host/values", {}, ["c-1", "c-2"]],
    ["/api/v1/label/__name__/values", { "match[]": '{host="c-1"}' }, ["net_if_rx_bytes", "system_load1"]],
    ["/api/v1/label/none/values", {}, []],
    ["/api/v1/label/a-b/values", {}, []],
    ["/api/v1/label/U__dev_2e_kind/values", {}, ["nvme"]],
    ["/api/v1/label/dev.kind/values", {}, ["nvme"]],
    ["/api/v1/query_exemplars", {}, []],
    ["/api/v1/label/host/values", { limit: "1" }, ["c-1"]],
  ])("%s %j", async (path, parameters, data) => {
    expect((await get(path, parameters)).body).toEqual({ status: "success", data });
  });

  test("metadata comes from the catalogue", async () => {
    const { body } = await get("/api/v1/metadata", { metric: "net_if_rx_bytes" });
    expect(body.data).toEqual({ net_if_rx_bytes: [{ type: "counter", help: "Bytes received", unit: "bytes" }] });
    expect(Object.keys((await get("/api/v1/metadata", { limit: "2" })).body.data)).toHaveLength(2);
  });

  test("rules, alerts and build info", async () => {
    const alert = {
      labels: { a: "b" },
      annotations: {},
      state: "firing",
      activeAt: "2023-11-14T22:13:20Z",
      value: "1",
    } as const;
    const app = await serve({ alerts: () => [alert] });
    expect((await get("/api/v1/rules", {}, app)).body).toEqual({ status: "success", data: { groups: [] } });
    expect((await get("/api/v1/alerts", {}, app)).body).toEqual({ status: "success", data: { alerts: [alert] } });
    expect((await get("/api/v1/status/buildinfo", {}, app)).body.data.version).toMatch(/^3\.\d+\.\d+$/);
  });
});
