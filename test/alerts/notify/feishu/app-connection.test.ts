import { afterEach, describe, expect, test } from "vitest";
import type { LongConnection } from "../../../../alerts/notify/feishu/app-port.ts";
import type { CallbackAnswer, CardAction } from "../../../../alerts/notify/feishu/card-action.ts";
import { sharedCard } from "../../../fakes/feishu/app-caller.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { clientAndFeishu, IMPATIENT, TRACE } from "./app-client-harness.ts";

// The SDK's WSClient against the emulator's long connection.

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

type Hear = (action: CardAction) => Promise<CallbackAnswer>;
const NOTHING: Hear = async () => ({});

async function connected(hear: Hear = NOTHING, given: Parameters<typeof clientAndFeishu>[0] = {}) {
  const started = await clientAndFeishu(given);
  open.push(started);
  const { client, feishu } = started;
  const call = { signal: new AbortController().signal, trace: TRACE };
  const to = { type: "chat_id", id: "oc_ops" } as const;
  const sent = await client.sendCard({ to, card: sharedCard(), uuid: "one" }, call);
  if (sent.kind !== "done") throw new Error(sent.reason);
  const connection = client.connect(hear);
  const click = (value: object = { do: "acknowledge" }) =>
    feishu.callbacks.click({ messageId: sent.value.messageId, value });
  return { ...started, connection, click, messageId: sent.value.messageId };
}
const isIn = (connection: LongConnection, state: string) => eventually(() => connection.status().state === state);

describe("clicks", () => {
  test("are heard with everything they carry, and answered with a toast and a new card", async () => {
    const heard: CardAction[] = [];
    const answer: CallbackAnswer = {
      toast: { type: "success", content: "Acknowledged" },
      card: { type: "raw", data: sharedCard("acknowledged") },
    };
    const { feishu, connection, click, messageId } = await connected(async (action) => {
      heard.push(action);
      return answer;
    });
    await isIn(connection, "connected");
    const callback = click({ do: "acknowledge", incident: "网卡-1" });
    const verdict = feishu.callbacks.judge(callback, await feishu.longConnection.deliver(callback));
    expect(verdict).toEqual({ kind: "answered", toast: "Acknowledged", cardChanged: true });
    expect(heard).toEqual([
      {
        eventId: callback.eventId,
        messageId,
        chatId: "oc_ops",
        operator: { openId: "ou_alice", userId: "alice" },
        value: { do: "acknowledge", incident: "网卡-1" },
        token: callback.token,
      },
    ]);
    expect(feishu.messages[0]?.contents.at(-1)).toEqual(sharedCard("acknowledged"));
    expect(feishu.violations).toEqual([]);
  });

  test("an answer without anything to show is an answer", async () => {
    const { feishu, connection, click } = await connected();
    await isIn(connection, "connected");
    const callback = click();
    expect(feishu.callbacks.judge(callback, await feishu.longConnection.deliver(callback)).kind).toBe("answered");
  });

  test("in several pieces are one", async () => {
    const heard: string[] = [];
    const { feishu, connection, click } = await connected(async ({ value }) => {
      heard.push(String(value.text));
      return {};
    });
    await isIn(connection, "connected");
    const callback = click({ text: "虚拟机".repeat(50) });
    await feishu.longConnection.deliver(callback, { pieces: 7 });
    expect(heard).toEqual(["虚拟机".repeat(50)]);
  });

  test("told twice are heard once, and answered twice", async () => {
    let heard = 0;
    const { feishu, connection, click } = await connected(async () => {
      heard += 1;
      return { toast: { type: "success", content: "ok" } };
    });
    await isIn(connection, "connected");
    const callback = click();
    expect(await feishu.longConnection.deliver(callback)).toMatchObject({ toast: { content: "ok" } });
    expect(await feishu.longConnection.deliver(callback)).toEqual({});
    expect(heard).toBe(1);
  });

  test("of a handler that throws end in a toast, and in the log", async () => {
    const { feishu, connection, click, lines } = await connected(async () => {
      throw new Error("no such incident");
    });
    await isIn(connection, "connected");
    expect(await feishu.longConnection.deliver(click())).toMatchObject({ toast: { type: "error" } });
    expect(lines.join("\n")).toContain("no such incident");
    expect(connection.status().state).toBe("connected");
  });

  test("of a handler that is late get a toast in time, and the handler goes on to its end", async () => {
    let finish = () => {};
    let finished = false;
    const slow: Hear = async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished = true;
      return {};
    };
    const { feishu, connection, click, time } = await connected(slow, { client: (_feishu, own) => ({ timers: own }) });
    await isIn(connection, "connected");
    const callback = click();
    const answering = feishu.longConnection.deliver(callback);
    await eventually(() => time.pendingTimers > 0);
    await time.advance(2_500);
    const verdict = feishu.callbacks.judge(callback, await answering);
    expect(verdict).toMatchObject({ kind: "answered", toast: expect.stringContaining("longer") });
    const stopping = connection.stop();
    expect(finished).toBe(false);
    finish();
    await stopping;
    expect(finished).toBe(true);
  });

  test("for another app, or not understood, run nothing", async () => {
    let heard = 0;
    const { feishu, connection, click, lines } = await connected(async () => {
      heard += 1;
      return {};
    });
    await isIn(connection, "connected");
    const { payload, ...callback } = click();
    const stranger = structuredClone(payload) as { header: { app_id: string } };
    stranger.header.app_id = "cli_another000000000";
    expect(await feishu.longConnection.deliver({ ...callback, payload: stranger })).toEqual({});
    expect(heard).toBe(0);
    expect(lines.join("\n")).toContain("not understood");
  });

  test("of the old subscription are dropped by the SDK: the new one has to be chosen", async () => {
    const heard: string[] = [];
    const { feishu, connection, click } = await connected(async ({ eventId }) => {
      heard.push(eventId);
      return {};
    });
    await isIn(connection, "connected");
    const [old, current] = [click(), click()];
    let oldAnswered = false;
    const wait = feishu.longConnection.deliver(old, { frameType: "card" }).then(() => {
      oldAnswered = true;
    });
    wait.catch(() => {});
    await feishu.longConnection.deliver(current);
    expect([heard, oldAnswered]).toEqual([[current.eventId], false]);
  });
});

