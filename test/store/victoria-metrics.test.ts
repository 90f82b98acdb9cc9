import { describe, expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { METRIC_NAME } from "../../core/series.ts";
import type { LineWriterOptions } from "../../store/line-writing/line-writer.ts";
import { type VictoriaConfig, victoriaTarget } from "../../store/victoria-metrics/config.ts";
import { createVictoriaReader } from "../../store/victoria-metrics/reader.ts";
import { createVictoriaWriter } from "../../store/victoria-metrics/writer.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { answerWith, fakeHttpStore } from "../fakes/http-store.ts";
import { freePort } from "../integration/fixtures/influxd.ts";

function writerOf(config: VictoriaConfig, options: Partial<LineWriterOptions> = {}) {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  return createVictoriaWriter(config, { quarantineFolder: temporaryFolder(), ...options }, silentLog, lifetime);
}

const span = {
  matchers: [{ kind: "=", name: METRIC_NAME, value: "m" } as const],
  from: epochMsOf(1_000),
  to: epochMsOf(2_000),
};
const block = (values: readonly unknown[], timestamps: readonly number[], labels = {}): string =>
  `${JSON.stringify({ metric: { [METRIC_NAME]: "m", ...labels }, values, timestamps })}\n`;

describe("where VictoriaMetrics is asked", () => {
  test.each<[string, Partial<VictoriaConfig>, string, string, string | undefined]>([
    ["a single node", {}, "/write?precision=ms", "/api/v1/export", undefined],
    [
      "a tenant of a cluster",
      { tenant: "3:7" },
      "/insert/3:7/influx/write?precision=ms",
      "/select/3:7/prometheus/api/v1/export",
      undefined,
    ],
    ["with a token", { token: "t" }, "/write?precision=ms", "/api/v1/export", "Bearer t"],
    [
      "with a password",
      { username: "u", password: "p" },
      "/write?precision=ms",
      "/api/v1/export",
      `Basic ${Buffer.from("u:p").toString("base64")}`,
    ],
  ])("%s", async (_name, config, write, read, authorization) => {
    const fake = await fakeHttpStore((request, reply) => reply.writeHead(request.url === write ? 204 : 200).end());
    const all = { url: `${fake.url}/`, ...config };
    expect(await writerOf(all).write(["m v=1 1"])).toEqual({ kind: "ok", rejected: 0 });
    expect(await createVictoriaReader(all).select(span)).toEqual([]);
    expect(fake.received.map(({ url }) => url)).toEqual([write, read]);
    expect(fake.received.map((request) => request.authorization)).toEqual([authorization, authorization]);
    expect(fake.received[1]?.form).toEqual({
      "match[]": '{__name__="m",__name__!=""}',
      start: "1.000",
      end: "2.000",
      reduce_mem_usage: "1",
    });
  });

  test("vmselect stands elsewhere than vminsert", () => {
    const target = victoriaTarget({ url: "http://insert:8480", select_url: "http://select:8481", tenant: "0" });
    expect(target).toMatchObject({
      writeUrl: "http://insert:8480/insert/0/influx/write?precision=ms",
      readUrl: "http://select:8481/select/0/prometheus",
    });
  });

  test.each<[VictoriaConfig, string]>([
    [{ url: "h:8428" }, "victoria_metrics.url is not an http or https address"],
    [{ url: "http://u:p@h" }, "victoria_metrics.url holds a user or a password"],
    [{ url: "http://h", tenant: "../x" }, 'victoria_metrics.tenant "../x" is no tenant'],
  ])("%j is refused", (config, message) => {
    expect(() => victoriaTarget(config)).toThrow(expect.objectContaining({ code: "config.invalid", message }));
  });

  test("over a network lines go compressed, on this machine they do not", async () => {
    const fake = await fakeHttpStore(answerWith(204));
    const lines = Array.from({ length: 100 }, (_, i) => `m v=${i} ${i}`);
    await writerOf({ url: fake.url }).write(lines);
    // Not written as a loopback address, though it leads there.
    await writerOf({ url: `http://[::ffff:127.0.0.1]:${fake.port}` }).write(lines);
    expect(fake.received.map(({ encoding, body }) => [encoding, body])).toEqual([
      [undefined, lines.join("\n")],
      ["gzip", lines.join("\n")],
    ]);
  });
});

test("connections are kept: the next request has one, or one more when the last is just ending", async () => {
  const fake = await fakeHttpStore((request, reply) =>
    reply.writeHead(request.url === "/api/v1/export" ? 200 : 204).end(),
  );
  const writer = writerOf({ url: fake.url });
  const reader = createVictoriaReader({ url: fake.url });
  for (let i = 0; i < 20; i++) {
    await writer.write([`m v=${i} ${i}`]);
    await reader.select(span);
  }
  expect(fake.received).toHaveLength(40);
  expect(fake.connections()).toBeLessThanOrEqual(2);
});

describe("what the answers to a write mean", () => {
  test.each<[number, string, Record<string, string>, object]>([
    [429, "", { "retry-after": "2" }, { kind: "retry", afterMs: 2_000 }],
    [503, "too busy", {}, { kind: "retry", afterMs: undefined, reason: expect.stringContaining("too busy") }],
    [401, "", {}, { kind: "hold", hint: expect.stringContaining("credentials") }],
    [403, "", {}, { kind: "hold", hint: expect.stringContaining("may not write") }],
    [404, "", {}, { kind: "hold", hint: expect.stringContaining("victoria_metrics.tenant") }],
    [400, 'unsupported path requested: "/write"', {}, { kind: "hold", hint: expect.stringContaining("tenant") }],
    [400, "cannot parse", {}, { kind: "ok", rejected: 1 }],
    [200, "<html>", {}, { kind: "hold", hint: expect.stringContaining("VictoriaMetrics?") }],
    [302, "", { location: "/login" }, { kind: "hold" }],
  ])("%i %s %j", async (status, body, headers, expected) => {
    const fake = await fakeHttpStore(answerWith(status, body, headers));
    expect(await writerOf({ url: fake.url }).write(["m v=1 1"])).toMatchObject(expected);
    expect(fake.received).toHaveLength(1);
  });

  test.each<[number, string, boolean]>([
    [502, "Bad Gateway", true],
    [503, "no server is available to handle this request", true],
    [503, "cannot store metrics: the storage is in read-only mode", true],
    [504, "upstream timed out", true],
    [503, "cannot handle more than 8 concurrent inserts during 1m0s; possible solutions: …", false],
    [503, "cannot process insert request for 60.000 seconds because 8 concurrent insert requests are executed", false],
    [500, "", false],
    [429, "", false],
  ])("%i %s: it may have lost what it took last: %s", async (status, body, isGone) => {
    const fake = await fakeHttpStore(answerWith(status, body));
    expect(await writerOf({ url: fake.url }).write(["m v=1 1"])).toMatchObject({ kind: "retry", isGone });
  });

  test("lines that are refused are found one by one, the others are written", async () => {
    const stored = new Set<string>();
    const fake = await fakeHttpStore(({ body }, reply) => {
      const lines = body.split("\n");
      for (const line of lines) if (!line.startsWith("bad")) stored.add(line);
      reply.writeHead(lines.some((line) => line.startsWith("bad")) ? 400 : 204).end();
    });
    const writer = writerOf({ url: fake.url });
    const lines = Array.from({ length: 500 }, (_, i) => `${i === 7 || i === 400 ? "bad" : "m"} v=${i} ${i}`);
    expect(await writer.write(lines)).toEqual({ kind: "ok", rejected: 2 });
    expect([stored.size, writer.rejectedLines()]).toEqual([498, 2]);
  });

  test("nobody there, and no answer within the limit, are retries", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const nobody = await writerOf({ url }).write(["m v=1 1"]);
    expect(nobody).toMatchObject({ kind: "retry", reason: `${url} cannot be reached: ECONNREFUSED` });
    const closed = Promise.withResolvers<void>();
    const fake = await fakeHttpStore((_request, reply) => reply.on("close", closed.resolve));
    expect(await writerOf({ url: fake.url }, { timeoutMs: 100 }).write(["m v=1 1"])).toMatchObject({ kind: "retry" });
    await closed.promise;
  });
});

