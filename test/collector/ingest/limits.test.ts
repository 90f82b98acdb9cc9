import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { AppendOutcome } from "../../../collector/spool/spool.ts";
import { OperatorError } from "../../../core/errors.ts";
import { GOOD, serve, write } from "./serve.ts";

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

  test("a full spool is 503 to those that speak InfluxDB 1's API: Telegraf throws away what is answered with 4xx", async () => {
    const { app, spool } = await serve();
    spool.answer = async () => ({ kind: "full", retryAfterSeconds: 10 });
    const reply = await write(app, GOOD, {}, "/write");
    expect([reply.statusCode, reply.headers["retry-after"], reply.json()]).toEqual([
      503,
      "10",
      { error: "the spool is full: a store it feeds is behind" },
    ]);
    expect(reply.headers["x-influxdb-error"]).toBe("the spool is full: a store it feeds is behind");
  });

  test("a slow disk is answered as a full spool is, with its own words: no store is to blame", async () => {
    const { app, spool } = await serve();
    spool.answer = async () => ({ kind: "slow", retryAfterSeconds: 1 });
    const message = "the disk of the spool is slow: too much waits to be written, try again";
    const newer = await write(app, GOOD);
    expect([newer.statusCode, newer.headers["retry-after"], newer.json()]).toEqual([
      429,
      "1",
      { code: "too many requests", message },
    ]);
    const older = await write(app, GOOD, {}, "/write");
    expect([older.statusCode, older.headers["retry-after"], older.json()]).toEqual([503, "1", { error: message }]);
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
    const post = () => fetch(`${address}/api/v2/write?precision=ms`, { method: "POST", body: GOOD });
    const waiting = [post(), post()];
    await expect.poll(async () => (await post()).status, { timeout: 5_000 }).toBe(429);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([204, 204]);
    expect((await post()).status).toBe(204);
  });

  test("gzip bodies past those that may be inflated at once wait their turn, a few, then they are 429", async () => {
    const { app, spool } = await serve({ inflations: { atOnce: 1, waiting: 2, waitMs: 60_000 } });
    const held = Promise.withResolvers<AppendOutcome>();
    spool.answer = () => held.promise;
    // With a bad line, so that the inflated lines are held until they are durable.
    const post = () => write(app, gzipSync(`${GOOD}\nbad\n`), { "content-encoding": "gzip" });
    const replies = Array.from({ length: 5 }, post);
    const first = await Promise.race(replies);
    expect([first.statusCode, first.headers["retry-after"]]).toEqual([429, "1"]);
    expect((await write(app, "\n")).statusCode).toBe(204);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    const statuses = (await Promise.all(replies)).map(({ statusCode }) => statusCode);
    expect(statuses.sort()).toEqual([400, 400, 400, 429, 429]);
    expect((await post()).statusCode).toBe(400);
  });

  test("a gzip body whose turn does not come in time is 429", async () => {
    const { app, spool } = await serve({ inflations: { atOnce: 1, waiting: 2, waitMs: 20 } });
    const held = Promise.withResolvers<AppendOutcome>();
    spool.answer = () => held.promise;
    const post = () => write(app, gzipSync(`${GOOD}\nbad\n`), { "content-encoding": "gzip" });
    const replies = [post(), post()];
    expect((await Promise.race(replies)).statusCode).toBe(429);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    expect((await Promise.all(replies)).map(({ statusCode }) => statusCode).sort()).toEqual([400, 429]);
  });

  test("gzip bodies kept as they came wait for the disk without holding up the next to be inflated", async () => {
    const { app, spool } = await serve({ inflations: { atOnce: 1, waiting: 10, waitMs: 60_000 } });
    const held = Promise.withResolvers<AppendOutcome>();
    let appends = 0;
    spool.answer = () => {
      appends++;
      return held.promise;
    };
    const replies = Array.from({ length: 5 }, () => write(app, gzipSync(GOOD), { "content-encoding": "gzip" }));
    const all = Promise.all(replies);
    await expect.poll(() => appends, { timeout: 5_000 }).toBe(5);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    expect((await all).map(({ statusCode }) => statusCode)).toEqual([204, 204, 204, 204, 204]);
  });

  test("bodies that come in chunks, without a length, take the room they need, and no more", async () => {
    const { app, spool } = await serve({ limits: { bodies: 100, bytes: 100_000, bodyBytes: 60_000 } });
    const held = Promise.withResolvers<AppendOutcome>();
    spool.answer = () => held.promise;
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const chunked = (lines: number) => {
      const body = new Blob([`${GOOD}\n`.repeat(lines)]).stream();
      return fetch(`${address}/api/v2/write`, { method: "POST", body, duplex: "half" } as RequestInit);
    };
    // Each may become 60 kB: as many as fit are let in all the same.
    const small = Array.from({ length: 50 }, () => chunked(10));
    const large = chunked(1_500);
    const refused = await Promise.race([chunked(2_000), ...small]);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    held.resolve({ kind: "durable", position: { segment: 1, offset: 8 } });
    const statuses = (await Promise.all([...small, large])).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect((await chunked(2_000)).status).toBe(204);
    expect((await chunked(3_000)).status).toBe(413);
  });

  test("a sender that goes away in the middle of its body leaves its place to others", async () => {
    const { app } = await serve({ limits: { bodies: 1, bytes: 1e6, bodyBytes: 1_000 } });
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const half = request(`${address}/write`, { method: "POST", headers: { "content-length": "500" } });
    half.on("error", () => {});
    half.write(GOOD);
    const status = async () =>
      (await fetch(`${address}/api/v2/write?precision=ms`, { method: "POST", body: GOOD })).status;
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
