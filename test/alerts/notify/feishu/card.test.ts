import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainText } from "../../../../alerts/notify/feishu/card.ts";
import { CUSTOM_BOT_LIMITS, cardOf } from "../../../../alerts/notify/feishu/custom-bot.ts";
import type { CardContext } from "../../../../alerts/notify/feishu/incident-card.ts";
import type { Notice } from "../../../../alerts/notify/receiver.ts";
import { epochMsOf } from "../../../../core/clock.ts";
import { problemOfCard } from "../../../fakes/feishu/card-shape.ts";
import { incident, STARTED } from "../incident-fixture.ts";

const en: CardContext = { language: "en", publicUrl: "https://nephoscope.example" };
const zh: CardContext = { language: "zh", publicUrl: undefined };
const fired: Notice = { event: "fired", incident: incident() };
const resolved: Notice = {
  event: "resolved",
  incident: incident({ resolvedAt: epochMsOf(STARTED + 95_000), resolvedBecause: "recovered" }),
};

test.each([
  ["critical", "red"],
  ["warning", "orange"],
  ["info", "blue"],
] as const)("a firing %s incident has a %s header", (severity, colour) => {
  expect(cardOf([{ event: "fired", incident: incident({ severity }) }], en).header.template).toBe(colour);
});

test("a firing card says what, where, since when, how much and what to do, and leads to that time", () => {
  const card = cardOf([fired], en);
  expect(card.header.title.content).toBe("Critical · eth0 on compute-1 is down");
  const text = JSON.stringify(card.elements);
  for (const part of [
    "Alert\\nInterfaceDown",
    "Where\\ninterface eth0, host compute-1, cluster az2",
    "Since\\n2026-01-31 02:41:00 UTC",
    "Value\\n0.9123",
    "What to do\\nLook at the cable.",
    `https://nephoscope.example/?cluster=az2&host=compute-1&sel=host%2Fcompute-1%2Fif%2Feth0&at=${STARTED}`,
    "0123456789abcdef0123",
  ]) {
    expect(text).toContain(part);
  }
  expect(problemOfCard(card)).toBeUndefined();
});

test.each([
  ["en", "Nephoscope · incident 0123456789abcdef0123 · trace 4bf92f3577b3"],
  ["zh", "Nephoscope · 事件 0123456789abcdef0123 · 链路追踪 4bf92f3577b3"],
] as const)(
  "in %s the small print names the incident and its trace, of which older ones have none",
  (language, print) => {
    const smallPrint = (notice: Notice) => JSON.stringify(cardOf([notice], { ...en, language }).elements.at(-1));
    expect(smallPrint(fired)).toContain(`"${print}"`);
    expect(smallPrint(resolved)).toContain(`"${print}"`);
    const older = { ...fired, incident: incident({ trace: undefined }) };
    expect(smallPrint(older)).toContain(`"${print.split(" · ").slice(0, 2).join(" · ")}"`);
  },
);

test("a resolved card is green, says why and how long it lasted", () => {
  const card = cardOf([resolved], en);
  expect(card.header).toMatchObject({ template: "green", title: { content: "Resolved · eth0 on compute-1 is down" } });
  const text = JSON.stringify(card.elements);
  expect(text).toContain("Until\\n2026-01-31 02:42:35 UTC (1m 35s)");
  expect(text).toContain("the condition no longer holds");
  expect(text).not.toContain("Look at the cable.");
});

test("in Chinese every text is Chinese, and without a public address there is no button", () => {
  const card = cardOf([fired], zh);
  expect(card.header.title.content).toBe("严重 · compute-1 的接口 eth0 已断开");
  const text = JSON.stringify(card.elements);
  for (const part of ["告警", "位置\\n接口 eth0, 主机 compute-1, 集群 az2", "开始时间", "处理建议\\n请检查线缆。"]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain("button");
  expect(problemOfCard(card)).toBeUndefined();
});

test("a rule without Chinese texts is told in its own words", () => {
  const plain = incident({ annotations: { summary: "disk is full" } });
  expect(cardOf([{ event: "fired", incident: plain }], zh).header.title.content).toBe("严重 · disk is full");
  const bare = incident({ annotations: {} });
  expect(cardOf([{ event: "fired", incident: bare }], zh).header.title.content).toBe("严重 · InterfaceDown");
});

test("a summary counts, names the worst first and bounds its lines", () => {
  const notices: Notice[] = [
    resolved,
    ...Array.from({ length: 40 }, (_, i) => ({
      event: "fired" as const,
      incident: incident({ severity: i < 39 ? "warning" : "critical", annotations: { summary: `alert ${i}` } }),
    })),
  ];
  const card = cardOf(notices, en);
  expect(card.header).toMatchObject({
    template: "red",
    title: { content: "40 alerts fired, 1 resolved · Critical 1 · Warning 39" },
  });
  const text = JSON.stringify(card.elements);
  expect(text).toContain('"Critical · alert 39\\nWarning · alert 0');
  expect(text).toContain("… and 16 more");
  expect(text).toContain("stands for 41 messages");
  expect(text).toContain("https://nephoscope.example/alerts");
  expect(problemOfCard(card)).toBeUndefined();
});

describe("whatever hosts and rules put into texts", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", minLength: 1_000, maxLength: 5_000 }),
    fc.constantFrom(
      "\u0001".repeat(30_000),
      "\ud800".repeat(30_000),
      "𝕏".repeat(30_000),
      '"\\'.repeat(20_000),
      "漢".repeat(20_000),
    ),
  );
  const notice = fc
    .record({ summary: anyText, description: anyText, host: anyText, interface: anyText, rule: anyText })
    .map(({ summary, description, host, interface: ifname, rule }): Notice => {
      const labels = { host, interface: ifname, cluster: host };
      return {
        event: "fired",
        incident: incident({ rule, labels, cluster: host, annotations: { summary, description } }),
      };
    });

  test("a card stays below Feishu's 20 KB and in its shape", () => {
    fc.assert(
      fc.property(fc.array(notice, { minLength: 1, maxLength: 30 }), (notices) => {
        for (const card of [cardOf(notices.slice(0, 1), en), cardOf(notices, en)]) {
          const signature = { timestamp: "1599360473", sign: "x".repeat(44), msg_type: "interactive" };
          const bytes = Buffer.byteLength(JSON.stringify({ ...signature, card }));
          expect(bytes).toBeLessThanOrEqual(CUSTOM_BOT_LIMITS.bodyBytes);
          expect(problemOfCard(card)).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each(["\u0001", "\ud800", "𝕏", '"', "漢"])("a card full of %j stays below it too", (character) => {
    const long = character.repeat(10_000);
    const labels = { host: long, interface: long };
    const full = incident({ rule: long, labels, annotations: { summary: long, description: long, value: long } });
    const notices = Array.from({ length: 60 }, (): Notice => ({ event: "fired", incident: full }));
    for (const card of [cardOf(notices.slice(0, 1), en), cardOf(notices, en)]) {
      expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(CUSTOM_BOT_LIMITS.bodyBytes - 200);
    }
  });

  test("a name cannot mention anybody or add a link: no text is markdown", () => {
    const labels = { host: "<at id=all></at>", interface: "[x](http://evil)" };
    expect(JSON.stringify(cardOf([{ event: "fired", incident: incident({ labels }) }], en))).not.toContain("lark_md");
  });
});

test("a short text, too, loses what JSON writes in six bytes", () => {
  expect(plainText("a\u0001\ud800b").content).toBe("a \ufffdb");
});
