import { afterEach, describe, expect, test } from "vitest";
import { createAppClient } from "../../../../alerts/notify/feishu/app-client.ts";
import { CALL, clientAndFeishu, send, sentBy } from "./app-client-harness.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function start(...given: Parameters<typeof clientAndFeishu>) {
  const started = await clientAndFeishu(...given);
  open.push(started);
  return started;
}

describe("access tokens", () => {
  const tokenRequests = (journal: readonly { readonly request: string }[]) =>
    journal.filter(({ request }) => request.endsWith("/internal")).length;

  test("one is asked for, however many calls begin at once", async () => {
    const { client, feishu } = await start();
    feishu.addChat({ chatId: "oc_2" });
    const to = { type: "chat_id", id: "oc_2" } as const;
    const calls = [send(client), send(client), send(client, { to }), client.warmUp(CALL.signal)];
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
    expect(await client.warmUp(CALL.signal)).toMatchObject(expected);
    expect(await send(client)).toMatchObject(expected);
  });
});
