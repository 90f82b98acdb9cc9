import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, cardMessage, SEND, sharedCard, TOKEN, tokenOf, UPDATE } from "./app-caller.ts";
import { type FakeFeishuApp, startFakeFeishuApp } from "./app-server.ts";

// Every rule of the emulator is provoked once, over plain HTTP: a fake that takes everything would prove nothing.

const START_MS = Date.UTC(2026, 0, 1);
let nowMs = START_MS;
let app: FakeFeishuApp;
let token: string;
async function start(options: Parameters<typeof startFakeFeishuApp>[0] | object = {}) {
  await app?.close();
  app = await startFakeFeishuApp({ nowMs: () => nowMs, ...options });
  app.addChat({ chatId: "oc_ops", members: ["ou_alice"] });
  token = await tokenOf(app);
}
beforeEach(() => {
  nowMs = START_MS;
  return start();
});
afterEach(() => app.close());

const call = (request: string, body: unknown) => ask(app, request, body, { token });
const send = (more: object = {}, card: object = sharedCard()) => call(SEND, cardMessage(card, more));
const whats = () => app.violations.map(({ what }) => what);

describe("tenant access tokens", () => {
  const good = () => ({ app_id: app.options.appId, app_secret: app.options.appSecret });

  test("the same while half an hour of it is left, then a new one; the old one works to its end", async () => {
    expect((await ask(app, TOKEN, good())).body).toMatchObject({ code: 0, expire: 7_200, tenant_access_token: token });
    nowMs += 90 * 60_000;
    expect((await ask(app, TOKEN, good())).body).toMatchObject({ expire: 1_800, tenant_access_token: token });
    nowMs += 1_000;
    const renewed = await ask(app, TOKEN, good());
    expect(renewed.body.tenant_access_token).not.toBe(token);
    expect(await send()).toMatchObject({ code: 0 });
    nowMs = START_MS + 2 * 3_600_000;
    expect(await send()).toMatchObject({ status: 400, code: 99991663 });
    expect(whats()).toEqual(["an expired token"]);
  });

  test.each([
    [{ app_secret: "wrong" }, 10014],
    [{ app_id: "cli_other" }, 10003],
    [{ app_secret: undefined }, 10003],
    [{ more: 1 }, 10003],
  ])("%j is refused with %d and HTTP 200", async (change, code) => {
    expect(await ask(app, TOKEN, { ...good(), ...change })).toMatchObject({ status: 200, code });
  });

  test("nobody comes in without one, or with one that is void", async () => {
    expect(await ask(app, SEND, cardMessage())).toMatchObject({ status: 400, code: 99991661 });
    expect(await ask(app, SEND, cardMessage(), { token: "t-made-up" })).toMatchObject({ status: 400, code: 99991663 });
    app.revokeTokens();
    expect(await send()).toMatchObject({ code: 99991663 });
    expect(app.messages).toEqual([]);
  });
});

