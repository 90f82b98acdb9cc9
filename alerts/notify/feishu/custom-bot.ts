import type { Clock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { formatTraceparent, type TraceContext } from "../../../core/trace.ts";
import { type Timers, withDeadline } from "../../timers.ts";
import type { Notice, Receiver, SendOutcome } from "../receiver.ts";
import { outcomeOf } from "./answer.ts";
import type { Card } from "./card.ts";
import { type CardContext, incidentCard } from "./incident-card.ts";
import { isLoopback, outOfTime, reasonOf, TIMEOUT_MS } from "./reach.ts";
import { secondsOf, signFeishu } from "./sign.ts";
import { summaryCard } from "./summary-card.ts";

export interface CustomBotOptions extends CardContext {
  readonly name: string;
  /** Holds the bot's token: it appears in no log, error or status. */
  readonly webhookUrl: string;
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Feishu's limits of a custom bot. */
export const CUSTOM_BOT_LIMITS = { perSecond: 5, perMinute: 100, bodyBytes: 20 * 1024 } as const;

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * A group's custom bot: one signed request per message, nothing can be changed afterwards.
 * Errors: `config.invalid` for an address that is not a webhook, or a public address that is none. Source: open.feishu.cn, "Custom bot usage guide".
 */
export function createCustomBot(options: CustomBotOptions): Receiver {
  const url = parseWebhook(options.webhookUrl);
  requireWebAddress(options.publicUrl);
  return {
    name: options.name,
    limits: CUSTOM_BOT_LIMITS,
    send: async (notices, signal, trace) => {
      const body = requestBody(cardOf(notices, options), options);
      const bytes = Buffer.byteLength(body);
      if (bytes > CUSTOM_BOT_LIMITS.bodyBytes) {
        return { kind: "rejected", reason: `the card has ${bytes} bytes`, hint: "shorten the annotations of the rule" };
      }
      try {
        const limit = { timers: options.timers, ms: TIMEOUT_MS, outer: signal, outOfTime };
        return await withDeadline(limit, (ended) => post(url, { body, trace }, ended));
      } catch (error) {
        return {
          kind: "retry",
          reason: reasonOf(error, url.host),
          hint: `check that this machine reaches ${url.host}`,
        };
      }
    },
  };
}

export function cardOf(notices: readonly Notice[], context: CardContext): Card {
  const [only] = notices;
  return only !== undefined && notices.length === 1 ? incidentCard(only, context) : summaryCard(notices, context);
}

function requestBody(card: Card, { secret, clock }: CustomBotOptions): string {
  const message = { msg_type: "interactive", card };
  if (secret === undefined) return JSON.stringify(message);
  const timestamp = secondsOf(clock.now());
  return JSON.stringify({ timestamp, sign: signFeishu(timestamp, secret), ...message });
}

async function post(
  url: URL,
  { body, trace }: { readonly body: string; readonly trace: TraceContext },
  signal: AbortSignal,
): Promise<SendOutcome> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", traceparent: formatTraceparent(trace, true) },
    body,
    // A redirect would carry the token to somebody else.
    redirect: "manual",
    signal,
  });
  return outcomeOf({
    httpStatus: response.status,
    body: await readLimited(response),
    retryAfter: response.headers.get("retry-after") ?? response.headers.get("x-ogw-ratelimit-reset"),
  });
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function requireWebAddress(publicUrl: string | undefined): void {
  if (publicUrl === undefined || (/^https?:\/\//.test(publicUrl) && URL.canParse(publicUrl))) return;
  throw new OperatorError({
    code: "config.invalid",
    message: `listen.public_url is not a web address: ${publicUrl}`,
    hint: "write it as people open it: https://nephoscope.example.org",
    status: 400,
  });
}

function parseWebhook(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSecret = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  if (url !== undefined && isSecret && /\/hook\/[^/]+$/.test(url.pathname)) return url;
  throw new OperatorError({
    code: "config.invalid",
    message: "feishu.webhook is not the address of a custom bot",
    hint: "copy it whole from the bot's settings in the group: https://open.feishu.cn/open-apis/bot/v2/hook/…",
    status: 400,
  });
}
