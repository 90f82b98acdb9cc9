import { request } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { RecentSequences } from "../../../collector/ingest/recent-sequences.ts";
import { type IngestLimits, registerIngest } from "../../../collector/ingest/routes.ts";
import { BodyWriter } from "../../../collector/ingest/write-body.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import type { FrameHeader } from "../../../collector/spool/frame.ts";
import type { AppendOutcome } from "../../../collector/spool/spool.ts";
import type { Identity } from "../../../core/access.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";

const NOW = epochMsOf(1_790_000_000_000);

/** A spool in memory whose answer a test decides. */
class MemorySpool {
  readonly frames: { readonly header: FrameHeader; readonly body: string }[] = [];
  answer: () => Promise<AppendOutcome> = async () => ({ kind: "durable", position: { segment: 1, offset: 8 } });

  async append(header: FrameHeader, body: Buffer): Promise<AppendOutcome> {
    const outcome = await this.answer();
    const text = header.encoding === "gzip" ? gunzipSync(body).toString() : body.toString();
    if (outcome.kind === "durable") this.frames.push({ header, body: text });
    return outcome;
  }
}

interface Options {
  readonly identity?: Identity | undefined;
  readonly limits?: IngestLimits;
  readonly maxInflatedBytes?: number;
}

async function serve(options: Options = {}): Promise<{ app: HttpServer; spool: MemorySpool; writer: BodyWriter }> {
  const app = await createHttpServer({ version: "0.0.0-test" });
  onTestFinished(() => app.close());
  const spool = new MemorySpool();
  const writer = new BodyWriter({
    spool,
    clock: { ...systemClock, now: () => NOW },
    cluster: "c1",
    recent: new RecentSequences(),
    keys: new SeriesKeys(),
    maxInflatedBytes: options.maxInflatedBytes ?? 1_000_000,
  });
  const identity = "identity" in options ? options.identity : ({ kind: "loopback" } as const);
  registerIngest(app, { writer, identityOf: () => identity, limits: options.limits });
  await app.ready();
  return { app, spool, writer };
}

const write = (
  app: HttpServer,
  payload: string | Buffer,
  headers: Record<string, string> = {},
  url = "/api/v2/write?precision=ms",
) => app.inject({ method: "POST", url, payload, headers });

const GOOD = "cpu,host=a user=1 1790000000";
const ALSO_GOOD = "cpu,host=b user=2 1790000000";

describe("a good body", () => {
  test.each([
    ["/api/v2/write?org=o&bucket=b&precision=us", "us"],
    ["/api/v2/write?org=o&bucket=b", "ns"],
    ["/write?db=telegraf&precision=u", "us"],
    ["/write?db=telegraf&precision=n", "ns"],
    ["/write?precision=s", "s"],
  ])("is answered 204 and spooled as it came: %s", async (url, precision) => {
    const { app, spool } = await serve();
    const reply = await write(app, `${GOOD}\n`, { "content-type": "text/plain; charset=utf-8" }, url);
    expect(reply.statusCode).toBe(204);
    expect(spool.frames).toEqual([
      {
        header: { receivedAt: NOW, encoding: "identity", precision, cluster: "c1", sender: undefined },
        body: `${GOOD}\n`,
      },
    ]);
  });

  test.each(["application/octet-stream", "application/x-www-form-urlencoded", "application/json", "text/plain"])(
    "may have the content type %s",
    async (type) => {
      const { app } = await serve();
      expect((await write(app, GOOD, { "content-type": type })).statusCode).toBe(204);
    },
  );

  test("in gzip is spooled in gzip", async () => {
    const { app, spool } = await serve();
    expect((await write(app, gzipSync(GOOD), { "content-encoding": "gzip" })).statusCode).toBe(204);
    expect(spool.frames).toEqual([{ header: expect.objectContaining({ encoding: "gzip" }), body: GOOD }]);
  });

  test("without a line is answered 204 and leaves nothing behind", async () => {
    const { app, spool } = await serve();
    expect((await write(app, "\n# nothing\n")).statusCode).toBe(204);
    expect(spool.frames).toEqual([]);
  });
});

