import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createCustomBot } from "../../../../alerts/notify/feishu/custom-bot.ts";
import type { Notice, Receiver } from "../../../../alerts/notify/receiver.ts";
import { systemTimers } from "../../../../alerts/timers.ts";
import { epochMsOf } from "../../../../core/clock.ts";
import { type FakeCustomBot, startFakeCustomBot } from "../../../fakes/feishu/custom-bot-server.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { SimulatedTime } from "../../simulated-time.ts";
import { incident } from "../incident-fixture.ts";

const SECRET = "only-the-bot-and-we-know";
const fired: Notice = { event: "fired", incident: incident() };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function botAndReceiver(options: { ourSecret?: string; clockOffMs?: number; time?: SimulatedTime } = {}) {
  const time = options.time ?? new SimulatedTime();
  const bot: FakeCustomBot = await startFakeCustomBot({ secret: SECRET, nowMs: () => time.now() });
  open.push(bot);
  const receiver = createCustomBot({
    name: "feishu",
    webhookUrl: bot.webhookUrl,
    secret: options.ourSecret ?? SECRET,
    language: "en",
    publicUrl: undefined,
    clock: { ...time, now: () => epochMsOf(time.now() + (options.clockOffMs ?? 0)), monotonicMs: () => 0 },
    timers: options.time ?? systemTimers,
  });
  return { bot, receiver };
}
const TRACE = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "b7ad6b7169203331" };
const send = (receiver: Receiver) => receiver.send([fired], new AbortController().signal, TRACE);

test("a signed card is taken", async () => {
  const { bot, receiver } = await botAndReceiver();
  expect(await send(receiver)).toEqual({ kind: "sent" });
  expect(bot.accepted).toMatchObject([{ colour: "red", title: "Critical · eth0 on compute-1 is down" }]);
});

test.each([
  ["a wrong secret", { ourSecret: "another" }],
  ["a clock two hours fast", { clockOffMs: 7_200_000 }],
])("%s is told apart from an outage", async (_name, options) => {
  const { bot, receiver } = await botAndReceiver(options);
  const outcome = await send(receiver);
  expect(outcome).toMatchObject({ kind: "misconfigured", reason: expect.stringContaining("19021") });
  expect(bot.accepted).toEqual([]);
});

test.each([
  [{ kind: "http_error", status: 500 } as const, { kind: "retry" }],
  [{ kind: "http_error", status: 503, retryAfterSeconds: 9 } as const, { kind: "retry", afterMs: 9_000 }],
  [{ kind: "code", code: 11232 } as const, { kind: "retry", afterMs: 10_000 }],
  [{ kind: "down" } as const, { kind: "retry", reason: expect.stringContaining("cannot reach 127.0.0.1") }],
])("when the bot is %j the outcome says so", async (behaviour, expected) => {
  const { bot, receiver } = await botAndReceiver();
  bot.behave(behaviour);
  expect(await send(receiver)).toMatchObject(expected);
});

test("the sixth message within a second is refused by the bot and comes back later", async () => {
  const { receiver } = await botAndReceiver();
  for (let i = 0; i < 5; i++) expect(await send(receiver)).toEqual({ kind: "sent" });
  expect(await send(receiver)).toMatchObject({ kind: "retry", reason: expect.stringContaining("11232") });
});

test("an answer that does not come is not waited for longer than 10 s", async () => {
  const time = new SimulatedTime();
  const { bot, receiver } = await botAndReceiver({ time });
  bot.behave({ kind: "silent" });
  const sending = send(receiver);
  await eventually(() => bot.accepted.length === 1);
  await time.advance(10_000);
  expect(await sending).toMatchObject({ kind: "retry", reason: "no answer within 10 s" });
});

test("a request under way ends with its signal", async () => {
  const { bot, receiver } = await botAndReceiver();
  bot.behave({ kind: "silent" });
  const stop = new AbortController();
  const sending = receiver.send([fired], stop.signal, TRACE);
  await eventually(() => bot.accepted.length === 1);
  stop.abort();
  expect((await sending).kind).toBe("retry");
});

test("a redirect is not followed: the token stays with whom it was meant for", async () => {
  let followed = 0;
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/elsewhere")) followed += 1;
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { receiver } = await botAndReceiver();
  expect(receiver.name).toBe("feishu");
  const redirected = createCustomBot({
    name: "feishu",
    webhookUrl: `http://127.0.0.1:${port}/hook/token`,
    secret: undefined,
    language: "zh",
    publicUrl: undefined,
    clock: new SimulatedTime(),
    timers: systemTimers,
  });
  expect((await send(redirected)).kind).toBe("misconfigured");
  expect(followed).toBe(0);
});

test.each(["page", "page.example:8642", "javascript:alert(1)"])("%s is no address for links in cards", (publicUrl) => {
  const webhookUrl = "https://open.feishu.cn/open-apis/bot/v2/hook/token";
  const clock = new SimulatedTime();
  const options = { name: "f", webhookUrl, secret: SECRET, language: "en", clock, timers: systemTimers } as const;
  expect(() => createCustomBot({ ...options, publicUrl })).toThrow(expect.objectContaining({ code: "config.invalid" }));
});

describe("secrets stay secret", () => {
  const options = { name: "f", secret: SECRET, language: "en", publicUrl: undefined, timers: systemTimers } as const;
  test.each([
    "https://open.feishu.cn/open-apis/bot/v2/secret-token",
    "http://open.feishu.cn/open-apis/bot/v2/hook/secret-token",
    "ftp://x/hook/secret-token",
    "secret-token",
  ])("an address that is not a webhook is refused without repeating it: %s", (webhookUrl) => {
    const create = () => createCustomBot({ ...options, webhookUrl, clock: new SimulatedTime() });
    expect(create).toThrow(expect.objectContaining({ code: "config.invalid" }));
    expect(create).toThrow(expect.not.objectContaining({ message: expect.stringContaining("secret-token") }));
  });

  test("no outcome holds the token or the secret", async () => {
    const { bot, receiver } = await botAndReceiver({ ourSecret: "another" });
    const outcomes: unknown[] = [await send(receiver)];
    for (const behaviour of [
      { kind: "down" },
      { kind: "http_error", status: 404 },
      { kind: "code", code: 9499 },
    ] as const) {
      bot.behave(behaviour);
      outcomes.push(await send(receiver));
    }
    expect(outcomes.length).toBe(4);
    expect(JSON.stringify(outcomes)).not.toMatch(/fake-token|only-the-bot|another/);
  });
});
