import { messageOf } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";
import type { Log } from "../../../core/log.ts";
import { type Timers, withDeadline } from "../../timers.ts";
import { redact } from "./sdk-log.ts";
import { CARD_TEXTS, type Language } from "./texts.ts";

/** Somebody clicked in a card. Source: open.feishu.cn, "Card callback communication", `card.action.trigger`. */
export interface CardAction {
  /** The same when Feishu tells it twice. */
  readonly eventId: string;
  readonly messageId: string;
  readonly chatId: string;
  readonly operator: { readonly openId: string; readonly userId: string | undefined };
  /** What the button carries; made by whoever made the card, so by us. */
  readonly value: { readonly [name: string]: unknown };
  /** `c-…`: for `updateClicked`. A secret. */
  readonly token: string;
}

/** What the person sees. `{}`: nothing. Source: as above. */
export interface CallbackAnswer {
  readonly toast?: { readonly type: "success" | "info" | "warning" | "error"; readonly content: string };
  readonly card?: { readonly type: "raw"; readonly data: object };
}

export const CARD_ACTION_EVENT = "card.action.trigger";

/** Feishu shows an error after 3 s; the way there and back takes its part. */
const ANSWER_WITHIN_MS = 2_500;

/**
 * From the members of `header` and `event` in one object, where `event`'s come last: as the SDK hands it over, so
 * that `token` is the card's. Undefined when something is missing, or the app is another.
 */
export function parseCardAction(flat: unknown, appId: string): CardAction | undefined {
  if (!isRecord(flat) || flat.app_id !== appId) return undefined;
  const { event_id: eventId, token, operator, action, context } = flat;
  if (!isRecord(operator) || !isRecord(action) || !isRecord(context) || !isRecord(action.value)) return undefined;
  const { open_message_id: messageId, open_chat_id: chatId } = context;
  const { open_id: openId, user_id: userId } = operator;
  if (typeof eventId !== "string" || typeof token !== "string" || typeof openId !== "string") return undefined;
  if (typeof messageId !== "string" || typeof chatId !== "string") return undefined;
  const operatorOf = { openId, userId: typeof userId === "string" ? userId : undefined };
  return { eventId, messageId, chatId, operator: operatorOf, value: action.value, token };
}

/**
 * What Feishu gets in time, whatever the handler does: a handler that is late goes on, and the person is told so; one that throws
 * is logged, and the person is told that it failed.
 */
export async function answerCardAction(
  action: CardAction,
  deps: {
    readonly hear: (action: CardAction) => Promise<CallbackAnswer>;
    readonly timers: Timers;
    readonly log: Log;
    readonly language: Language;
    readonly signal: AbortSignal;
  },
): Promise<CallbackAnswer> {
  const texts = CARD_TEXTS[deps.language];
  const late = new Error("late");
  const limit = { timers: deps.timers, ms: ANSWER_WITHIN_MS, outer: deps.signal, outOfTime: () => late };
  const failed = (error: unknown): CallbackAnswer => {
    deps.log.error(
      { event_id: action.eventId, detail: redact(messageOf(error), [action.token]) },
      "click in a card failed",
    );
    return { toast: { type: "error", content: texts.clickFailed } };
  };
  const heard = Promise.resolve()
    .then(() => deps.hear(action))
    .catch(failed);
  try {
    return await withDeadline(limit, () => heard);
  } catch (error) {
    if (error !== late) return {};
    return { toast: { type: "info", content: texts.clickTakesLonger } };
  }
}