describe("bad lines", () => {
  const BODY = `${GOOD}\ncpu,host=a user=x 1\nbad\n${ALSO_GOOD}\n`;

  test("of InfluxDB 2's API are named in its words, the good lines are kept", async () => {
    const { app, spool } = await serve();
    const reply = await write(app, gzipSync(BODY), { "content-encoding": "gzip" });
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toEqual({
      code: "invalid",
      message:
        "partial write: unable to parse 'cpu,host=a user=x 1': the field value is neither a number, a boolean nor a quoted string at line 2, column 17; unable to parse 'bad': missing fields at line 3, column 4 dropped=2",
    });
    expect(spool.frames).toEqual([
      { header: expect.objectContaining({ encoding: "identity" }), body: `${GOOD}\n${ALSO_GOOD}\n` },
    ]);
  });

  test("of InfluxDB 1's API are named in its words", async () => {
    const { app } = await serve();
    const partial = await write(app, BODY, {}, "/write?db=x&precision=ms");
    expect([partial.statusCode, partial.json().error]).toEqual([
      400,
      expect.stringMatching(/^partial write: unable to parse /),
    ]);
    const all = await write(app, "bad", {}, "/write?db=x");
    expect(all.json()).toEqual({ error: "unable to parse 'bad': missing fields at line 1, column 4" });
  });

  test("are named up to five, then counted", async () => {
    const { app } = await serve();
    const { message } = (await write(app, "bad\n".repeat(50))).json();
    expect(message.match(/unable to parse/g)).toHaveLength(5);
    expect(message).toContain("and 45 more");
  });
});

describe("whose lines", () => {
  const agent = { kind: "agent", name: "a1", hosts: ["host-a"] } as const;

  test("an agent may not write another host's: 403 when all are, else the others are kept", async () => {
    const { app, spool } = await serve({ identity: agent });
    const foreign = await write(app, "cpu,host=host-b user=1");
    expect([foreign.statusCode, foreign.json().code]).toEqual([403, "forbidden"]);
    expect(foreign.json().message).toContain("may not write host host-b at line 1, column 1");
    expect(spool.frames).toEqual([]);
    const mixed = await write(app, "cpu,host=host-a user=1\ncpu,host=host-b user=1\nup v=1\n");
    expect(mixed.statusCode).toBe(400);
    expect(spool.frames.map(({ body }) => body)).toEqual(["cpu,host=host-a user=1\nup v=1\n"]);
  });

  test("a sender nobody knows writes no host", async () => {
    const { app, spool } = await serve({ identity: undefined });
    expect((await write(app, GOOD)).statusCode).toBe(403);
    expect(spool.frames).toEqual([]);
  });
});

describe("numbered bodies", () => {
  const number = (sequence: string) => ({ "nephoscope-agent": "host-a", "nephoscope-sequence": sequence });

  test("a repeat of a durable one is answered 204 and not spooled again", async () => {
    const { app, spool, writer } = await serve();
    for (let i = 0; i < 3; i++) expect((await write(app, GOOD, number("7"))).statusCode).toBe(204);
    expect(spool.frames).toHaveLength(1);
    expect(spool.frames[0]?.header.sender).toMatchObject({ agent: "host-a", sequence: 7 });
    expect(writer.counts).toMatchObject({ bodies: 1, repeats: 2 });
  });

  test("a repeat that arrives while the first is still being written waits for it", async () => {
    const { app, spool } = await serve();
    const replies = await Promise.all([1, 2, 3].map(() => write(app, GOOD, number("7"))));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204]);
    expect(spool.frames).toHaveLength(1);
  });

  test("one that was not taken the first time is taken the second", async () => {
    const { app, spool } = await serve();
    const durable = spool.answer;
    spool.answer = async () => ({ kind: "full", retryAfterSeconds: 3 });
    expect((await write(app, GOOD, number("7"))).statusCode).toBe(429);
    spool.answer = durable;
    expect((await write(app, GOOD, number("7"))).statusCode).toBe(204);
    expect(spool.frames).toHaveLength(1);
  });

  test("another body under a number used before is no repeat: the agent started anew", async () => {
    const { app, spool } = await serve();
    await write(app, GOOD, number("1"));
    await write(app, ALSO_GOOD, number("1"));
    expect(spool.frames).toHaveLength(2);
  });

  test.each<Record<string, string>>([
    { "nephoscope-agent": "a" },
    { "nephoscope-sequence": "1" },
    number("-1"),
    number("1e3"),
    number("99999999999999999999"),
  ])("malformed numbering is refused: %j", async (headers) => {
    const { app } = await serve();
    expect((await write(app, GOOD, headers)).statusCode).toBe(400);
  });
});

