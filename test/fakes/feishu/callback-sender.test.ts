import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCallbackReceiver } from "../../../alerts/notify/feishu/callback.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { ask, cardMessage, SEND, sharedCard, tokenOf } from "./app-caller.ts";
import { type FakeFeishuApp, startFakeFeishuApp } from "./app-server.ts";
import type { Callback, CallbackVerdict, SignedRequest } from "./callback-sender.ts";

// Feishu's side of callbacks by HTTP, against the receiver: what a person sees for each answer.

const START_MS = Date.UTC(2026, 0, 1);
let nowMs = START_MS;
let app: FakeFeishuApp;
let callback: Callback;
let url: string;
let answer: (received: { readonly kind: string }) => { readonly status: number; readonly body: string };
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  nowMs = START_MS;
  answer = () => ({ status: 200, body: "{}" });
  await start();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(options: { readonly encryptKey?: string | undefined } = {}) {
  app = await startFakeFeishuApp({ nowMs: () => nowMs, ...options });
  open.push(app);
  app.addChat({ chatId: "oc_ops" });
  const { data } = await ask(app, SEND, cardMessage(), { token: await tokenOf(app) });
  callback = app.callbacks.click({ messageId: String(data.message_id), value: { do: "acknowledge" } });
  url = await startReceiver();
}

/** What the wiring of the product will look like: raw bytes in, the verdict's answer out. */
async function startReceiver(): Promise<string> {
  const { appId, encryptKey, verificationToken } = app.options;
  const receiver = createCallbackReceiver({ appId, encryptKey, verificationToken });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const verdict = receiver.receive({ headers: request.headers, body: Buffer.concat(chunks) }, epochMsOf(nowMs));
    if (verdict.kind === "refused") response.writeHead(verdict.status).end();
    else if (verdict.kind === "challenge") response.writeHead(200).end(JSON.stringify(verdict.answer));
    else {
      const { status, body } = answer(verdict);
      response.writeHead(status).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/feishu/card?from=feishu`;
}
const post = (change?: (request: SignedRequest) => SignedRequest) => app.callbacks.post(url, callback, change);
const failed = (code: number): Partial<CallbackVerdict> => ({ kind: "failed", code: code as 200340 });

test.each(["encrypt-key-0123456789", undefined])(
  "with the Encrypt Key %s the address proves itself",
  async (encryptKey) => {
    await start({ encryptKey });
    expect(await app.callbacks.verifyUrl(url)).toBe(true);
    expect(await post()).toEqual({ kind: "answered", toast: undefined, cardChanged: false });
  },
);

test("an address with another key does not", async () => {
  const elsewhere = url;
  await start({ encryptKey: "another" });
  expect(await app.callbacks.verifyUrl(elsewhere)).toBe(false);
});

test("what arrives is the click, and the answer changes the card", async () => {
  const heard: unknown[] = [];
  answer = (verdict) => {
    heard.push(verdict);
    const data = sharedCard("acknowledged");
    const toast = { type: "success", content: "Acknowledged" };
    return { status: 200, body: JSON.stringify({ toast, card: { type: "raw", data } }) };
  };
  expect(await post()).toEqual({ kind: "answered", toast: "Acknowledged", cardChanged: true });
  expect(heard).toMatchObject([{ kind: "card_action", action: { eventId: callback.eventId, token: callback.token } }]);
  expect(app.messages[0]?.contents.at(-1)).toEqual(sharedCard("acknowledged"));
  expect(app.violations).toEqual([]);
});

test.each([
  ["no answer", { status: 200, body: "" }, 108002],
  ["another status", { status: 500, body: "{}" }, 200340],
  ["no JSON", { status: 200, body: "ok" }, 200340],
  ["an unknown property", { status: 200, body: '{"code":0}' }, 200340],
  ["a toast of no kind", { status: 200, body: '{"toast":{"type":"loud","content":"x"}}' }, 200340],
  ["a card that is not raw", { status: 200, body: JSON.stringify({ card: sharedCard() }) }, 200340],
  ["a card Feishu does not take", { status: 200, body: '{"card":{"type":"raw","data":{}}}' }, 200340],
  [
    "a card that is not shared",
    { status: 200, body: JSON.stringify({ card: { type: "raw", data: { ...sharedCard(), config: {} } } }) },
    200340,
  ],
])("%s shows the person an error, and is written down", async (_name, given, code) => {
  answer = () => given;
  expect(await post()).toMatchObject(failed(code));
  expect(app.messages[0]?.contents.length).toBe(1);
  expect(app.violations.length).toBe(1);
});

test("an answer after three seconds is too late", async () => {
  answer = () => {
    nowMs += 3_001;
    return { status: 200, body: "{}" };
  };
  expect(await post()).toMatchObject(failed(200340));
});

test("a request that was changed on its way is refused by the receiver with 401", async () => {
  const spoiled = await post((request) => ({ ...request, body: request.body.replace("encrypt", "encrypt ") }));
  expect(spoiled).toMatchObject({ kind: "failed", why: "HTTP 401" });
});
