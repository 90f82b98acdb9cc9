import { isRecord, parseJson } from "../../../core/json.ts";
import type { SendOutcome } from "../receiver.ts";

export interface FeishuAnswer {
  readonly httpStatus: number;
  readonly body: string;
  /** Seconds, as the headers say it. */
  readonly retryAfter: string | null;
}

/** Rate limits are counted per minute: coming back earlier than this only uses up the allowance. */
export const RATE_LIMITED_MS = 10_000;
const LONGEST_ASKED_MS = 3_600_000;

/**
 * What Feishu's answer to a custom bot's request means. The truth is in `code`, since the HTTP status is 200 for most
 * refusals. Source: open.feishu.cn, "Custom bot usage guide", error codes.
 */
export function outcomeOf(answer: FeishuAnswer): SendOutcome {
  const { code, message } = parseAnswer(answer.body);
  if (code === 0 && answer.httpStatus < 400) return { kind: "sent" };
  const askedMs = askedDelayMs(answer.retryAfter);
  if (code === undefined || code === 0) return byHttpStatus(answer.httpStatus, askedMs);
  const reason = `Feishu answered ${code}: ${message}`;
  const known = CODES[code];
  if (known !== undefined) return { kind: known.kind, reason, hint: known.hint };
  if (code === 11232 || code === 99991400 || answer.httpStatus === 429) {
    const hint =
      "the bot sends more than 100 messages a minute or 5 a second, or Feishu is busy on the hour; it is tried again";
    return { kind: "retry", reason, hint, afterMs: Math.max(askedMs, RATE_LIMITED_MS) };
  }
  return {
    kind: "retry",
    reason,
    hint: "look this code up in Feishu's documentation of custom bots",
    afterMs: askedMs,
  };
}

const CODES: { readonly [code: number]: { readonly kind: "rejected" | "misconfigured"; readonly hint: string } } = {
  9499: { kind: "rejected", hint: "Feishu takes the message for malformed or larger than 20 KB; please report this" },
  19001: {
    kind: "misconfigured",
    hint: "the webhook address is wrong or the bot was removed from its group: copy it again",
  },
  19002: { kind: "rejected", hint: "Feishu misses a part of the message; please report this" },
  19021: {
    kind: "misconfigured",
    hint: "the signing secret is wrong, or this machine's clock is off by more than an hour: compare feishu.secret with the bot's security settings, then check the time",
  },
  19022: {
    kind: "misconfigured",
    hint: "add this machine's public address to the bot's IP allow-list, or switch the list off",
  },
  19024: {
    kind: "misconfigured",
    hint: "the bot only takes messages with certain keywords: switch keywords off, or add Nephoscope as one",
  },
};

function byHttpStatus(status: number, askedMs: number): SendOutcome {
  if (status === 429) {
    return { kind: "retry", reason: "HTTP 429 from Feishu", afterMs: Math.max(askedMs, RATE_LIMITED_MS) };
  }
  if (status >= 500) return { kind: "retry", reason: `HTTP ${status} from Feishu`, afterMs: askedMs };
  if (status >= 400) {
    const hint = "the webhook address is wrong, or a proxy stands in between: copy the address from the bot's settings";
    return { kind: "misconfigured", reason: `HTTP ${status} instead of Feishu's answer`, hint };
  }
  const hint =
    "something between here and Feishu answers in its place (a proxy, a sign-in page), or the address is wrong";
  return { kind: "misconfigured", reason: `HTTP ${status} without Feishu's code`, hint };
}

/** Old bots answer with `StatusCode`, new ones with `code`, most with both. */
function parseAnswer(body: string): { code: number | undefined; message: string } {
  const json = parseJson(body);
  if (!isRecord(json)) return { code: undefined, message: "" };
  const code = [json.code, json.StatusCode].find((value) => typeof value === "number");
  const message = [json.msg, json.StatusMessage].find((value) => typeof value === "string") ?? "";
  return { code: typeof code === "number" ? code : undefined, message: String(message).slice(0, 200) };
}

/** Zero for what is no number of seconds; an hour at most. */
export function askedDelayMs(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, LONGEST_ASKED_MS) : 0;
}