describe("whether it was started anew", () => {
  const pageOf = (start: number): string =>
    `flag{name="x", value="vm_app_start_timestamp 1"} 1\nvm_app_start_timestamp ${start}\nvm_app_uptime_seconds 5\n`;
  const keeper = 'vm_data_size_bytes{type="storage/small"} 0\n';

  /** What it says of one page after the other. */
  async function told(pages: readonly (readonly [status: number, page: string])[]): Promise<readonly unknown[]> {
    const left = [...pages];
    const fake = await fakeHttpStore((request, reply) => {
      const [status, page] = left.shift() ?? [500, ""];
      reply.writeHead(request.url === "/metrics" && request.authorization === "Bearer t" ? status : 404).end(page);
    });
    const writer = writerOf({ url: fake.url, token: "t" });
    const answers: unknown[] = [];
    for (const _ of pages) answers.push(await writer.hasRestarted?.());
    return answers;
  }

  test.each<[string, readonly (readonly [number, string])[], readonly boolean[]]>([
    ["a single node", [5, 5, 9, 9].map((start) => [200, pageOf(start) + keeper]), [false, false, true, false]],
    ["one whose clock was set back", [9, 5, 5].map((start) => [200, pageOf(start) + keeper]), [false, true, false]],
    ["two nodes by turns", [5, 9, 5, 9].map((start) => [200, pageOf(start) + keeper]), [false, true, false, false]],
    ["vmauth, which has a start of its own", [5, 9].map((start) => [200, pageOf(start)]), [false, false]],
    ["a proxy that does not pass it", [5, 9].map((start) => [404, pageOf(start) + keeper]), [false, false]],
    [
      "one that does not answer meanwhile",
      [
        [200, pageOf(5) + keeper],
        [502, ""],
        [200, pageOf(9) + keeper],
      ],
      [false, false, true],
    ],
  ])("%s", async (_name, pages, answers) => {
    expect(await told(pages)).toEqual(answers);
  });

  test("nobody there, or no answer within the limit, is no restart", async () => {
    expect(await writerOf({ url: `http://127.0.0.1:${await freePort()}` }).hasRestarted?.()).toBe(false);
    const fake = await fakeHttpStore(() => {});
    expect(await writerOf({ url: fake.url }, { timeoutMs: 100 }).hasRestarted?.()).toBe(false);
  });

  test("a cluster is not asked: its vminsert does not know", () => {
    expect(writerOf({ url: "http://127.0.0.1:1", tenant: "0" }).hasRestarted).toBeUndefined();
  });
});

