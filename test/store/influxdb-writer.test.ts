import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { type InfluxConfig, influxTarget } from "../../store/influxdb/config.ts";
import { createInfluxWriter } from "../../store/influxdb/writer.ts";
import type { LineWriter, LineWriterOptions } from "../../store/line-writing/line-writer.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";
import { fakeHttpStore } from "../fakes/http-store.ts";

type Answer = (lines: readonly string[], reply: ServerResponse) => void;

/** Something that speaks InfluxDB's side of HTTP on loopback. */
async function fakeInflux(answer: Answer) {
  const linesOf = (body: string): readonly string[] => body.split("\n");
  const fake = await fakeHttpStore(({ body }, reply) => answer(linesOf(body), reply));
  return {
    url: fake.url,
    connections: fake.connections,
    get received() {
      return fake.received.map(({ url, authorization, body }) => ({ url, authorization, lines: linesOf(body) }));
    },
  };
}

function createWriter(
  config: Partial<InfluxConfig> & { url: string },
  options: Partial<LineWriterOptions> = {},
): LineWriter {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const full = { version: "1", database: "d", ...config } as const;
  return createInfluxWriter(full, { quarantineFolder: temporaryFolder(), ...options }, silentLog, lifetime);
}

const answerWith =
  (status: number, body = "", headers: Record<string, string> = {}): Answer =>
  (_lines, reply) => {
    reply.writeHead(status, headers).end(body);
  };

describe("how InfluxDB is addressed", () => {
  test.each<[Partial<InfluxConfig>, string, string | undefined]>([
    [{ version: "1", database: "a b" }, "/write?db=a%20b&precision=ms", undefined],
    [{ username: "u", password: "p" }, "/write?db=d&precision=ms", `Basic ${Buffer.from("u:p").toString("base64")}`],
    [
      { version: "2", org: "o", bucket: "b/rp", token: "t" },
      "/api/v2/write?org=o&bucket=b%2Frp&precision=ms",
      "Token t",
    ],
    [{ version: "2", bucket: "b" }, "/api/v2/write?org=&bucket=b&precision=ms", undefined],
  ])("%j", async (config, url, authorization) => {
    const influx = await fakeInflux(answerWith(204));
    const writer = createWriter({ url: `${influx.url}/`, ...config });
    expect(await writer.write(["m v=1 1", "m v=2 2"])).toEqual({ kind: "ok", rejected: 0 });
    expect(influx.received).toEqual([{ url, authorization, lines: ["m v=1 1", "m v=2 2"] }]);
  });

  test("behind a path of a proxy", async () => {
    const influx = await fakeInflux(answerWith(204));
    await createWriter({ url: `${influx.url}/influx` }).write(["m v=1 1"]);
    expect(influx.received[0]?.url).toBe("/influx/write?db=d&precision=ms");
  });

  test.each<[string, InfluxConfig, string]>([
    ["no database", { url: "http://h", version: "1" }, "influxdb.database is missing"],
    ["no bucket", { url: "http://h", version: "2" }, "influxdb.bucket is missing"],
    ["not a URL", { url: "h:8086", version: "1", database: "d" }, "influxdb.url is not an http or https address"],
    [
      "a password in the URL",
      { url: "http://u:p@h", version: "1", database: "d" },
      "influxdb.url holds a user or a password",
    ],
  ])("a configuration with %s is refused", (_name, config, message) => {
    expect(() => influxTarget(config)).toThrow(expect.objectContaining({ code: "config.invalid", message }));
  });

  test("requests share a connection", async () => {
    const influx = await fakeInflux(answerWith(204));
    const writer = createWriter({ url: influx.url });
    for (let i = 0; i < 20; i++) await writer.write([`m v=${i} ${i}`]);
    expect([influx.received.length, influx.connections()]).toEqual([20, 1]);
  });
});