describe("limits", () => {
  test("a full spool is 429 with Retry-After in seconds", async () => {
    const { app, spool } = await serve();
    spool.answer = async () => ({ kind: "full", retryAfterSeconds: 10 });
    const reply = await write(app, GOOD);
    expect([reply.statusCode, reply.headers["retry-after"], reply.json().code]).toEqual([
      429,
      "10",
      "too many requests",
    ]);
  });

  test("a full disk is 503 with what to do", async () => {
    const { app, spool } = await serve();
    spool.answer = async () => {
      throw new OperatorError({ code: "spool.disk_full", message: "no space left", hint: "free some", status: 503 });
    };
    const reply = await write(app, GOOD);
    expect([reply.statusCode, reply.headers["retry-after"], reply.json()]).toEqual([
      503,
      "5",
      { code: "unavailable", message: "no space left; free some" },
    ]);
  });

  test("a body past the limit is 413, one that inflates past its limit too", async () => {
    const { app, spool } = await serve({
      limits: { bodies: 10, bytes: 1e6, bodyBytes: 1_000 },
      maxInflatedBytes: 10_000,
    });
    const large = await write(app, `${GOOD}\n`.repeat(100));
    expect([large.statusCode, large.json().code]).toEqual([413, "request too large"]);
    const bomb = gzipSync(`${GOOD}\n`.repeat(400));
    expect(bomb.length).toBeLessThan(1_000);
    const inflated = await write(app, bomb, { "content-encoding": "gzip" }, "/write");
    expect([inflated.statusCode, inflated.json().error]).toEqual([413, "the body inflates to more than 10000 bytes"]);
    expect(spool.frames).toEqual([]);
  });

  test("bodies past what may be in memory at once are 429, and there is room again when the others are done", async () => {
    const { app, spool } = await serve({ limits: { bodies: 2, bytes: 1e6, bodyBytes: 1_000 } });
    const held = Promise.withResolvers<AppendOutcome>();
    spool.answer = () => held.promise;
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const post = () => fetch(`${address}/write?precision=ms`, { method: "POST", body: GOOD });
    const waiting = [post(), post()];
    await expect.poll(async () => (await post()).status, { timeout: 5_000 }).toBe(429);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([204, 204]);
    expect((await post()).status).toBe(204);
  });

  test("a sender that goes away in the middle of its body leaves its place to others", async () => {
    const { app } = await serve({ limits: { bodies: 1, bytes: 1e6, bodyBytes: 1_000 } });
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const half = request(`${address}/write`, { method: "POST", headers: { "content-length": "500" } });
    half.on("error", () => {});
    half.write(GOOD);
    const status = async () => (await fetch(`${address}/write?precision=ms`, { method: "POST", body: GOOD })).status;
    await expect.poll(status, { timeout: 5_000 }).toBe(429);
    half.destroy();
    await expect.poll(status, { timeout: 5_000 }).toBe(204);
  });

  test.each([
    ["an unknown precision", GOOD, {}, "/api/v2/write?precision=fortnight", 400],
    ["broken gzip", "not gzip", { "content-encoding": "gzip" }, "/api/v2/write", 400],
    ["another encoding", GOOD, { "content-encoding": "br" }, "/api/v2/write", 415],
  ])("%s is refused", async (_name, body, headers, url, status) => {
    const { app, spool } = await serve();
    const reply = await write(app, body, { ...headers }, url);
    expect([reply.statusCode, Object.keys(reply.json())]).toEqual([status, ["code", "message"]]);
    expect(spool.frames).toEqual([]);
  });
});

test.each(["GET", "HEAD"] as const)("%s /ping and /health answer as InfluxDB does", async (method) => {
  const { app } = await serve();
  const ping = await app.inject({ method, url: "/ping" });
  expect([ping.statusCode, ping.headers["x-influxdb-version"]]).toEqual([204, "1.8.10"]);
  const health = await app.inject({ method, url: "/health" });
  expect(health.statusCode).toBe(200);
  if (method === "GET") expect(health.json()).toMatchObject({ name: "influxdb", status: "pass" });
});
