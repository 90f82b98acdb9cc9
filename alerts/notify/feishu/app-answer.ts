import { isRecord, parseJson } from "../../../core/json.ts";
import { askedDelayMs, type FeishuAnswer, RATE_LIMITED_MS } from "./answer.ts";
import type { AppOutcome } from "./app-port.ts";

/** The whole answer where it was done: a token stands beside `data`, not in it. */
export type AnswerOutcome =
  | AppOutcome<Record<string, unknown>>
  /** Our access token is void; another one may do. */
  | { readonly kind: "token_refused"; readonly reason: string };

/**
 * What Feishu's answer to an app means. The truth is in `code`: refusals come with HTTP 200, 400 or 429, and the SDK returns some and
 * throws others. Source: open.feishu.cn, error codes of "Send message", "Update message card", "Buzz messages", "Rate limits".
 */
export function appOutcomeOf({ httpStatus, body, retryAfter }: FeishuAnswer): AnswerOutcome {
  const answer = parseJson(body);
  const code = isRecord(answer) && typeof answer.code === "number" ? answer.code : undefined;
  const askedMs = askedDelayMs(retryAfter);
  if (!isRecord(answer) || code === undefined) return byHttpStatus(httpStatus, askedMs);
  if (code === 0 && httpStatus < 400) return { kind: "done", value: answer };
  const message = typeof answer.msg === "string" ? answer.msg.slice(0, 200) : "";
  const reason = `Feishu answered ${code}: ${message}`;
  if (TOKEN_REFUSED.has(code)) return { kind: "token_refused", reason };
  const limit = LIMITS[code] ?? (httpStatus === 429 ? LIMITS[99991400] : undefined);
  if (limit !== undefined) {
    return { kind: "retry", reason, hint: limit.hint, afterMs: askedMs > 0 ? askedMs : limit.waitMs };
  }
  if (code === 230001 && /receive_id/.test(message)) return { kind: "misconfigured", reason, hint: WRONG_RECEIVER };
  if (code === 230001 && /message_id/.test(message)) return { kind: "gone", reason, hint: SEND_ANEW };
  const known = code >= 300_000 && code < 301_000 ? CARD_TOKEN : CODES[code];
  if (known !== undefined) return { kind: known.kind, reason, hint: known.hint };
  if (httpStatus >= 500) return { kind: "retry", reason, afterMs: askedMs };
  return {
    kind: "retry",
    reason,
    hint: "look this code up in Feishu's documentation of its server API",
    afterMs: askedMs,
  };
}

const TOKEN_REFUSED = new Set([99991663, 99991664, 99991671]);

const LIMITS: { readonly [code: number]: { readonly waitMs: number; readonly hint: string } } = {
  99991400: {
    waitMs: RATE_LIMITED_MS,
    hint: "the app sends more than 50 requests a second or 1,000 a minute; it is tried again",
  },
  230020: { waitMs: 1_000, hint: "more than 5 a second in one group or for one message; it is tried again" },
  11232: { waitMs: RATE_LIMITED_MS, hint: "Feishu is busy, as often on the hour; it is tried again" },
};

const SEND_ANEW = "the message is not there any more, or not for this app; the next one is sent anew";
const WRONG_RECEIVER = "compare the receiver with the id in the group's settings (oc_…)";
const PLEASE_REPORT = "Feishu takes the message for malformed; please report this";
const CREDENTIALS =
  "compare app id and secret with the app's page Credentials, and the domain: feishu.cn, or larksuite.com outside of China";
const CARD_TOKEN = {
  kind: "gone",
  hint: "a click can change its card twice within 30 minutes; the card is patched instead",
} as const;

const CODES: {
  readonly [code: number]: { readonly kind: "rejected" | "misconfigured" | "gone"; readonly hint: string };
} = {
  9499: { kind: "rejected", hint: PLEASE_REPORT },
  10003: { kind: "misconfigured", hint: CREDENTIALS },
  10014: { kind: "misconfigured", hint: CREDENTIALS },
  99991661: { kind: "rejected", hint: PLEASE_REPORT },
  99991672: {
    kind: "misconfigured",
    hint: "grant the app the scope that is named, on its page Permissions, and publish a version of it",
  },
  230001: { kind: "rejected", hint: PLEASE_REPORT },
  230002: { kind: "misconfigured", hint: "add the app's bot to the group: settings of the group, Bots" },
  230006: { kind: "misconfigured", hint: "switch the bot on, on the app's page Features, and publish a version of it" },
  230011: { kind: "gone", hint: SEND_ANEW },
  230012: { kind: "gone", hint: SEND_ANEW },
  230023: { kind: "rejected", hint: "somebody has 200 urgent messages unread: they have to be read first" },
  230024: { kind: "rejected", hint: "the company's quota of urgent SMS and calls is used up: ask its administrator" },
  230025: { kind: "rejected", hint: "shorten the annotations of the rule" },
  230027: {
    kind: "misconfigured",
    hint: "grant the app im:message and im:message.urgent; in the group, allow everybody to send urgent messages or make the bot an administrator",
  },
  230028: {
    kind: "rejected",
    hint: "the company's content check took offence, for example at a telephone number: change the annotations of the rule",
  },
  230031: { kind: "gone", hint: "a card can be changed for 14 days; the next one is sent anew" },
  230099: { kind: "rejected", hint: PLEASE_REPORT },
};

function byHttpStatus(status: number, askedMs: number): AnswerOutcome {
  if (status === 429) {
    return { kind: "retry", reason: "HTTP 429 from Feishu", afterMs: askedMs > 0 ? askedMs : RATE_LIMITED_MS };
  }
  if (status >= 500) return { kind: "retry", reason: `HTTP ${status} from Feishu`, afterMs: askedMs };
  const hint =
    "something between here and Feishu answers in its place (a proxy, a sign-in page), or the domain is wrong";
  return { kind: "misconfigured", reason: `HTTP ${status} without Feishu's code`, hint };
}

/** What to do when the long connection is refused. Source: larksuite/node-sdk, `ws-client/enum.ts`. */
export function hintOfConnection(code: unknown): string | undefined {
  if (code === 403 || code === 514) return CREDENTIALS;
  if (code === 1_000_040_350) return "50 connections of this app are open: stop other programs that use the same app";
  return undefined;
}