describe("what the answers mean", () => {
  test.each<[number, string, Record<string, string>, object]>([
    [429, "", { "retry-after": "2" }, { kind: "retry", afterMs: 2_000 }],
    [503, '{"error":"timeout"}', {}, { kind: "retry", afterMs: undefined, reason: expect.stringContaining("timeout") }],
    [500, "", {}, { kind: "retry" }],
    [401, '{"error":"authorization failed"}', {}, { kind: "hold", hint: expect.stringContaining("credentials") }],
    [403, '{"code":"forbidden","message":"no"}', {}, { kind: "hold", hint: expect.stringContaining("write access") }],
    [
      404,
      '{"error":"database not found: \\"d\\""}',
      {},
      { kind: "hold", hint: expect.stringContaining("CREATE DATABASE") },
    ],
    [200, "<html>", {}, { kind: "hold", hint: expect.stringContaining("is http://") }],
    [302, "", { location: "/login" }, { kind: "hold" }],
  ])("%i %s %j", async (status, body, headers, expected) => {
    const influx = await fakeInflux(answerWith(status, body, headers));
    expect(await createWriter({ url: influx.url }).write(["m v=1 1"])).toMatchObject(expected);
    expect(influx.received).toHaveLength(1);
  });

  test("a failure is not printed: the client would print the request with its headers", async () => {
    const printed = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")];
    onTestFinished(() => printed.forEach((spy) => spy.mockRestore()));
    const influx = await fakeInflux(answerWith(503));
    await createWriter({ url: influx.url, token: "secret" }).write(["m v=1 1"]);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  test("nobody there is a retry that names the address", async () => {
    const outcome = await createWriter({ url: "http://127.0.0.1:1" }).write(["m v=1 1"]);
    expect(outcome).toMatchObject({ kind: "retry", reason: "http://127.0.0.1:1 cannot be reached: ECONNREFUSED" });
  });

  test("no answer within the limit is a retry, and the connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    const influx = await fakeInflux((_lines, reply) => reply.on("close", closed.resolve));
    const outcome = await createWriter({ url: influx.url }, { timeoutMs: 100 }).write(["m v=1 1"]);
    expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringContaining("did not answer within 0.1 s") });
    await closed.promise;
  });

  test("an answer that ends in the middle is a retry", async () => {
    const influx = await fakeInflux((_lines, reply) => {
      reply.writeHead(400, { "content-length": "100" }).write("{");
      setTimeout(() => reply.destroy(), 20);
    });
    expect(await createWriter({ url: influx.url }, { timeoutMs: 2_000 }).write(["m v=1 1"])).toMatchObject({
      kind: "retry",
    });
  });
});

/** Stores good lines, refuses those that say bad: as InfluxDB does with a partial write. */
function pickyInflux(stored: Set<string>, maxLines = Number.POSITIVE_INFINITY): Answer {
  return (lines, reply) => {
    if (lines.length > maxLines) {
      reply.writeHead(413).end();
      return;
    }
    const bad = lines.filter((line) => line.includes("bad"));
    for (const line of lines) if (!line.includes("bad")) stored.add(line);
    reply.writeHead(bad.length > 0 ? 400 : 204).end(bad.length > 0 ? '{"error":"partial write: dropped"}' : undefined);
  };
}

/** As InfluxDB 2.x: of a body with a line it cannot read it writes nothing. It quotes the line. */
function strictInflux(stored: Set<string>): Answer {
  return (lines, reply) => {
    const bad = lines.find((line) => line.includes("bad"));
    if (bad === undefined) for (const line of lines) stored.add(line);
    const error = { code: "invalid", message: `unable to parse '${bad}': invalid boolean` };
    reply.writeHead(bad === undefined ? 204 : 400).end(bad === undefined ? undefined : JSON.stringify(error));
  };
}

