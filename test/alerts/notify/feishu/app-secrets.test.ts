import { afterEach, describe, expect, test } from "vitest";
import type { Call, FeishuApp } from "../../../../alerts/notify/feishu/app-port.ts";
import { createSdkLogger } from "../../../../alerts/notify/feishu/sdk-log.ts";
import { silentLog } from "../../../../core/log.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import type { ConnectionFailure } from "../../../fakes/feishu/long-connection-server.ts";
import type { Behaviour } from "../../../fakes/feishu/loopback-server.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { clientAndFeishu, IMPATIENT, sentBy, TRACE } from "./app-client-harness.ts";

// The SDK logs whole requests when they fail: with the app's secret, and with the token of every other call.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
type Started = Awaited<ReturnType<typeof clientAndFeishu>>;
async function start(...given: Parameters<typeof clientAndFeishu>): Promise<Started> {
  const started = await clientAndFeishu(...given);
  open.push(started);
  return started;
}

const call: Call = { signal: new AbortController().signal, trace: TRACE };
/** Every kind of call, each as somebody who has a secret to lose: the token of a click is one. */
async function everyCall(client: FeishuApp): Promise<unknown[]> {
  const card = sharedCard();
  return [
    await client.warmUp(call.signal),
    await client.sendCard({ to: { type: "chat_id", id: "oc_ops" }, card, uuid: "u" }, call),
    await client.patchCard({ messageId: "om_00000001", card }, call),
    await client.reply({ messageId: "om_1", content: { kind: "text", text: "t" }, inThread: false, uuid: "r" }, call),
    await client.urgent({ messageId: "om_1", kind: "sms", openIds: ["ou_alice"] }, call),
    await client.updateClicked({ token: "c-secret-of-a-click", card }, call),
  ];
}
/** The forms of the emulator's secrets: the app's, access tokens, tokens of clicks, tickets of connections. */
const SECRET = /app-secret-0123|another-secret|t-[0-9a-f]{36}|c-secret|c-card_|ticket=[0-9a-f]|access_key=[0-9a-f]/;
function expectNoSecret({ lines }: Started, outcomes: unknown[]): void {
  for (const text of [...lines, ...outcomes.map((one) => JSON.stringify(one))]) expect(text).not.toMatch(SECRET);
}

const FAILURES: readonly Behaviour[] = [
  { kind: "down" },
  { kind: "http_error", status: 500 },
  { kind: "http_error", status: 403 },
  { kind: "code", code: 99991663 },
  { kind: "code", code: 230001, msg: "app-secret-0123456789 is not wanted here" },
  { kind: "code", code: 0 },
];

describe("no secret is in a log or an outcome", () => {
  test.each(FAILURES)("before there is a token: %j", async (behaviour) => {
    const started = await start();
    started.feishu.behave(behaviour);
    expectNoSecret(started, await everyCall(started.client));
  });

  test.each(FAILURES)("with a token in every request: %j", async (behaviour) => {
    const started = await start();
    const first = await everyCall(started.client);
    started.feishu.behave(behaviour);
    const outcomes = await everyCall(started.client);
    expect(outcomes.slice(1).filter((outcome) => JSON.stringify(outcome).includes('"done"')).length).toBeLessThan(5);
    expectNoSecret(started, [...first, ...outcomes]);
  });

  test("when the secret is wrong", async () => {
    const started = await start({ client: () => ({ appSecret: "another-secret-0123" }) });
    expectNoSecret(started, await everyCall(started.client));
  });

  test("when a request is broken off", async () => {
    const started = await start();
    await started.client.warmUp(call.signal);
    started.feishu.behave({ kind: "silent" });
    const stop = new AbortController();
    const to = { type: "chat_id", id: "oc_ops" } as const;
    const sending = started.client.sendCard({ to, card: sharedCard(), uuid: "u" }, { ...call, signal: stop.signal });
    await eventually(() => started.feishu.messages.length === 1);
    stop.abort();
    expectNoSecret(started, [await sending]);
  });

  test.each<ConnectionFailure>([
    { kind: "endpoint", code: 514, msg: "app_secret app-secret-0123456789 is invalid" },
    { kind: "endpoint", code: 1, msg: "busy" },
    { kind: "handshake" },
    { kind: "deaf" },
  ])("of the long connection: %j", async (failure) => {
    // Who waits for pings as briefly as that may lose a click on a busy machine.
    const isDeaf = failure.kind === "deaf";
    const started = await start({ client: () => (isDeaf ? { patience: IMPATIENT } : {}) });
    const { client, feishu, lines } = started;
    const connection = client.connect(async ({ token }) => Promise.reject(new Error(`failed with ${token}`)));
    await eventually(() => connection.status().state === "connected");
    if (!isDeaf) {
      const { messageId } = await sentBy(client);
      await feishu.longConnection.deliver(feishu.callbacks.click({ messageId, value: {} }));
    }
    feishu.longConnection.fail(failure);
    const before = lines.length;
    if (!isDeaf) feishu.longConnection.drop();
    await eventually(() => lines.length > before);
    expectNoSecret(started, [connection.status(), ...(await everyCall(client))]);
    feishu.behave({ kind: "down" });
    feishu.longConnection.drop();
    await eventually(() => connection.status().state === "failed");
    expectNoSecret(started, [connection.status()]);
  });
});

describe("what the SDK says comes through", () => {
  const said = (...message: unknown[]) => {
    const told: string[] = [];
    const log = { ...silentLog, warn: (fields: object) => told.push(JSON.stringify(fields)) };
    createSdkLogger(log, { secrets: ["the-secret"] }).error(...message);
    return told[0];
  };

  test.each<[unknown[], string]>([
    [[["[ws]", "code: 514, bad"]], "[ws] code: 514, bad"],
    [[[new Error("connect ECONNREFUSED 10.0.0.1:443")]], "connect ECONNREFUSED 10.0.0.1:443"],
    [[[{ config: { data: "the-secret" } }]], ""],
    [[["a the-secret b"]], "a *** b"],
    [[["Authorization: Bearer t-0123456789abcdef"]], "Authorization: Bearer ***"],
    [[["wss://msg.feishu.cn/ws/v2?ticket=abc&access_key=def failed"]], "wss://msg.feishu.cn/ws/v2?*** failed"],
    [[["x".repeat(400)]], "x".repeat(300)],
  ])("%j as %j", (message, detail) => {
    expect(said(...message)).toBe(JSON.stringify({ detail }));
  });

  test("what it says while all is well does not: it has what was received in it", () => {
    const told: object[] = [];
    const say = (fields: object) => void told.push(fields);
    const logger = createSdkLogger({ ...silentLog, debug: say, info: say }, { secrets: [] });
    logger.debug("get connect config success");
    logger.trace("receive message");
    logger.info("client ready");
    expect(told).toEqual([{ detail: "client ready" }]);
  });
});
