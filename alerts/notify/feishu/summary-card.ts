import type { Severity } from "../../../web/api/alerts.ts";
import type { Notice } from "../receiver.ts";
import { type Card, type HeaderTemplate, linkButton, plainText } from "./card.ts";
import { type CardContext, colourOf, titleOf } from "./incident-card.ts";
import { CARD_TEXTS } from "./texts.ts";

/** Lines of a summary; the page has the rest. */
const MOST_LINES = 25;

const ORDER: { readonly [colour in HeaderTemplate]: number } = { red: 0, orange: 1, blue: 2, green: 3 };

/** One card for many messages: the worst first, then the rest in the order they happened. */
export function summaryCard(notices: readonly Notice[], context: CardContext): Card {
  const texts = CARD_TEXTS[context.language];
  const firing = notices.filter(({ event }) => event === "fired");
  const sorted = notices.toSorted((a, b) => ORDER[colourOf(a)] - ORDER[colourOf(b)]);
  const lines = sorted.slice(0, MOST_LINES).map((notice) => plainText(titleOf(notice, context.language), 160).content);
  if (sorted.length > MOST_LINES) lines.push(texts.more(sorted.length - MOST_LINES));
  const title = texts.summaryTitle(firing.length, notices.length - firing.length);
  const worst = sorted[0] === undefined ? "blue" : colourOf(sorted[0]);
  const counts = severities(firing).map(([severity, count]) => `${texts.severity[severity]} ${count}`);
  return {
    config: { wide_screen_mode: true },
    header: { template: worst, title: plainText([title, ...counts].join(" · "), 200) },
    elements: [
      { tag: "div", text: plainText(lines.join("\n"), 5_000) },
      ...(context.publicUrl === undefined ? [] : [linkButton(texts.openAlerts, alertsPage(context.publicUrl))]),
      { tag: "hr" },
      { tag: "note", elements: [plainText(texts.summaryNote(notices.length))] },
    ],
  };
}

function severities(firing: readonly Notice[]): readonly (readonly [Severity, number])[] {
  const count = (severity: Severity) => firing.filter(({ incident }) => incident.severity === severity).length;
  const all = [
    ["critical", count("critical")],
    ["warning", count("warning")],
    ["info", count("info")],
  ] as const;
  return all.filter(([, number]) => number > 0);
}

function alertsPage(publicUrl: string): string {
  const url = new URL(publicUrl);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/alerts`;
  return url.toString();
}
