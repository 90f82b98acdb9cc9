import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, METRIC_NAME } from "../../core/series.ts";
import type { InfluxConfig } from "../../store/influxdb/config.ts";
import { createInfluxReader, type InfluxReaderLimits } from "../../store/influxdb/reader.ts";
import { type Answer, answerWith, fakeHttpStore } from "../fakes/http-store.ts";
import { freePort } from "../integration/fixtures/influxd.ts";

const named = (value: string): LabelMatcher => ({ kind: "=", name: METRIC_NAME, value });
const span = { matchers: [named("cpu_user")], from: epochMsOf(1_000), to: epochMsOf(2_000) };
const chunk = (series: readonly object[], statement_id = 0): string =>
  `${JSON.stringify({ results: [{ statement_id, series }] })}\n`;

/** Answers about fields, and with the text to everything else. */
const holding =
  (fields: readonly (readonly [measurement: string, field: string, type: string])[], text: string): Answer =>
  ({ form: { q = "" } }, reply) => {
    const keys = fields.map(([name, field, type]) => ({
      name,
      columns: ["fieldKey", "fieldType"],
      values: [[field, type]],
    }));
    reply.end(q.startsWith("SHOW FIELD KEYS") ? chunk(keys) : text);
  };
const CPU = [["cpu", "user", "float"]] as const;

async function reading(answer: Answer, config: Partial<InfluxConfig> = {}, limits: Partial<InfluxReaderLimits> = {}) {
  const fake = await fakeHttpStore(answer);
  return { fake, reader: createInfluxReader({ url: fake.url, version: "1", database: "d", ...config }, limits) };
}

describe("where InfluxDB is asked", () => {
  const v2 = { version: "2", database: undefined, org: "o", token: "t" } as const;
  test.each<[string, Partial<InfluxConfig>, object, string | undefined]>([
    ["version 1", { username: "u", password: "p" }, { db: "d" }, `Basic ${Buffer.from("u:p").toString("base64")}`],
    ["a policy of version 1", { retention_policy: "long" }, { db: "d", rp: "long" }, undefined],
    ["a bucket", { ...v2, bucket: "b" }, { db: "b" }, "Token t"],
    ["a bucket called as 1.x would", { ...v2, bucket: "b/rp" }, { db: "b", rp: "rp" }, "Token t"],
    [
      "a bucket mapped by hand",
      { ...v2, bucket: "b", database: "x", retention_policy: "y" },
      { db: "x", rp: "y" },
      "Token t",
    ],
  ])("%s", async (_name, config, form, authorization) => {
    const { fake, reader } = await reading(holding(CPU, chunk([])), config);
    expect(await reader.select(span)).toEqual([]);
    expect(fake.received.map(({ url }) => url)).toEqual(["/query", "/query"]);
    for (const request of fake.received) {
      const { q: _, ...told } = request.form;
      expect(told).toEqual({ epoch: "ms", chunked: "true", chunk_size: "10000", ...form });
      expect(request.authorization).toBe(authorization);
    }
  });

  test("with what: the fields that may be the metric, then their samples", async () => {
    const { fake, reader } = await reading(
      holding([...CPU, ["cpu_user", "value", "boolean"], ["cpu", "user_name", "string"]], chunk([])),
      { retention_policy: "r" },
    );
    await reader.select({ ...span, matchers: [...span.matchers, { kind: "=", name: "host", value: "a" }] });
    const where = `WHERE time >= 1000ms AND time < 2001ms AND "host"::tag = 'a' GROUP BY *`;
    expect(fake.received.map(({ form }) => form.q)).toEqual([
      'SHOW FIELD KEYS FROM "cpu_user", "cpu"',
      `SELECT "user"::field FROM "r"."cpu" ${where}; SELECT "value"::field FROM "r"."cpu_user" ${where}`,
    ]);
    await reader.series(span);
    expect(fake.received.at(-1)?.form.q).toContain('SELECT last("user"::field) FROM "r"."cpu" WHERE');
  });
});

test("chunks of a series, booleans and times finer than a millisecond become one series", async () => {
  const text =
    chunk([
      {
        name: "cpu",
        tags: { host: "a", rack: "" },
        columns: ["time", "user"],
        values: [
          [1_000, 1],
          [1_001, null],
        ],
      },
    ]) +
    chunk([
      {
        name: "cpu",
        tags: { host: "a", rack: "" },
        columns: ["time", "user"],
        values: [
          [1_002, 2],
          [1_002, 3],
        ],
      },
    ]) +
    chunk([
      {
        name: "cpu",
        tags: { host: "é" },
        columns: ["time", "user"],
        values: [
          [1_000, true],
          [1_001, false],
        ],
      },
    ]).trimEnd();
  const { reader } = await reading((request, reply) => {
    if (request.form.q?.startsWith("SHOW")) {
      holding(CPU, "")(request, reply);
      return;
    }
    // Cut everywhere, in the middle of characters, too.
    for (const byte of Buffer.from(text)) reply.write(Buffer.from([byte]));
    reply.end();
  });
  const found = await reader.select(span);
  expect(found.map(({ labels, timesMs, values }) => [labels, [...timesMs], [...values]])).toEqual([
    [{ [METRIC_NAME]: "cpu_user", host: "a" }, [1_000, 1_002], [1, 3]],
    [{ [METRIC_NAME]: "cpu_user", host: "é" }, [1_000, 1_001], [1, 0]],
  ]);
});

