import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FakeCustomBot } from "../fakes/feishu/custom-bot-server.ts";
import { eventually } from "../fixtures/eventually.ts";
import { INTERVAL_MS, Workshop } from "./harness.ts";
import { advanceUntil } from "./simulated-time.ts";

const RULES = `
groups:
- name: g
  rules:
  - alert: TableFull
    expr: table_count / table_max > 0.9
    for: 1m
    labels: {severity: critical}
    annotations:
      summary: "Table of {{ $labels.host }} is {{ $value | humanizePercentage }} full"
      summary_zh: "{{ $labels.host }} 的表已用 {{ $value | humanizePercentage }}"
      description: "Look who opens connections."
    nephoscope: {no_data: keep}
`;

let workshop: Workshop;
let bot: FakeCustomBot;
beforeEach(async () => {
  workshop = new Workshop(RULES);
  bot = await workshop.bot();
});
afterEach(() => workshop.end());

async function fill(hosts: readonly string[], ratio: number): Promise<void> {
  for (const host of hosts) {
    await workshop.feed("table_count", { host, cluster: "c" }, ratio * 1_000);
    await workshop.feed("table_max", { host, cluster: "c" }, 1_000);
  }
}
/** Breaching long enough to fire. */
async function breach(hosts: readonly string[]): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await fill(hosts, 0.95);
    await workshop.time.advance(INTERVAL_MS);
  }
}
const untilAccepted = (count: number) =>
  advanceUntil(workshop.time, () => bot.accepted.length >= count, `${count} messages are accepted`);

test("a breach becomes a red card, its end a green one, and the incident shows both as sent", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  let changes = 0;
  alerts.onChange(() => {
    changes += 1;
  });
  await breach(["c-1"]);
  await untilAccepted(1);
  await fill(["c-1"], 0.5);
  await workshop.time.advance(INTERVAL_MS);
  await untilAccepted(2);
  expect(bot.accepted.map(({ colour, title }) => [colour, title])).toEqual([
    ["red", "Critical · Table of c-1 is 95% full"],
    ["green", "Resolved · Table of c-1 is 95% full"],
  ]);
  expect(bot.accepted[0]?.text).toContain("host c-1, cluster c");
  await eventually(() => alerts.incidents()[0]?.notifications.every(({ state }) => state === "sent") === true);
  expect(alerts.incidents()).toMatchObject([
    {
      state: "resolved",
      severity: "critical",
      resolved_because: "recovered",
      cluster: "c",
      notifications: [
        { receiver: "feishu", event: "fired", state: "sent", attempts: 1 },
        { receiver: "feishu", event: "resolved", state: "sent", attempts: 1 },
      ],
    },
  ]);
  expect(changes).toBeGreaterThan(0);
});

test("the card is in the language of the receiver", async () => {
  await workshop.start({ receivers: [workshop.receiverFor(bot, "zh")] });
  await breach(["c-1"]);
  await untilAccepted(1);
  expect(bot.accepted[0]?.title).toBe("严重 · c-1 的表已用 95%");
});

test("while Feishu is down nothing is lost, the trouble shows, and order is kept when it is back", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  bot.behave({ kind: "down" });
  await breach(["c-1"]);
  await eventually(() => alerts.status().receivers[0]?.state === "degraded");
  expect(alerts.incidents()[0]?.notifications).toMatchObject([{ state: "waiting", last_error: expect.any(String) }]);
  await fill(["c-1"], 0.5);
  await workshop.time.advance(INTERVAL_MS);
  expect(alerts.status().receivers).toMatchObject([{ waiting: 2, lastError: expect.stringContaining("cannot reach") }]);
  bot.behave({ kind: "well" });
  await untilAccepted(2);
  expect(bot.accepted.map(({ colour }) => colour)).toEqual(["red", "green"]);
  await eventually(() => alerts.status().receivers[0]?.state === "ok");
});

