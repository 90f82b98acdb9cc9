import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, cardMessage, SEND, sharedCard, tokenOf, UPDATE } from "./app-caller.ts";
import { type FakeFeishuApp, startFakeFeishuApp } from "./app-server.ts";
import type { AppMessage } from "./app-tenant.ts";

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
let nowMs = START_MS;
let app: FakeFeishuApp;
let token: string;
let message: AppMessage;
beforeEach(async () => {
  nowMs = START_MS;
  app = await startFakeFeishuApp({ nowMs: () => nowMs });
  app.addChat({ chatId: "oc_ops", members: ["ou_alice"] });
  token = await tokenOf(app);
  message = await sent();
});
afterEach(() => app.close());

const call = (request: string, body: unknown) => ask(app, request, body, { token });
const whats = () => app.violations.map(({ what }) => what);
const patch = (card: object = sharedCard("resolved"), id = message.messageId) =>
  call(`PATCH /open-apis/im/v1/messages/${id}`, { content: JSON.stringify(card) });

async function sent(card: object = sharedCard(), more: object = {}): Promise<AppMessage> {
  const { data } = await call(SEND, cardMessage(card, more));
  const found = app.messages.find(({ messageId }) => messageId === data.message_id);
  if (found === undefined) throw new Error("not sent");
  return found;
}

describe("replying", () => {
  const reply = (more: object = {}, id = message.messageId) =>
    call(`POST /open-apis/im/v1/messages/${id}/reply`, { msg_type: "text", content: '{"text":"still"}', ...more });

  test("in the chat, or in a thread that stays one", async () => {
    expect((await reply()).data).toMatchObject({ parent_id: message.messageId, root_id: message.messageId });
    const first = await reply({ reply_in_thread: true });
    const second = await reply({ reply_in_thread: true }, String(first.data.message_id));
    expect(second.data).toMatchObject({ thread_id: first.data.thread_id, root_id: message.messageId });
  });

  test.each([
    ["a message that is not there", {}, "om_none", 230001],
    ["reply_in_thread that is no boolean", { reply_in_thread: "yes" }, undefined, 230001],
    ["a property nobody knows", { receive_id: "oc_ops" }, undefined, 230001],
  ])("%s is refused", async (_name, change, id, code) => {
    expect(await reply(change, id)).toMatchObject({ status: 400, code });
  });

  test("not to what was recalled, and once per uuid", async () => {
    expect((await reply({ uuid: "r" })).data.message_id).toBe((await reply({ uuid: "r" })).data.message_id);
    message.isRecalled = true;
    expect(await reply()).toMatchObject({ status: 400, code: 230011 });
  });
});

describe("changing a card", () => {
  test("in place", async () => {
    expect(await patch()).toMatchObject({ status: 200, code: 0 });
    expect(message.contents).toEqual([sharedCard(), sharedCard("resolved")]);
    expect(whats()).toEqual([]);
  });

  test("update_multi has to be true before and after", async () => {
    expect(await patch({ ...sharedCard(), config: {} })).toMatchObject({ status: 400, code: 230099 });
    const own = await sent({ ...sharedCard(), config: {} });
    expect(await patch(sharedCard(), own.messageId)).toMatchObject({ status: 400, code: 230099 });
    expect(whats()).toEqual(["update_multi is not true", "update_multi was not true before"]);
  });

  test("for 14 days", async () => {
    nowMs += 14 * DAY_MS;
    token = await tokenOf(app);
    expect(await patch()).toMatchObject({ code: 0 });
    nowMs += 1;
    expect(await patch()).toMatchObject({ status: 400, code: 230031 });
  });

  test("5 times a second, each message for itself", async () => {
    for (let i = 0; i < 5; i++) expect(await patch()).toMatchObject({ code: 0 });
    expect(await patch()).toMatchObject({ status: 400, code: 230020 });
    expect(await patch(sharedCard(), (await sent()).messageId)).toMatchObject({ code: 0 });
    nowMs += 1_000;
    expect(await patch()).toMatchObject({ code: 0 });
  });

  test("only cards, only one's own, only what is there and whole", async () => {
    const text = await sent({}, { msg_type: "text", content: '{"text":"t"}' });
    expect(await patch(sharedCard(), text.messageId)).toMatchObject({ code: 230001 });
    expect(await patch(sharedCard(), app.messageOfAnother("oc_ops").messageId)).toMatchObject({ code: 230012 });
    expect(await patch(sharedCard(), "om_none")).toMatchObject({ code: 230001 });
    expect(await patch({ ...sharedCard(), elements: [] })).toMatchObject({ code: 230099 });
    const big = sharedCard("t", { elements: [{ tag: "markdown", content: "x".repeat(31_000) }] });
    expect(await patch(big)).toMatchObject({ code: 230025 });
    const object = await call(`PATCH /open-apis/im/v1/messages/${message.messageId}`, { content: sharedCard() });
    expect(object).toMatchObject({ code: 230001 });
    app.addChat({ chatId: "oc_ops", botIsIn: false });
    expect(await patch()).toMatchObject({ code: 230002 });
    expect(message.contents.length).toBe(1);
  });
});