describe("lines that are refused", () => {
  const linesWithBad = (count: number, bad: readonly number[]) =>
    Array.from({ length: count }, (_, i) => (bad.includes(i) ? `bad v=${i} ${i}` : `m v=${i} ${i}`));

  test.each([[[0]], [[999]], [[3, 500, 998]]])("are found one by one: %j of 1000", async (bad) => {
    const stored = new Set<string>();
    const influx = await fakeInflux(pickyInflux(stored));
    const quarantineFolder = temporaryFolder();
    const writer = createWriter({ url: influx.url }, { quarantineFolder });
    expect(await writer.write(linesWithBad(1_000, bad))).toEqual({ kind: "ok", rejected: bad.length });
    expect(stored.size).toBe(1_000 - bad.length);
    expect(writer.rejectedLines()).toBe(bad.length);
    const kept = readFileSync(`${quarantineFolder}/influxdb-rejected.lp`, "utf8").split("\n");
    expect(kept.filter((line) => line.startsWith("bad"))).toEqual(bad.map((i) => `bad v=${i} ${i}`));
  });

  test("when there are many, requests stay bounded and every good line is stored all the same", async () => {
    const stored = new Set<string>();
    const influx = await fakeInflux(pickyInflux(stored));
    const bad = Array.from({ length: 500 }, (_, i) => i * 4);
    const outcome = await createWriter({ url: influx.url }).write(linesWithBad(2_000, bad));
    expect(outcome).toMatchObject({ kind: "ok" });
    expect(stored.size).toBe(1_500);
    expect(influx.received.length).toBeLessThan(150);
  });

  test("when nothing of a body with a bad line is written, however many there are, every good line is stored and no other put aside", async () => {
    const stored = new Set<string>();
    const influx = await fakeInflux(strictInflux(stored));
    const quarantineFolder = temporaryFolder();
    const writer = createWriter({ url: influx.url, version: "2", bucket: "b" }, { quarantineFolder });
    const lines = Array.from({ length: 2_000 }, (_, i) => (i % 4 === 0 ? `bad v=partial write ${i}` : `m v=${i} ${i}`));
    expect(await writer.write(lines)).toEqual({ kind: "ok", rejected: 500 });
    expect(stored).toEqual(new Set(lines.filter((line) => line.startsWith("m"))));
    const kept = readFileSync(`${quarantineFolder}/influxdb-rejected.lp`, "utf8").split("\n");
    expect(kept.filter((line) => line !== "" && !line.startsWith("#"))).toEqual(
      lines.filter((line) => line.startsWith("bad")),
    );
    expect(influx.received.length).toBeLessThan(2 * lines.length);
  });

  test("2.x writes the good lines of a body whose fields conflict, in its own words", async () => {
    const stored = new Set<string>();
    const influx = await fakeInflux((lines, reply) => {
      for (const line of lines) if (!line.includes("bad")) stored.add(line);
      const message =
        'failure writing points to database: partial write: field type conflict: input field "v" on measurement "bad" is type float, already exists as type integer dropped=1';
      const isGood = lines.every((line) => !line.includes("bad"));
      reply
        .writeHead(isGood ? 204 : 422)
        .end(isGood ? undefined : JSON.stringify({ code: "unprocessable entity", message }));
    });
    const writer = createWriter({ url: influx.url, version: "2", bucket: "b" });
    const bad = Array.from({ length: 500 }, (_, i) => i * 4);
    expect(await writer.write(linesWithBad(2_000, bad))).toMatchObject({ kind: "ok" });
    expect(stored.size).toBe(1_500);
    expect(influx.received.length).toBeLessThan(150);
  });

  test("of a body too large for InfluxDB everything is stored in smaller ones", async () => {
    const stored = new Set<string>();
    const influx = await fakeInflux(pickyInflux(stored, 10));
    const writer = createWriter({ url: influx.url });
    expect(await writer.write(linesWithBad(1_000, [7]))).toEqual({ kind: "ok", rejected: 1 });
    expect(stored.size).toBe(999);
  });

  test("the quarantine file stays within its bound, what it has no room for is counted", async () => {
    const influx = await fakeInflux(pickyInflux(new Set()));
    const quarantineFolder = temporaryFolder();
    const writer = createWriter({ url: influx.url }, { quarantineFolder, quarantineBytes: 500 });
    for (let i = 0; i < 20; i++) await writer.write([`bad v=${i} ${i}`]);
    expect(writer.rejectedLines()).toBe(20);
    expect(readFileSync(`${quarantineFolder}/influxdb-rejected.lp`).length).toBeLessThanOrEqual(500);
  });

  test("are not put aside while the rest of their batch has to be sent again", async () => {
    let answers = 0;
    const influx = await fakeInflux((lines, reply) => {
      answers++;
      reply.writeHead(lines.includes("bad v=0 0") ? 400 : answers > 2 ? 503 : 204).end();
    });
    const writer = createWriter({ url: influx.url });
    expect(await writer.write(linesWithBad(4, [0]))).toMatchObject({ kind: "retry" });
    expect(writer.rejectedLines()).toBe(0);
  });
});