describe("what is read", () => {
  test("in blocks in any order, with what came twice, is one series; of one time the greatest counts", async () => {
    const answer = block([3, 9, 2], [1_500, 1_600, 1_500]) + block([1, null, "Infinity"], [1_000, 1_700, 1_800]);
    const fake = await fakeHttpStore(answerWith(200, answer + block([5], [1_000], { host: "a" })));
    const found = await createVictoriaReader({ url: fake.url }).select(span);
    expect(found.map(({ labels, timesMs, values }) => [labels.host, [...timesMs], [...values]])).toEqual([
      [undefined, [1_000, 1_500, 1_600, 1_700, 1_800], [1, 3, 9, Number.NaN, Number.POSITIVE_INFINITY]],
      ["a", [1_000], [5]],
    ]);
  });

  test("has a bound", async () => {
    const fake = await fakeHttpStore(answerWith(200, block([1, 2, 3], [1_000, 1_001, 1_002])));
    const reader = createVictoriaReader({ url: fake.url }, { samplesPerSelection: 2 });
    await expect(reader.select(span)).rejects.toMatchObject({ code: "query.too_large" });
  });

  test.each<[number, string, string, string]>([
    [401, "", "store.refused", "credentials"],
    [400, 'unsupported path requested: "/api"', "store.refused", "victoria_metrics.tenant"],
    [422, "too many series", "store.refused", "shorter time"],
    [200, "<html>", "store.unreadable", "is that address the store's own"],
  ])("%i %s is told with what to do", async (status, body, code, hint) => {
    const fake = await fakeHttpStore(answerWith(status, body));
    const reader = createVictoriaReader({ url: fake.url });
    const expected = { code, hint: expect.stringContaining(hint), status: 503 };
    await expect(reader.select(span)).rejects.toMatchObject(expected);
    await expect(reader.series(span)).rejects.toMatchObject(expected);
  });
});
