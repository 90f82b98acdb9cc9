import { spawnSync } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createAppClient } from "../../../../alerts/notify/feishu/app-client.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { CALL, clientAndFeishu, OPS, send, sentBy } from "./app-client-harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(...given: Parameters<typeof clientAndFeishu>) {
  const started = await clientAndFeishu(...given);
  open.push(started);
  return started;
}

const ALERTS = `${import.meta.dirname}/../../../../alerts`;
const MODULE = pathToFileURL(`${ALERTS}/notify/feishu/app-client.ts`).href;
const TIMERS = pathToFileURL(`${ALERTS}/timers.ts`).href;

describe("what stands in between", () => {
  test.each([
    [{ kind: "http_error", status: 500 } as const, { kind: "retry" }],
    [{ kind: "http_error", status: 503, retryAfterSeconds: 9 } as const, { kind: "retry", afterMs: 9_000 }],
    [{ kind: "http_error", status: 403 } as const, { kind: "misconfigured" }],
    [{ kind: "http_error", status: 302 } as const, { kind: "misconfigured" }],
    [{ kind: "code", code: 11232 } as const, { kind: "retry", afterMs: 10_000 }],
    [{ kind: "code", code: 0 } as const, { kind: "retry" }],
    [{ kind: "down" } as const, { kind: "retry", reason: expect.stringMatching(/^cannot reach 127\.0\.0\.1:\d+: E/) }],
  ])("%j", async (behaviour, expected) => {
    const { client, feishu } = await start();
    feishu.behave(behaviour);
    expect(await client.warmUp(CALL.signal)).toMatchObject(expected);
    feishu.behave({ kind: "well" });
    await sentBy(client);
    feishu.behave(behaviour);
    expect(await send(client)).toMatchObject(expected);
  });

  test("an answer that does not come is not waited for longer than 10 s, for a token or a message", async () => {
    const { client, feishu, time } = await start({ client: (_feishu, own) => ({ timers: own }) });
    await client.warmUp(CALL.signal);
    feishu.behave({ kind: "silent" });
    const sending = send(client);
    await eventually(() => feishu.messages.length === 1);
    await time.advance(10_000);
    expect(await sending).toMatchObject({ kind: "retry", reason: "no answer within 10 s" });
    await time.advance(7_200_000);
    const again = send(client);
    await eventually(() => time.pendingTimers >= 2);
    await time.advance(10_000);
    expect((await again).kind).toBe("retry");
  });

  test("a call under way ends with its signal, and does not take the token of others with it", async () => {
    const { client, feishu } = await start();
    feishu.behave({ kind: "silent" });
    const stop = new AbortController();
    const stopped = client.sendCard({ to: OPS, card: sharedCard(), uuid: "s" }, { ...CALL, signal: stop.signal });
    const other = send(client);
    stop.abort();
    expect((await stopped).kind).toBe("retry");
    feishu.behave({ kind: "well" });
    expect((await other).kind).toBe("done");
  });
});

describe("a stranger in Feishu's place", () => {
  async function startStranger(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const { client, feishu, options } = await start();
    await client.warmUp(CALL.signal);
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({
      close: async () => {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      },
    });
    const { port } = server.address() as AddressInfo;
    return { feishu, stranger: createAppClient({ ...options, domain: `http://127.0.0.1:${port}` }) };
  }

  test("that sends us on is not followed: secret and token stay with whom they were meant for", async () => {
    let followed = 0;
    const { stranger } = await startStranger((request, response) => {
      if (request.url?.startsWith("/elsewhere")) followed += 1;
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect(await stranger.warmUp(CALL.signal)).toMatchObject({ kind: "misconfigured" });
    expect(followed).toBe(0);
  });

  test("that answers without end is not read to the end", async () => {
    let written = 0;
    const { stranger } = await startStranger((_request, response) => {
      const more = () => {
        while (!response.destroyed && written < 64 * 1024 * 1024) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, 0x20))) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    expect(await stranger.warmUp(CALL.signal)).toMatchObject({ kind: "retry" });
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });
});

test("the SDK is loaded with the first call, not with the module: most have no app", () => {
  const script = `
    const { Module } = await import("node:module");
    const { createAppClient } = await import("${MODULE}");
    const { systemTimers: timers } = await import("${TIMERS}");
    const isLoaded = () => Object.keys(Module._cache).some((path) => path.includes("@larksuiteoapi"));
    const client = createAppClient({
      appId: "cli_0123456789abcdef", appSecret: "s", domain: "http://127.0.0.1:9", timers,
      clock: { now: Date.now, monotonicMs: () => 0 }, signal: new AbortController().signal,
      log: { debug() {}, warn() {} },
    });
    const before = isLoaded();
    await client.warmUp(new AbortController().signal);
    console.log(JSON.stringify([before, isLoaded()]));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect([run.stderr, run.stdout.trim()]).toEqual(["", "[false,true]"]);
});