test("a receiver that asks to wait is not asked again before", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  bot.behave({ kind: "http_error", status: 503, retryAfterSeconds: 120 });
  await breach(["c-1"]);
  await eventually(() => bot.answers.length === 1);
  bot.behave({ kind: "well" });
  await untilAccepted(1);
  const askedAt = alerts.incidents()[0]?.started_at ?? Number.NaN;
  expect((bot.accepted[0]?.atMs ?? 0) - askedAt).toBeGreaterThanOrEqual(120_000);
});

test("a storm leaves as one summary and never breaks the bot's limits", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  const hosts = Array.from({ length: 60 }, (_, i) => `c-${i}`);
  await breach(hosts);
  await untilAccepted(1);
  await eventually(() => alerts.status().receivers[0]?.waiting === 0);
  expect(bot.accepted.map(({ title }) => title)).toEqual(["60 alerts fired, 0 resolved · Critical 60"]);
  expect(bot.answers.every(({ code }) => code === 0)).toBe(true);
  const sent = alerts.incidents().flatMap(({ notifications }) => notifications.map(({ state }) => state));
  expect(sent).toEqual(Array.from({ length: 60 }, () => "sent"));
});

test("eight alerts at once go out one by one, five in the first second", async () => {
  await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  await breach(Array.from({ length: 8 }, (_, i) => `c-${i}`));
  await untilAccepted(8);
  expect(bot.answers.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => 0));
  const [first, , , , fifth, sixth] = bot.accepted.map(({ atMs }) => atMs);
  expect((fifth ?? 0) - (first ?? 0)).toBeLessThan(1_000);
  expect((sixth ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test("a message the bot calls malformed does not hold up those behind it for long, and shows as given up", async () => {
  const { alerts } = await workshop.start({ receivers: [workshop.receiverFor(bot)] });
  bot.behave({ kind: "code", code: 9499 });
  await breach(["c-1"]);
  const isGivenUp = () => alerts.incidents()[0]?.notifications[0]?.state === "given_up";
  await advanceUntil(workshop.time, isGivenUp, "it is given up");
  expect(alerts.incidents()[0]?.notifications).toMatchObject([
    { attempts: 5, last_error: expect.stringContaining("9499") },
  ]);
  bot.behave({ kind: "well" });
  await fill(["c-1"], 0.5);
  await workshop.time.advance(INTERVAL_MS);
  await untilAccepted(1);
  expect(bot.accepted[0]?.colour).toBe("green");
});

test("without receivers incidents are simply there", async () => {
  const { alerts } = await workshop.start();
  await breach(["c-1"]);
  expect(alerts.incidents()).toMatchObject([{ state: "firing", rule: "TableFull", notifications: [] }]);
});

describe("missing data", () => {
  test("keeps what fires, and recovery is seen when data are back", async () => {
    const { alerts } = await workshop.start();
    await breach(["c-1"]);
    await workshop.time.advance(3_600_000);
    expect(alerts.incidents()).toMatchObject([{ state: "firing" }]);
    await fill(["c-1"], 0.5);
    await workshop.time.advance(INTERVAL_MS);
    expect(alerts.incidents()).toMatchObject([{ state: "resolved", resolved_because: "recovered" }]);
  });

  test("of an element the topology no longer has resolves, and says so", async () => {
    let isThere = true;
    const { alerts } = await workshop.start({ elementExists: () => isThere });
    await breach(["c-1"]);
    expect(alerts.incidents()).toMatchObject([{ element: "host/c-1" }]);
    await workshop.time.advance(600_000);
    expect(alerts.incidents()).toMatchObject([{ state: "firing" }]);
    isThere = false;
    await workshop.time.advance(INTERVAL_MS);
    expect(alerts.incidents()).toMatchObject([{ state: "resolved", resolved_because: "element_deleted" }]);
  });

  test("is recovery for a rule that does not say otherwise, as in Prometheus", async () => {
    workshop.writeRules(RULES.replace("nephoscope: {no_data: keep}", ""));
    const { alerts } = await workshop.start();
    await breach(["c-1"]);
    await workshop.time.advance(600_000);
    expect(alerts.incidents()).toMatchObject([{ state: "resolved", resolved_because: "recovered" }]);
  });
});