describe("what goes wrong is told with what to do", () => {
  const v2: Partial<InfluxConfig> = { version: "2", database: undefined, org: "o", bucket: "b", token: "secret" };
  test.each<[string, Answer, Partial<InfluxConfig>, string, string]>([
    [
      "a wrong token",
      answerWith(401, '{"code":"unauthorized","message":"unauthorized access"}'),
      v2,
      "store.refused",
      "InfluxDB does not know these credentials",
    ],
    ["no right to read", answerWith(403, "{}"), v2, "store.refused", "may not read there"],
    [
      "a bucket InfluxQL does not know, by status",
      answerWith(404, '{"code":"not found","message":"no dbrp mapping found"}'),
      v2,
      "store.refused",
      "influx v1 dbrp create --org 'o' --db 'b' --rp 'autogen'",
    ],
    [
      "a bucket InfluxQL does not know, by result",
      answerWith(200, '{"results":[{"statement_id":0,"error":"database not found: b"}]}'),
      v2,
      "store.refused",
      "influx v1 dbrp create",
    ],
    [
      "no database",
      answerWith(200, '{"results":[{"statement_id":0,"error":"database not found: d"}]}'),
      {},
      "store.refused",
      "CREATE DATABASE",
    ],
    [
      "an engine in trouble",
      answerWith(200, '{"results":[{"error":"timeout"}]}'),
      {},
      "store.refused",
      "InfluxDB's own log",
    ],
    [
      "something that is no InfluxDB",
      answerWith(200, "<html>"),
      {},
      "store.unreadable",
      "is that address the store's own",
    ],
    [
      "a page that is elsewhere",
      answerWith(302, "", { location: "/login" }),
      {},
      "store.refused",
      "look at influxdb.url",
    ],
  ])("%s", async (_name, answer, config, code, hint) => {
    const { reader } = await reading(answer, config);
    const thrown = reader.select(span);
    await expect(thrown).rejects.toMatchObject({ code, hint: expect.stringContaining(hint), status: 503 });
    await expect(thrown).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });

  test("nobody there", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const reader = createInfluxReader({ url, version: "1", database: "d" });
    const message = `${url} cannot be reached: ECONNREFUSED`;
    await expect(reader.select(span)).rejects.toMatchObject({ code: "store.unreachable", message });
  });

  test("an answer that breaks off", async () => {
    const { reader } = await reading((_request, reply) => {
      reply.writeHead(200, { "content-length": "100" }).write("{");
      setTimeout(() => reply.destroy(), 20);
    });
    await expect(reader.select(span)).rejects.toMatchObject({ code: "store.unreachable" });
  });
});

describe("a question ends", () => {
  test("when it has no answer within its limit, and the connection with it", async () => {
    const closed = Promise.withResolvers<void>();
    const { reader } = await reading((_request, reply) => reply.on("close", closed.resolve), {}, { timeoutMs: 100 });
    await expect(reader.select(span)).rejects.toMatchObject({ code: "store.timeout" });
    await closed.promise;
  });

  test("when nobody waits for it any more, in the middle of its answer, too", async () => {
    const closed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { reader } = await reading((_request, reply) => {
      reply.on("close", closed.resolve).write(" ");
      begun.resolve();
    });
    const stop = new AbortController();
    const reason = new Error("gone");
    const asked = reader.series({ ...span, signal: stop.signal });
    await begun.promise;
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await closed.promise;
  });

  test("at a sample more than the limit", async () => {
    const closed = Promise.withResolvers<void>();
    const answer: Answer = (request, reply) => {
      if (request.form.q?.startsWith("SHOW")) {
        holding(CPU, "")(request, reply);
        return;
      }
      reply.on("close", closed.resolve);
      reply.write(chunk([{ name: "cpu", tags: {}, values: Array.from({ length: 11 }, (_, i) => [i, i]) }]));
    };
    const { reader } = await reading(answer, {}, { samplesPerSelection: 10 });
    await expect(reader.select(span)).rejects.toMatchObject({ code: "query.too_large", status: 422 });
    await closed.promise;
  });

  test("at a metric more than the limit", async () => {
    const fields = Array.from({ length: 3 }, (_, i) => ["m", `f${i}`, "float"] as const);
    const { reader } = await reading(holding(fields, ""), {}, { metricsPerSelection: 2 });
    await expect(reader.select({ ...span, matchers: [] })).rejects.toMatchObject({ code: "query.too_large" });
  });
});
