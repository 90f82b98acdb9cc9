import { afterEach, beforeEach, expect, test } from "vitest";
import { signFeishu } from "../../../alerts/notify/feishu/sign.ts";
import { type FakeCustomBot, startFakeCustomBot } from "./custom-bot-server.ts";

// A fake that takes everything would prove nothing: these are the refusals Feishu documents.

const NOW_MS = 1_600_000_000_000;
let nowMs = NOW_MS;
let bot: FakeCustomBot;
beforeEach(async () => {
  nowMs = NOW_MS;
  bot = await startFakeCustomBot({ secret: "s", nowMs: () => nowMs });
});
afterEach(() => bot.close());

const title = { tag: "plain_text", content: "t" };
const CARD = { header: { template: "red", title }, elements: [{ tag: "hr" }] };
function message(changes: object = {}, timestamp = String(NOW_MS / 1_000)) {
  return { timestamp, sign: signFeishu(timestamp, "s"), msg_type: "interactive", card: CARD, ...changes };
}
async function codeOf(body: unknown, init: RequestInit = {}, url = bot.webhookUrl): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
  expect(response.status).toBe(200);
  const answer: unknown = await response.json();
  return (answer as { code: number }).code;
}

test.each([
  ["a good message", message(), 0],
  ["no signature", message({ sign: undefined }), 19021],
  ["a signature of another secret", message({ sign: signFeishu(String(NOW_MS / 1_000), "other") }), 19021],
  ["a timestamp an hour and a second old", message({}, String(NOW_MS / 1_000 - 3_601)), 19021],
  ["a timestamp in milliseconds", message({}, String(NOW_MS)), 19021],
  ["no msg_type", message({ msg_type: undefined }), 19002],
  ["no card", message({ card: undefined }), 9499],
  ["a property nobody knows", message({ at: "all" }), 9499],
  ["text that is not JSON", "{", 9499],
  [
    "more than 20 KB",
    message({ card: { ...CARD, elements: [{ tag: "markdown", content: "x".repeat(21_000) }] } }),
    9499,
  ],
])("%s is answered with %j", async (_name, body, code) => {
  expect(await codeOf(body)).toBe(code);
  expect(bot.accepted.length).toBe(code === 0 ? 1 : 0);
});

test("another method, content type or token is refused", async () => {
  expect(await codeOf(message(), { method: "PUT" })).toBe(19001);
  expect(await codeOf(message(), { headers: { "content-type": "text/plain" } })).toBe(9499);
  expect(await codeOf(message(), {}, `${bot.webhookUrl}x`)).toBe(19001);
});

test("more than 5 a second or 100 a minute are refused", async () => {
  for (let i = 0; i < 5; i++) expect(await codeOf(message())).toBe(0);
  expect(await codeOf(message())).toBe(11232);
  nowMs += 1_000;
  for (let i = 5; i < 100; i++) {
    nowMs += 300;
    expect(await codeOf(message())).toBe(0);
  }
  nowMs += 1_000;
  expect(await codeOf(message())).toBe(11232);
  nowMs = NOW_MS + 61_000;
  expect(await codeOf(message())).toBe(0);
});
