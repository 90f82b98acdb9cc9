import type { TraceContext } from "../../../core/trace.ts";
import type { SendOutcome } from "../receiver.ts";
import type { CallbackAnswer, CardAction } from "./card-action.ts";

/**
 * Feishu as an app bot: cards that change in place, and clicks in them. What it returns and logs holds no secrets; every
 * call settles within 10 s, and soon when its signal aborts. It sends once: pace and trying again are the caller's.
 */
export interface FeishuApp {
  /** `uuid`: 50 characters at most; Feishu makes one message of all calls with the same within an hour. */
  sendCard(
    message: { readonly to: Recipient; readonly card: SharedCard; readonly uuid: string },
    call: Call,
  ): Promise<AppOutcome<SentMessage>>;
  /** The whole card anew, for everybody, within 14 days. */
  patchCard(message: { readonly messageId: string; readonly card: SharedCard }, call: Call): Promise<AppOutcome>;
  reply(message: Reply, call: Call): Promise<AppOutcome<SentMessage>>;
  urgent(message: Urgent, call: Call): Promise<AppOutcome<{ readonly notReached: readonly string[] }>>;
  /** The card a click came from, with the click's own token: twice, within 30 minutes, after the click was answered. */
  updateClicked(click: { readonly token: string; readonly card: SharedCard }, call: Call): Promise<AppOutcome>;
  /** Asks for a token, so that wrong credentials show before the first alert. */
  warmUp(signal: AbortSignal): Promise<AppOutcome>;
  /** Hears clicks over a connection that it opens itself and keeps open. */
  connect(hear: (action: CardAction) => Promise<CallbackAnswer>): LongConnection;
}

export interface Call {
  readonly signal: AbortSignal;
  readonly trace: TraceContext;
}

export type Recipient = {
  readonly type: "chat_id" | "open_id" | "user_id" | "union_id" | "email";
  readonly id: string;
};

/** A card that may be changed later says so from the beginning. */
export interface SharedCard {
  readonly config: { readonly update_multi: true };
}

export interface Reply {
  readonly messageId: string;
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "card"; readonly card: SharedCard };
  readonly inThread: boolean;
  readonly uuid: string;
}

export interface Urgent {
  readonly messageId: string;
  /** SMS and calls use up the company's quota. */
  readonly kind: "app" | "sms" | "phone";
  /** 200 at most. */
  readonly openIds: readonly string[];
}

export interface SentMessage {
  readonly messageId: string;
  readonly chatId: string;
  readonly threadId: string | undefined;
}

/** As of every receiver, with what Feishu said where it was done. */
export type AppOutcome<T = undefined> =
  | { readonly kind: "done"; readonly value: T }
  /** The message can no longer be changed or answered; a new one can be sent. */
  | { readonly kind: "gone"; readonly reason: string; readonly hint: string }
  | Exclude<SendOutcome, { readonly kind: "sent" }>;

export interface LongConnection {
  status(): LongConnectionStatus;
  /** Resolves when it is closed and nothing runs any more. */
  stop(): Promise<void>;
}

export interface LongConnectionStatus {
  readonly state: "connecting" | "connected" | "reconnecting" | "failed" | "stopped";
  readonly lastError: string | undefined;
  readonly hint: string | undefined;
}