describe("sending", () => {
  test("a card comes back with what it is found by", async () => {
    const { data } = await send({ uuid: "u" });
    expect(data).toMatchObject({ message_id: app.messages[0]?.messageId, chat_id: "oc_ops", msg_type: "interactive" });
    expect(app.messages).toMatchObject([{ uuid: "u", contents: [sharedCard()] }]);
    expect(whats()).toEqual([]);
  });

  test.each<[string, object, string | undefined, number]>([
    ["content that is an object", { content: sharedCard() }, undefined, 230001],
    ["content that is no JSON", { content: "hello" }, undefined, 230001],
    ["content that is JSON of a text", { content: '"hello"' }, undefined, 230001],
    ["a kind of message this fake has not", { msg_type: "post" }, undefined, 230001],
    ["a text with more than a text", { msg_type: "text", content: '{"text":"a","b":1}' }, undefined, 230001],
    ["a property nobody knows", { at: "all" }, undefined, 230001],
    ["a uuid of 51 characters", { uuid: "u".repeat(51) }, undefined, 230001],
    ["no receive_id_type", {}, "", 230001],
    ["a receive_id_type that is none", {}, "?receive_id_type=toString", 230001],
    ["an id of another type", {}, "?receive_id_type=open_id", 230001],
    ["a chat that is not there", { receive_id: "oc_none" }, undefined, 230001],
    ["a card Feishu would not take", { content: JSON.stringify({ elements: [] }) }, undefined, 230099],
  ])("%s is refused", async (_name, change, query, code) => {
    const request = query === undefined ? SEND : `POST /open-apis/im/v1/messages${query}`;
    expect(await call(request, cardMessage(sharedCard(), change))).toMatchObject({ status: 400, code });
    expect(app.messages).toEqual([]);
  });

  test("30 KB are the most of a card, 150 KB of a text", async () => {
    const card = (characters: number) =>
      sharedCard("t", { elements: [{ tag: "markdown", content: "x".repeat(characters) }] });
    const text = (characters: number) => ({
      msg_type: "text",
      content: JSON.stringify({ text: "x".repeat(characters) }),
    });
    expect(await send({}, card(30_000))).toMatchObject({ code: 0 });
    expect(await send({}, card(30_720))).toMatchObject({ code: 230025 });
    expect(await send(text(153_000))).toMatchObject({ code: 0 });
    expect(await send(text(153_600))).toMatchObject({ code: 230025 });
    expect(app.messages.length).toBe(2);
  });

  test("one uuid makes one message within an hour", async () => {
    const first = await send({ uuid: "incident-1" });
    nowMs += 59 * 60_000;
    expect((await send({ uuid: "incident-1" })).data.message_id).toBe(first.data.message_id);
    expect(app.messages.length).toBe(1);
    nowMs += 60_000;
    expect((await send({ uuid: "incident-1" })).data.message_id).not.toBe(first.data.message_id);
    expect(app.messages.length).toBe(2);
  });

  test("a bot outside the chat is told so, and a person has a chat of one's own", async () => {
    app.addChat({ chatId: "oc_away", botIsIn: false });
    expect(await send({ receive_id: "oc_away" })).toMatchObject({ status: 400, code: 230002 });
    const toPerson = cardMessage(sharedCard(), { receive_id: "ou_alice" });
    expect(await call("POST /open-apis/im/v1/messages?receive_id_type=open_id", toPerson)).toMatchObject({ code: 0 });
    expect(whats()).toEqual([]);
  });

  test("what is no JSON, or nowhere, is refused", async () => {
    expect(await ask(app, SEND, "{", { token })).toMatchObject({ status: 400, code: 9499 });
    expect(await ask(app, SEND, "{}", { token, contentType: "text/plain" })).toMatchObject({ status: 400, code: 9499 });
    expect(await call("PUT /open-apis/im/v1/messages/om_1", {})).toMatchObject({ status: 404 });
    expect(whats().length).toBe(3);
  });

  test("the codes are the same when refusals have HTTP 200", async () => {
    await start({ refusalStatus: 200 });
    expect(await send({ receive_id: "oc_none" })).toMatchObject({ status: 200, code: 230001 });
  });

  test("without its scope the app may not", async () => {
    await start({ scopes: [] });
    expect(await send()).toMatchObject({ status: 400, code: 99991672 });
  });
});

describe("how often", () => {
  test("5 messages a second in one chat, replies with them", async () => {
    const { data } = await send();
    for (let i = 1; i < 4; i++) expect(await send()).toMatchObject({ code: 0 });
    const reply = `POST /open-apis/im/v1/messages/${String(data.message_id)}/reply`;
    const answer = { msg_type: "text", content: '{"text":"resolved"}' };
    expect(await call(reply, answer)).toMatchObject({ code: 0 });
    expect(await call(reply, answer)).toMatchObject({ status: 400, code: 230020 });
    expect(await send()).toMatchObject({ status: 400, code: 230020 });
    app.addChat({ chatId: "oc_other" });
    expect(await send({ receive_id: "oc_other" })).toMatchObject({ code: 0 });
    nowMs += 1_000;
    expect(await send()).toMatchObject({ code: 0 });
    expect(whats()).toEqual(["more than 5 messages a second", "more than 5 messages a second"]);
  });

  test.each([429, 400] as const)("50 a second of one app: HTTP %d, and when to come back", async (rateLimitStatus) => {
    await start({ rateLimitStatus });
    for (let i = 0; i < 50; i++) {
      app.addChat({ chatId: `oc_${i}` });
      expect(await send({ receive_id: `oc_${i}` })).toMatchObject({ code: 0 });
    }
    expect(await send()).toMatchObject({ status: rateLimitStatus, code: 99991400, reset: "1" });
    expect(await call(UPDATE, {})).toMatchObject({ code: 300000 });
    nowMs += 1_000;
    expect(await send()).toMatchObject({ code: 0 });
  });

  test("1,000 a minute of one app", async () => {
    for (let i = 0; i < 1_000; i++) {
      if (i % 5 === 0) nowMs += 100;
      if (i % 5 === 0) app.addChat({ chatId: `oc_${i / 5}` });
      expect((await send({ receive_id: `oc_${Math.floor(i / 5)}` })).code).toBe(0);
    }
    nowMs += 5_000;
    expect(await send()).toMatchObject({ status: 429, code: 99991400, reset: "36" });
    nowMs += 36_000;
    expect(await send()).toMatchObject({ code: 0 });
  });
});

describe("failures", () => {
  test("as told, and the journal has them", async () => {
    app.behave({ kind: "code", code: 11232 });
    expect(await send()).toMatchObject({ status: 200, code: 11232 });
    app.behave({ kind: "down" });
    await expect(send()).rejects.toThrow();
    app.behave({ kind: "well" });
    expect(await send()).toMatchObject({ code: 0 });
    expect(app.journal.map(({ request, code }) => [request.split("/").at(-1), code])).toEqual([
      ["internal", 0],
      ["messages", 11232],
      ["messages", 0],
    ]);
  });
});
