import { type EpochMs, toRfc3339 } from "../../../core/clock.ts";
import type { Labels } from "../../../core/series.ts";
import { shortTraceId } from "../../../core/trace.ts";
import type { Severity } from "../../../web/api/alerts.ts";
import type { IncidentRecord } from "../../incident.ts";
import { TEMPLATE_FUNCTIONS } from "../../template/functions.ts";
import { formatSignificant } from "../../template/go-format.ts";
import type { Notice } from "../receiver.ts";
import { type Card, fieldsOf, type HeaderTemplate, linkButton, plainText } from "./card.ts";
import { CARD_TEXTS, type CardTexts, type Language } from "./texts.ts";

export interface CardContext {
  readonly language: Language;
  /** Where people open the page; without it cards have no button. */
  readonly publicUrl: string | undefined;
}

const FIRING_COLOURS: { readonly [severity in Severity]: HeaderTemplate } = {
  critical: "red",
  warning: "orange",
  info: "blue",
};

export function colourOf({ event, incident }: Notice): HeaderTemplate {
  return event === "resolved" ? "green" : FIRING_COLOURS[incident.severity];
}

/** The card of one event of one incident: what, where, since when, how much, and what to do. */
export function incidentCard(notice: Notice, context: CardContext): Card {
  const texts = CARD_TEXTS[context.language];
  const { incident } = notice;
  const isResolved = notice.event === "resolved";
  const description = inLanguage(incident, "description", context.language);
  const ending = incident.resolvedBecause === undefined ? "" : texts.because[incident.resolvedBecause];
  const link =
    context.publicUrl === undefined ? [] : [linkButton(texts.openTopology, linkTo(incident, context.publicUrl))];
  return {
    config: { wide_screen_mode: true },
    header: { template: colourOf(notice), title: plainText(titleOf(notice, context.language), 200) },
    elements: [
      fieldsOf(isResolved ? resolvedRows(incident, texts) : firedRows(incident, texts, context.language)),
      ...(isResolved ? [{ tag: "div", text: plainText(ending) } as const] : []),
      ...(!isResolved && description !== undefined
        ? [{ tag: "div", text: plainText(`${texts.whatToDo}\n${description}`, 2_000) } as const]
        : []),
      ...link,
      { tag: "hr" },
      { tag: "note", elements: [plainText(smallPrint(incident, texts))] },
    ],
  };
}

/** By which people find it again: on the page, and in logs and streams. */
function smallPrint({ id, trace }: IncidentRecord, texts: CardTexts): string {
  const known = trace === undefined ? [] : [`${texts.trace} ${shortTraceId(trace.traceId)}`];
  return ["Nephoscope", `${texts.incident} ${id}`, ...known].join(" · ");
}

/** `Critical · eth0 on compute-1 is down`. */
export function titleOf({ event, incident }: Notice, language: Language): string {
  const texts = CARD_TEXTS[language];
  const state = event === "resolved" ? texts.resolved : texts.severity[incident.severity];
  return `${state} · ${inLanguage(incident, "summary", language) ?? incident.rule}`;
}

type BilingualAnnotation = "summary" | "description" | "value";

/** `summary_zh` where the reader's language is Chinese and the rule has it, else `summary`. */
function inLanguage(incident: IncidentRecord, name: BilingualAnnotation, language: Language): string | undefined {
  const { annotations } = incident;
  return (language === "zh" ? annotations[`${name}_zh`] : undefined) ?? annotations[name];
}

function firedRows(incident: IncidentRecord, texts: CardTexts, language: Language) {
  return [
    [texts.what, incident.rule],
    [texts.where, placeOf(incident.labels, texts)],
    [texts.since, timeText(incident.startedAt)],
    // A rule can say how its value reads best.
    [texts.value, inLanguage(incident, "value", language) ?? formatSignificant(incident.value, 4)],
  ] as const;
}

function resolvedRows(incident: IncidentRecord, texts: CardTexts) {
  const until = incident.resolvedAt ?? incident.startedAt;
  const lasted = TEMPLATE_FUNCTIONS.humanizeDuration?.run([Math.round((until - incident.startedAt) / 1_000)]);
  return [
    [texts.what, incident.rule],
    [texts.where, placeOf(incident.labels, texts)],
    [texts.since, timeText(incident.startedAt)],
    [texts.until, `${timeText(until)} (${lasted})`],
  ] as const;
}

function placeOf(labels: Labels, texts: CardTexts): string {
  const parts = [
    [texts.interface, labels.interface],
    [texts.namespace, labels.netns],
    [texts.host, labels.host ?? labels.instance],
    [texts.cluster, labels.cluster],
  ].filter(([, value]) => value !== undefined && value !== "");
  return parts.length === 0 ? texts.unknownPlace : parts.map((part) => part.join(" ")).join(", ");
}

/** UTC to the second: on-call and host may be in different zones. */
function timeText(at: EpochMs): string {
  return `${toRfc3339(at).slice(0, 19).replace("T", " ")} UTC`;
}

const LONGEST_LINK = 2_000;

/** The page at the moment it began, with the element selected. Labels too long for a link are left out. */
function linkTo(incident: IncidentRecord, publicUrl: string): string {
  const url = new URL(publicUrl);
  const bare = new URL(publicUrl);
  bare.searchParams.set("at", String(incident.startedAt));
  if (incident.cluster !== undefined) url.searchParams.set("cluster", incident.cluster);
  if (incident.labels.host !== undefined) url.searchParams.set("host", incident.labels.host);
  if (incident.element !== undefined) url.searchParams.set("sel", incident.element);
  url.searchParams.set("at", String(incident.startedAt));
  return url.href.length <= LONGEST_LINK ? url.href : bare.href;
}