describe("urgent messages", () => {
  const urge = (kind: string, users: unknown = ["ou_alice"], query = "?user_id_type=open_id", id = message.messageId) =>
    call(`PATCH /open-apis/im/v1/messages/${id}/urgent_${kind}${query}`, { user_id_list: users });

  test("name whom it did not reach", async () => {
    const heard = await urge("app", ["ou_alice", "ou_stranger"]);
    expect(heard).toMatchObject({ code: 0, data: { invalid_user_id_list: ["ou_stranger"] } });
    expect(message.urgents).toEqual([{ kind: "app", userIds: ["ou_alice"] }]);
  });

  test.each(["sms", "phone"] as const)("%s takes from the quota until there is none", async (kind) => {
    app.urgentQuota[kind] = 1;
    expect(await urge(kind)).toMatchObject({ code: 0 });
    expect(await urge(kind)).toMatchObject({ status: 400, code: 230024 });
  });

  test.each([
    ["no user_id_type", ["ou_alice"], "", undefined, 230001],
    ["nobody", [], undefined, undefined, 230001],
    ["201 people", Array(201).fill("ou_alice"), undefined, undefined, 230001],
    ["a message that is not there", ["ou_alice"], undefined, "om_none", 230001],
  ])("%s is refused", async (_name, users, query, id, code) => {
    expect(await urge("app", users, query, id)).toMatchObject({ status: 400, code });
  });

  test("200 unread ones are the most", async () => {
    for (let i = 0; i < 200; i++) {
      if (i % 40 === 0) nowMs += 1_000;
      expect((await urge("app")).code).toBe(0);
    }
    nowMs += 1_000;
    expect(await urge("app")).toMatchObject({ status: 400, code: 230023 });
  });

  test("one's own messages, where the group allows it and the bot is", async () => {
    expect(await urge("app", undefined, undefined, app.messageOfAnother("oc_ops").messageId)).toMatchObject({
      code: 230012,
    });
    app.addChat({ chatId: "oc_ops", members: ["ou_alice"], urgentAllowed: false });
    expect(await urge("app")).toMatchObject({ code: 230027 });
    app.addChat({ chatId: "oc_ops", botIsIn: false });
    expect(await urge("app")).toMatchObject({ code: 230002 });
  });
});

describe("changing the card somebody clicked in", () => {
  const update = (cardToken: string, card: object = sharedCard("acknowledged")) =>
    call(UPDATE, { token: cardToken, card });
  const click = () => app.callbacks.click({ messageId: message.messageId, value: { do: "acknowledge" } });
  const clicked = () => {
    const callback = click();
    app.callbacks.judge(callback, {});
    return callback;
  };

  test("twice within half an hour", async () => {
    const { token: cardToken } = clicked();
    nowMs += 30 * 60_000;
    for (let i = 0; i < 2; i++) expect(await update(cardToken)).toMatchObject({ code: 0 });
    expect(await update(cardToken)).toMatchObject({ status: 400, code: 300000 });
    expect(message.contents.length).toBe(3);
    expect(whats()).toEqual(["card token: used 2 times"]);
  });

  test("not later, and not with another token", async () => {
    const { token: cardToken } = clicked();
    nowMs += 30 * 60_000 + 1;
    expect(await update(cardToken)).toMatchObject({ status: 400, code: 300000 });
    expect(await update("c-made-up")).toMatchObject({ status: 400, code: 300000 });
  });

  test("before the callback was answered it is taken, and undone", async () => {
    const callback = click();
    expect(await update(callback.token)).toMatchObject({ status: 200, code: 0 });
    expect(message.contents.length).toBe(1);
    expect(whats()).toEqual(["a card changed before its callback was answered"]);
  });

  test("a card that is none, or too large, is refused; one that is not shared needs its readers", async () => {
    expect(await update(clicked().token, { elements: [] })).toMatchObject({ code: 230099 });
    const big = sharedCard("t", { elements: [{ tag: "markdown", content: "x".repeat(31_000) }] });
    expect(await update(clicked().token, big)).toMatchObject({ code: 230099 });
    message = await sent({ ...sharedCard(), config: {} });
    const { token: cardToken } = clicked();
    expect(await update(cardToken)).toMatchObject({ code: 300090 });
    expect(await update(cardToken, { ...sharedCard(), open_ids: ["ou_alice"] })).toMatchObject({ code: 0 });
  });
});
