import { describe, expect, test } from "vitest";
import { serve } from "./serve.ts";

/** Source of the shapes: InfluxDB 1.8 API reference, `/query`, and what InfluxDB 1.6.7 answers. */
async function ask(queries: readonly string[], method: "GET" | "POST" = "POST") {
  const { app } = await serve();
  for (const query of queries.slice(0, -1)) await app.inject({ method, url: "/query", query: { q: query } });
  const reply = await app.inject({ method, url: "/query", query: { q: queries.at(-1) ?? "" } });
  return { status: reply.statusCode, json: reply.json(), headers: reply.headers };
}

const nothing = (...ids: readonly number[]) => ({ results: ids.map((statement_id) => ({ statement_id })) });

describe("/query answers what clients of InfluxDB 1 ask before they write", () => {
  test.each([
    ["CREATE DATABASE telegraf", nothing(0)],
    ['create database "tele;graf" WITH DURATION 30d NAME weekly', nothing(0)],
    ['CREATE RETENTION POLICY "weekly" ON "telegraf" DURATION 7d REPLICATION 1 DEFAULT', nothing(0)],
    ['ALTER RETENTION POLICY weekly ON telegraf DEFAULT; CREATE DATABASE "a";', nothing(0, 1)],
  ])("%s: done, and nothing to say", async (query, expected) => {
    for (const method of ["GET", "POST"] as const) {
      const { status, json, headers } = await ask([query], method);
      expect([status, json, headers["x-influxdb-version"]]).toEqual([200, expected, "1.8.10"]);
    }
  });

  test("SHOW DATABASES names those that were created", async () => {
    const { json } = await ask([
      'CREATE DATABASE "tele\\"graf"',
      "CREATE DATABASE x",
      "CREATE DATABASE x",
      "SHOW DATABASES",
    ]);
    const values = [["nephoscope"], ['tele"graf'], ["x"]];
    expect(json).toEqual({
      results: [{ statement_id: 0, series: [{ name: "databases", columns: ["name"], values }] }],
    });
  });

  test("SHOW RETENTION POLICIES names one that keeps all", async () => {
    const { json } = await ask(["SHOW RETENTION POLICIES ON telegraf"]);
    expect(json.results[0].series[0].values).toEqual([["autogen", "0s", "168h0m0s", 1, true]]);
  });

  test.each(["SELECT mean(user) FROM cpu", "DROP DATABASE telegraf", "CREATE DATABASE a; nonsense"])(
    "%s is refused with where to ask instead",
    async (query) => {
      const { status, json, headers } = await ask([query]);
      expect([status, Object.keys(json)]).toEqual([400, ["error"]]);
      expect(json.error).toContain("in PromQL at /api/v1/query");
      expect(headers["x-influxdb-error"]).toBe(json.error);
    },
  );

  test.each(["", ";;", " "])("without a statement ('%s') it says what is missing", async (query) => {
    const { status, json } = await ask([query]);
    expect([status, json]).toEqual([400, { error: 'missing required parameter "q"' }]);
  });

  test("names past a bound are not kept", async () => {
    const { app } = await serve();
    const many = Array.from({ length: 300 }, (_, n) => `CREATE DATABASE d${n}`).join(";");
    await app.inject({ method: "POST", url: "/query", payload: `q=${encodeURIComponent(many)}` });
    const reply = await app.inject({ url: "/query", query: { q: "SHOW DATABASES" } });
    expect(reply.json().results[0].series[0].values).toHaveLength(101);
  });
});

test.each(["//write", "/api//v2//write"])("the address %s means the same with one slash", async (url) => {
  const { app } = await serve();
  expect((await app.inject({ method: "POST", url, payload: "m v=1" })).statusCode).toBe(204);
});

test("GET /ping?verbose=true tells the version", async () => {
  const { app } = await serve();
  const reply = await app.inject({ url: "/ping?verbose=true" });
  expect([reply.statusCode, reply.json()]).toEqual([200, { version: "1.8.10" }]);
});

test("an error of InfluxDB 1's API is in its header, too, without what a header may not have", async () => {
  const { app } = await serve();
  const reply = await app.inject({ method: "POST", url: "/write", payload: "ä\u0001b" });
  expect(reply.statusCode).toBe(400);
  expect(reply.headers["x-influxdb-error"]).toMatch(/^unable to parse '\? b'/);
  const long = await app.inject({ method: "POST", url: "/write", payload: "bad\n".repeat(5_000) });
  expect(String(long.headers["x-influxdb-error"]).length).toBeLessThanOrEqual(1_024);
});
