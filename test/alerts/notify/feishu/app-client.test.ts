import { afterEach, describe, expect, test } from "vitest";
import { createAppClient } from "../../../../alerts/notify/feishu/app-client.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import { CALL, clientAndFeishu, send, sentBy, TRACE } from "./app-client-harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(...given: Parameters<typeof clientAndFeishu>) {
  const started = await clientAndFeishu(...given);
  open.push(started);
  return started;
}

describe("what it does", () => {
  test("a card is sent, changed in place, answered, made urgent, without one violation", async () => {
    const { client, feishu } = await start();
    const { messageId, chatId, threadId } = await sentBy(client);
    expect([chatId, threadId]).toEqual(["oc_ops", undefined]);
    expect(await client.patchCard({ messageId, card: sharedCard("acknowledged") }, CALL)).toEqual({
      kind: "done",
      value: undefined,
    });
    const text = { kind: "text", text: "still down" } as const;
    const reply = await client.reply({ messageId, content: text, inThread: true, uuid: "r-1" }, CALL);
    expect(reply).toMatchObject({ kind: "done", value: { chatId: "oc_ops", threadId: expect.any(String) } });
    const card = { kind: "card", card: sharedCard("detail") } as const;
    expect(await client.reply({ messageId, content: card, inThread: false, uuid: "r-2" }, CALL)).toMatchObject({
      kind: "done",
      value: { threadId: undefined },
    });
    for (const kind of ["app", "sms", "phone"] as const) {
      const urgent = await client.urgent({ messageId, kind, openIds: ["ou_alice", "ou_gone"] }, CALL);
      expect(urgent).toEqual({ kind: "done", value: { notReached: ["ou_gone"] } });
    }
    expect(feishu.messages[0]).toMatchObject({
      contents: [sharedCard(), sharedCard("acknowledged")],
      urgents: ["app", "sms", "phone"].map((kind) => ({ kind, userIds: ["ou_alice"] })),
      traceparent: `00-${TRACE.traceId}-${TRACE.spanId}-01`,
    });
    expect(feishu.violations).toEqual([]);
  });

  test("a click changes its card twice; a third time the card has to be patched", async () => {
    const { client, feishu } = await start();
    const { messageId } = await sentBy(client);
    const click = feishu.callbacks.click({ messageId, value: {} });
    feishu.callbacks.judge(click, {});
    const update = (title: string) => client.updateClicked({ token: click.token, card: sharedCard(title) }, CALL);
    expect((await update("a")).kind).toBe("done");
    expect((await update("b")).kind).toBe("done");
    expect(await update("c")).toMatchObject({ kind: "gone", hint: expect.stringContaining("patched") });
    expect(feishu.messages[0]?.contents.length).toBe(3);
  });

  test("one uuid, one message, however often it is sent", async () => {
    const { client, feishu } = await start();
    const outcomes = [await send(client, { uuid: "same" }), await send(client, { uuid: "same" })];
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(feishu.messages.length).toBe(1);
  });
});

describe("refusals are told apart by their code", () => {
  test.each([200, 400] as const)("with HTTP %d alike", async (refusalStatus) => {
    const { client, feishu } = await start({ feishu: { refusalStatus } });
    feishu.addChat({ chatId: "oc_away", botIsIn: false });
    expect(await send(client, { to: { type: "chat_id", id: "oc_away" } })).toMatchObject({
      kind: "misconfigured",
      reason: expect.stringContaining("230002"),
      hint: expect.stringContaining("add the app's bot to the group"),
    });
    expect(await send(client, { to: { type: "chat_id", id: "oc_none" } })).toMatchObject({
      kind: "misconfigured",
      hint: expect.stringContaining("oc_"),
    });
    expect(await send(client, { card: { ...sharedCard(), elements: [] } })).toMatchObject({
      kind: "rejected",
      reason: expect.stringContaining("230099"),
    });
    const { messageId } = await sentBy(client);
    const patch = (id: string) => client.patchCard({ messageId: id, card: sharedCard() }, CALL);
    expect(await patch("om_none")).toMatchObject({ kind: "gone" });
    expect(await patch("../../auth")).toMatchObject({ kind: "gone" });
    expect(await patch(feishu.messageOfAnother("oc_ops").messageId)).toMatchObject({ kind: "gone" });
    for (let i = 0; i < 5; i++) expect((await patch(messageId)).kind).toBe("done");
    expect(await patch(messageId)).toMatchObject({ kind: "retry", afterMs: 1_000 });
  });

  test.each([429, 400] as const)("too many requests, HTTP %d: as long as Feishu asks for", async (rateLimitStatus) => {
    const { client, feishu, time } = await start({ feishu: { rateLimitStatus } });
    const sendTo = (id: string) => {
      feishu.addChat({ chatId: id });
      return send(client, { to: { type: "chat_id", id } });
    };
    for (let i = 0; i < 50; i++) expect((await sendTo(`oc_${i}`)).kind).toBe("done");
    const refused = { kind: "retry", afterMs: 1_000, hint: expect.stringContaining("50 requests a second") };
    expect(await sendTo("oc_last")).toMatchObject(refused);
    await time.advance(1_000);
    expect((await sendTo("oc_last")).kind).toBe("done");
  });

  test("more than five a second in one chat", async () => {
    const { client, time } = await start();
    for (let i = 0; i < 5; i++) expect((await send(client)).kind).toBe("done");
    const outcome = await send(client);
    expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringContaining("230020"), afterMs: 1_000 });
    await time.advance(1_000);
    expect((await send(client)).kind).toBe("done");
  });

  test("a scope that was not granted", async () => {
    const { client } = await start({ feishu: { scopes: ["im:message"] } });
    const { messageId } = await sentBy(client);
    const outcome = await client.urgent({ messageId, kind: "phone", openIds: ["ou_alice"] }, CALL);
    expect(outcome).toMatchObject({
      kind: "misconfigured",
      reason: expect.stringContaining("im:message.urgent:phone"),
    });
  });

  test("a card of more than 30 KB is not even sent", async () => {
    const { client, feishu } = await start();
    const card = sharedCard("t", { elements: [{ tag: "markdown", content: "网".repeat(10_300) }] });
    expect(await send(client, { card })).toMatchObject({ kind: "rejected", hint: expect.stringContaining("shorten") });
    expect(feishu.journal).toEqual([]);
  });
});

test.each([
  ["an id the SDK would never connect with", { appId: "cli_short" }],
  ["an empty secret", { appSecret: "" }],
  ["a domain without TLS", { domain: "http://open.feishu.cn" }],
  ["a domain with a path", { domain: "https://open.feishu.cn/" }],
  ["no domain", { domain: "feishu" }],
])("%s is refused at once", async (_name, change) => {
  const { options } = await start();
  const create = () => createAppClient({ ...options, ...change });
  expect(create).toThrow(expect.objectContaining({ code: "config.invalid" }));
});
