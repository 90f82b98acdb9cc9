import { afterEach, describe, expect, test } from "vitest";
import { createAppClient } from "../../../../alerts/notify/feishu/app-client.ts";
import type { Call, FeishuApp } from "../../../../alerts/notify/feishu/app-port.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { clientAndFeishu, TRACE } from "./app-client-harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(...given: Parameters<typeof clientAndFeishu>) {
  const started = await clientAndFeishu(...given);
  open.push(started);
  return started;
}

const call: Call = { signal: new AbortController().signal, trace: TRACE };
const OPS = { type: "chat_id", id: "oc_ops" } as const;
let sends = 0;
const send = (client: FeishuApp, more: object = {}) =>
  client.sendCard({ to: OPS, card: sharedCard(), uuid: `uuid-${sends++}`, ...more }, call);
async function sentBy(client: FeishuApp) {
  const outcome = await send(client);
  if (outcome.kind !== "done") throw new Error(outcome.reason);
  return outcome.value;
}

describe("what it does", () => {
  test("a card is sent, changed in place, answered, made urgent, without one violation", async () => {
    const { client, feishu } = await start();
    const { messageId, chatId, threadId } = await sentBy(client);
    expect([chatId, threadId]).toEqual(["oc_ops", undefined]);
    expect(await client.patchCard({ messageId, card: sharedCard("acknowledged") }, call)).toEqual({
      kind: "done",
      value: undefined,
    });
    const text = { kind: "text", text: "still down" } as const;
    const reply = await client.reply({ messageId, content: text, inThread: true, uuid: "r-1" }, call);
    expect(reply).toMatchObject({ kind: "done", value: { chatId: "oc_ops", threadId: expect.any(String) } });
    const card = { kind: "card", card: sharedCard("detail") } as const;
    expect(await client.reply({ messageId, content: card, inThread: false, uuid: "r-2" }, call)).toMatchObject({
      kind: "done",
      value: { threadId: undefined },
    });
    for (const kind of ["app", "sms", "phone"] as const) {
      const urgent = await client.urgent({ messageId, kind, openIds: ["ou_alice", "ou_gone"] }, call);
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
    const update = (title: string) => client.updateClicked({ token: click.token, card: sharedCard(title) }, call);
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

describe("access tokens", () => {
  const tokenRequests = (journal: readonly { readonly request: string }[]) =>
    journal.filter(({ request }) => request.endsWith("/internal")).length;

  test("one is asked for, however many calls begin at once", async () => {
    const { client, feishu } = await start();
    feishu.addChat({ chatId: "oc_2" });
    const to = { type: "chat_id", id: "oc_2" } as const;
    const calls = [send(client), send(client), send(client, { to }), client.warmUp(call.signal)];
    expect((await Promise.all(calls)).map(({ kind }) => kind)).toEqual(["done", "done", "done", "done"]);
    expect(tokenRequests(feishu.journal)).toBe(1);
  });

  test("it is renewed three minutes before its end, so that Feishu never sees an old one", async () => {
    const { client, feishu, time } = await start();
    await sentBy(client);
    await time.advance(7_200_000 - 180_001);
    await sentBy(client);
    expect(tokenRequests(feishu.journal)).toBe(1);
    await time.advance(1);
    await sentBy(client);
    expect(tokenRequests(feishu.journal)).toBe(2);
    expect(feishu.violations).toEqual([]);
  });

  test("a void one is replaced once for all who have it, and the message goes out", async () => {
    const { client, feishu } = await start();
    await sentBy(client);
    feishu.revokeTokens();
    const outcomes = await Promise.all([send(client), send(client), send(client)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
    expect(tokenRequests(feishu.journal)).toBe(2);
    expect(feishu.messages.length).toBe(4);
  });

  test("one that Feishu never takes is asked for twice, not for ever", async () => {
    const { client, feishu } = await start();
    await sentBy(client);
    feishu.behave({ kind: "code", code: 99991663 });
    expect(await send(client)).toMatchObject({ kind: "retry", reason: expect.stringContaining("99991663") });
    expect(feishu.journal.length).toBeLessThanOrEqual(5);
  });

  test("two clients of one app in one process have each their own, also at another domain", async () => {
    const [one, other] = [await start(), await start()];
    await sentBy(one.client);
    await sentBy(other.client);
    const stranger = createAppClient({ ...other.options, appSecret: "another-secret-0123" });
    expect(await send(stranger)).toMatchObject({ kind: "misconfigured" });
    expect([one, other].map(({ feishu }) => feishu.violations)).toEqual([[], []]);
  });

  test.each([
    ["secret", { appSecret: "another-secret-0123" }, "10014"],
    ["id", { appId: "cli_ffffffffffffffff" }, "10003"],
  ])("a wrong %s shows before the first alert", async (_what, change, code) => {
    const { client } = await start({ client: () => change });
    const expected = {
      kind: "misconfigured",
      reason: expect.stringContaining(code),
      hint: expect.stringContaining("app id"),
    };
    expect(await client.warmUp(call.signal)).toMatchObject(expected);
    expect(await send(client)).toMatchObject(expected);
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
    const patch = (id: string) => client.patchCard({ messageId: id, card: sharedCard() }, call);
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
    for (let i = 0; i < 1_000; i++) {
      if (i % 5 === 0) await time.advance(100);
      expect((await sendTo(`oc_${Math.floor(i / 5)}`)).kind).toBe("done");
    }
    await time.advance(5_000);
    expect(await sendTo("oc_last")).toMatchObject({
      kind: "retry",
      afterMs: 36_000,
      hint: expect.stringContaining("1,000"),
    });
    await time.advance(36_000);
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
    const outcome = await client.urgent({ messageId, kind: "phone", openIds: ["ou_alice"] }, call);
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
    expect(await client.warmUp(call.signal)).toMatchObject(expected);
    feishu.behave({ kind: "well" });
    await sentBy(client);
    feishu.behave(behaviour);
    expect(await send(client)).toMatchObject(expected);
  });

  test("an answer that does not come is not waited for longer than 10 s, for a token or a message", async () => {
    const { client, feishu, time } = await start({ client: (_feishu, own) => ({ timers: own }) });
    await client.warmUp(call.signal);
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
    const stopped = client.sendCard({ to: OPS, card: sharedCard(), uuid: "s" }, { ...call, signal: stop.signal });
    const other = send(client);
    stop.abort();
    expect((await stopped).kind).toBe("retry");
    feishu.behave({ kind: "well" });
    expect((await other).kind).toBe("done");
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