describe("the connection", () => {
  test("comes back after Feishu ended it, with a ticket of its own", async () => {
    const { feishu, connection, click } = await connected();
    await isIn(connection, "connected");
    feishu.longConnection.fail({ kind: "handshake" });
    feishu.longConnection.drop();
    await isIn(connection, "reconnecting");
    feishu.longConnection.fail(undefined);
    await isIn(connection, "connected");
    await eventually(() => feishu.longConnection.opened >= 2 && feishu.longConnection.connections === 1);
    expect(await feishu.longConnection.deliver(click())).toEqual({});
    expect(feishu.violations).toEqual([]);
  });

  test("that is silently dead is noticed by its pings, and opened anew", async () => {
    const { feishu, connection } = await connected(NOTHING, { client: () => ({ patience: IMPATIENT }) });
    await isIn(connection, "connected");
    feishu.longConnection.fail({ kind: "deaf" });
    await eventually(() => feishu.longConnection.opened >= 2);
    feishu.longConnection.fail(undefined);
    await isIn(connection, "connected");
  });

  test("that Feishu refuses at the door is tried again until it opens", async () => {
    const { feishu, connection } = await connected();
    feishu.longConnection.fail({ kind: "handshake" });
    await eventually(() => connection.status().lastError !== undefined);
    feishu.longConnection.fail(undefined);
    await isIn(connection, "connected");
    expect(connection.status().lastError).toBeUndefined();
  });

  test("to a door where nobody says anything is tried again", async () => {
    const { feishu, connection } = await connected(NOTHING, { client: () => ({ patience: IMPATIENT }) });
    await isIn(connection, "connected");
    feishu.longConnection.fail({ kind: "mute" });
    feishu.longConnection.drop();
    await eventually(() => connection.status().lastError?.includes("handshake timeout"));
    feishu.longConnection.fail(undefined);
    await isIn(connection, "connected");
  });

  test.each([
    [{ code: 514, msg: "app_secret is invalid" }, "compare app id and secret"],
    [{ code: 1_000_040_350, msg: "exceeded" }, "50 connections"],
    [{ code: 1, msg: "system busy" }, undefined],
  ])("refused with %j it says why, and comes back by itself: the SDK would give up for ever", async (refusal, hint) => {
    const { feishu, connection } = await connected();
    await isIn(connection, "connected");
    feishu.longConnection.fail({ kind: "endpoint", ...refusal });
    feishu.longConnection.drop();
    await isIn(connection, "failed");
    expect(connection.status().lastError).toContain(String(refusal.code));
    if (hint === undefined) expect(connection.status().hint).toBeUndefined();
    else expect(connection.status().hint).toContain(hint);
    feishu.longConnection.fail(undefined);
    await isIn(connection, "connected");
  });

  test("to a Feishu that is not there fails, and opens when it is", async () => {
    const { feishu, connection } = await connected();
    await isIn(connection, "connected");
    feishu.behave({ kind: "down" });
    feishu.longConnection.drop();
    await isIn(connection, "failed");
    expect(connection.status()).toMatchObject({
      lastError: expect.stringMatching(/cannot reach 127\.0\.0\.1:\d+/),
      hint: expect.stringContaining("reaches"),
    });
    feishu.behave({ kind: "well" });
    await isIn(connection, "connected");
  });

  test("is closed when stopped, also before it was open, and stays closed", async () => {
    const { feishu, connection, client } = await connected();
    await isIn(connection, "connected");
    await connection.stop();
    await eventually(() => feishu.longConnection.connections === 0);
    expect(connection.status().state).toBe("stopped");
    const early = client.connect(NOTHING);
    await early.stop();
    const late = client.connect(NOTHING);
    await isIn(late, "connected");
    await eventually(() => feishu.longConnection.connections === 1);
    expect([connection, early].map((one) => one.status().state)).toEqual(["stopped", "stopped"]);
  });

  test("ends with the life of the client", async () => {
    const { feishu, connection, life } = await connected();
    await isIn(connection, "connected");
    life.abort();
    await eventually(() => feishu.longConnection.connections === 0);
    expect(connection.status().state).toBe("stopped");
  });
});
