import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { OperatorError } from "../../../core/errors.ts";
import { createAccessCheck } from "../../../web/server/access.ts";
import { ALSO_GOOD, GOOD, serve } from "./serve.ts";
import { telegrafV1, telegrafV2 } from "./telegraf.ts";

const TOKEN = "of-an-agent";

async function served(options: Parameters<typeof serve>[0] = {}) {
  const { app, ...rest } = await serve(options);
  return { ...rest, url: await app.listen({ port: 0, host: "127.0.0.1" }) };
}

const withTokens = () => {
  const token_sha256 = createHash("sha256").update(TOKEN).digest("hex");
  return { access: createAccessCheck({ people: [], agents: [{ name: "telegraf", hosts: ["*"], token_sha256 }] }) };
};

const diskFull = async () => {
  throw new OperatorError({ code: "spool.disk_full", message: "no space left", hint: "free some", status: 503 });
};
const spoolFull = async () => ({ kind: "full", retryAfterSeconds: 10 }) as const;

describe("outputs.influxdb of Telegraf", () => {
  test("creates its database at the start", async () => {
    const { url } = await served();
    for (const name of ["telegraf", 'a "b" \\c;d']) {
      expect(await telegrafV1({ url }).createDatabase(name)).toBeUndefined();
    }
  });

  test.each([true, false])("delivers its batches, gzip %s, whatever its other parameters say", async (gzip) => {
    const { url, spool } = await served();
    const parameters = "db=telegraf&rp=weekly&consistency=any";
    expect(await telegrafV1({ url, gzip }).write(GOOD, parameters)).toEqual({ kind: "delivered" });
    expect(spool.frames.map(({ body, header }) => [body, header.precision])).toEqual([[GOOD, "ns"]]);
  });

  test("drops what can never be taken, with the reason, and the rest of the batch is kept", async () => {
    const { url, spool } = await served();
    const outcome = await telegrafV1({ url }).write(`${GOOD}\nbad\n${ALSO_GOOD}\n`);
    expect(outcome).toMatchObject({ kind: "dropped", because: expect.stringContaining("unable to parse 'bad'") });
    expect(spool.frames.map(({ body }) => body)).toEqual([`${GOOD}\n${ALSO_GOOD}\n`]);
  });

  test.each([
    ["a full disk", diskFull],
    ["a full spool", spoolFull],
  ])("keeps its batch at %s", async (_name, answer) => {
    const { url, spool } = await served();
    const durable = spool.answer;
    spool.answer = answer;
    expect(await telegrafV1({ url }).write(GOOD)).toMatchObject({ kind: "kept", because: expect.stringMatching(/./) });
    spool.answer = durable;
    expect(await telegrafV1({ url }).write(GOOD)).toEqual({ kind: "delivered" });
    expect(spool.frames).toHaveLength(1);
  });

  test("keeps its batch while too many are being inflated", async () => {
    const { url } = await served({ inflations: NO_TURNS });
    expect(await telegrafV1({ url, gzip: true }).write(GOOD)).toMatchObject({ kind: "kept" });
  });

  test("gives its token as the password, and hears what is missing without one", async () => {
    const { url, spool } = await served(withTokens());
    const known = telegrafV1({ url, username: "any", password: TOKEN });
    expect(await known.createDatabase("telegraf")).toBeUndefined();
    expect(await known.write(GOOD)).toEqual({ kind: "delivered" });
    expect(await telegrafV1({ url }).write(GOOD, `db=d&u=any&p=${TOKEN}`)).toEqual({ kind: "delivered" });
    const stranger = await telegrafV1({ url, username: "any", password: "wrong" }).write(GOOD);
    expect(stranger).toMatchObject({ kind: "dropped", because: expect.stringContaining("this needs a token") });
    expect(spool.frames).toHaveLength(2);
  });
});

const NO_TURNS = { atOnce: 0, waiting: 0, waitMs: 1 };

describe("outputs.influxdb_v2 of Telegraf", () => {
  test.each([true, false])("delivers its batches, gzip %s", async (gzip) => {
    const { url, spool } = await served(withTokens());
    expect(await telegrafV2({ url, gzip, token: TOKEN }).write([GOOD])).toEqual([{ kind: "delivered" }]);
    expect(spool.frames.map(({ body }) => body)).toEqual([`${GOOD}\n`]);
  });

  test("splits a batch that is too large until every part is taken", async () => {
    const { url, spool } = await served({ limits: { bodies: 10, bytes: 1e6, bodyBytes: 200 } });
    const lines = Array.from({ length: 40 }, (_, n) => `cpu,host=a user=${n} ${n}`);
    const outcomes = await telegrafV2({ url }).write(lines);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["delivered"]));
    expect(spool.frames.flatMap(({ body }) => body.trim().split("\n"))).toEqual(lines);
  });

  test.each([
    ["a full disk", diskFull, "unavailable: no space left; free some", 5],
    ["a full spool", spoolFull, "too many requests: the spool is full: a store it feeds is behind", 10],
  ])("keeps its batch at %s, and waits as long as it is told", async (_name, answer, because, afterSeconds) => {
    const { url, spool } = await served();
    spool.answer = answer;
    expect(await telegrafV2({ url }).write([GOOD])).toEqual([{ kind: "kept", because, afterSeconds }]);
  });

  test("drops what can never be taken, with the reason", async () => {
    const { url } = await served();
    const [outcome] = await telegrafV2({ url }).write(["bad"]);
    expect(outcome).toEqual({
      kind: "dropped",
      because: "invalid: unable to parse 'bad': missing fields at line 1, column 4",
    });
  });

  test("keeps its batch when its token is wrong", async () => {
    const { url, spool } = await served(withTokens());
    const [outcome] = await telegrafV2({ url, token: "wrong" }).write([GOOD]);
    expect(outcome).toMatchObject({
      kind: "kept",
      because: expect.stringMatching(/^unauthorized: this needs a token/),
    });
    expect(spool.frames).toEqual([]);
  });
});
