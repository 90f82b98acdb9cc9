import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { AppendOutcome } from "../../../collector/spool/spool.ts";
import { ALSO_GOOD, GOOD, NOW, serve, write } from "./serve.ts";

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

  test.each([
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "",
    "nonsense",
  ])("may have the content type '%s'", async (type) => {
    const { app } = await serve();
    expect((await write(app, GOOD, { "content-type": type })).statusCode).toBe(204);
  });

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

  test("a repeat of one with bad lines hears of them again, and its good lines are not spooled again", async () => {
    const { app, spool, writer } = await serve();
    const replies = [];
    for (let i = 0; i < 3; i++) replies.push(await write(app, `${GOOD}\nbad\n${ALSO_GOOD}\n`, number("7")));
    expect(new Set(replies.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(replies[0]?.json().message).toContain("dropped=1");
    expect(spool.frames.map(({ body }) => body)).toEqual([`${GOOD}\n${ALSO_GOOD}\n`]);
    expect(writer.counts).toMatchObject({ bodies: 1, lines: 2, refusedLines: 1, repeats: 2 });
  });

  test("one with lines that were not allowed is taken when they are", async () => {
    const hosts = ["host-a"];
    const { app, spool } = await serve({ identity: { kind: "agent", name: "a", hosts } });
    const [own, other] = ["cpu,host=host-a user=1", "cpu,host=host-b user=1"];
    for (let time = 0; time < 2; time++) {
      expect((await write(app, other, number("1"))).statusCode).toBe(403);
      expect((await write(app, `${own}\n${other}`, number("2"))).statusCode).toBe(400);
    }
    expect(spool.frames.map(({ body }) => body)).toEqual([`${own}\n`]);
    hosts.push("host-b");
    for (let time = 0; time < 2; time++) {
      expect((await write(app, other, number("1"))).statusCode).toBe(204);
      expect((await write(app, `${own}\n${other}`, number("2"))).statusCode).toBe(204);
    }
    expect(spool.frames.slice(1).map(({ body }) => body)).toEqual([other, `${own}\n${other}`]);
  });

  test("a repeat that arrives while the first is still being written waits for it", async () => {
    const { app, spool } = await serve();
    const held = Promise.withResolvers<AppendOutcome>();
    let asked = 0;
    spool.answer = () => {
      asked++;
      return held.promise;
    };
    const first = write(app, GOOD, number("7"));
    await expect.poll(() => asked).toBe(1);
    const repeats = [write(app, GOOD, number("7")), write(app, GOOD, number("7"))];
    // It came behind the repeats: when it is being written, they have been looked at.
    const other = write(app, ALSO_GOOD, number("8"));
    await expect.poll(() => asked).toBe(2);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    const replies = await Promise.all([first, other, ...repeats]);
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204, 204]);
    expect(spool.frames.map(({ body }) => body).sort()).toEqual([GOOD, ALSO_GOOD].sort());
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

test.each(["GET", "HEAD"] as const)("%s /ping and /health answer as InfluxDB does", async (method) => {
  const { app } = await serve();
  const ping = await app.inject({ method, url: "/ping" });
  expect([ping.statusCode, ping.headers["x-influxdb-version"]]).toEqual([204, "1.8.10"]);
  const health = await app.inject({ method, url: "/health" });
  expect(health.statusCode).toBe(200);
  if (method === "GET") expect(health.json()).toMatchObject({ name: "influxdb", status: "pass" });
});
