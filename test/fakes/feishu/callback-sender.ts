import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { isRecord, parseJson } from "../../../core/json.ts";
import type { AppOptions, Tenant } from "./app-tenant.ts";
import { isShared, problemOfCard } from "./card-shape.ts";

/** What Feishu does when somebody clicks in a card. Source: open.feishu.cn, "Card callback communication". */
export interface CallbackSender {
  /** Somebody clicks a button of a card: the callback, ready to be sent on either way. */
  click(click: Click): Callback;
  /** By HTTP, signed and encrypted as the app has it; `change` spoils the request on its way. */
  post(url: string, callback: Callback, change?: (request: SignedRequest) => SignedRequest): Promise<CallbackVerdict>;
  /** Whether the address proves itself, as the console asks when it is entered. */
  verifyUrl(url: string): Promise<boolean>;
  /** What the person sees, for an answer that came by whichever way. */
  judge(callback: Callback, answer: unknown): CallbackVerdict;
}

export interface Click {
  readonly messageId: string;
  readonly value: object;
  readonly openId?: string;
}

export interface Callback {
  readonly eventId: string;
  /** `c-…`, for changing the card later. */
  readonly token: string;
  readonly sentAtMs: number;
  readonly payload: object;
}

export type CallbackVerdict =
  | { readonly kind: "answered"; readonly toast: string | undefined; readonly cardChanged: boolean }
  /** The person sees an error with this code. */
  | { readonly kind: "failed"; readonly code: 200340 | 108002; readonly why: string };

export interface SignedRequest {
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

const ANSWERED_WITHIN_MS = 3_000;
const TOASTS = ["success", "info", "warning", "error"];

export function createCallbackSender(tenant: Tenant, blame: (what: string) => void): CallbackSender {
  const { options, cardTokens } = tenant;
  const failed = (why: string, code: 200340 | 108002 = 200340): CallbackVerdict => {
    blame(why);
    return { kind: "failed", code, why };
  };
  const judge: CallbackSender["judge"] = (callback, answer) => {
    const token = cardTokens.get(callback.token);
    if (options.nowMs() - callback.sentAtMs > ANSWERED_WITHIN_MS) return failed("answered after more than 3 s");
    const problem = problemOfAnswer(answer);
    if (problem !== undefined || !isRecord(answer)) return failed(problem ?? "the answer is not an object");
    if (token !== undefined) token.answeredAtMs = options.nowMs();
    const card = isRecord(answer.card) && isRecord(answer.card.data) ? answer.card.data : undefined;
    const message = tenant.messages.find(({ messageId }) => messageId === token?.messageId);
    if (card !== undefined) {
      if (!isShared(card)) return failed("update_multi is not true in the card of the answer");
      message?.contents.push(card);
    }
    const toast = isRecord(answer.toast) ? String(answer.toast.content) : undefined;
    return { kind: "answered", toast, cardChanged: card !== undefined };
  };
  return {
    judge,
    click: ({ messageId, value, openId = "ou_alice" }) => {
      const message = tenant.messages.find((known) => known.messageId === messageId);
      if (message === undefined) throw new Error(`no message ${messageId} to click in`);
      const [eventId, token] = [tenant.nextId("event"), `c-${tenant.nextId("card")}`];
      const sentAtMs = options.nowMs();
      cardTokens.set(token, { messageId, atMs: sentAtMs, answeredAtMs: undefined, uses: 0 });
      const header = {
        event_id: eventId,
        token: options.verificationToken,
        create_time: String(sentAtMs * 1_000),
        event_type: "card.action.trigger",
        tenant_key: "tenant",
        app_id: options.appId,
      };
      const event = {
        operator: { tenant_key: "tenant", open_id: openId, union_id: `on_${openId}`, user_id: "alice" },
        token,
        action: { value, tag: "button", timezone: "Asia/Shanghai" },
        host: "im_message",
        context: { open_message_id: messageId, open_chat_id: message.chatId },
      };
      return { eventId, token, sentAtMs, payload: { schema: "2.0", header, event } };
    },
    post: async (url, callback, change = (request) => request) => {
      const response = await send(url, change(signRequest(JSON.stringify(callback.payload), options)));
      const text = await response.text();
      if (response.status !== 200) return failed(`HTTP ${response.status}`);
      if (text === "") return failed("no answer", 108002);
      return judge(callback, parseJson(text));
    },
    verifyUrl: async (url) => {
      const challenge = randomBytes(12).toString("hex");
      const request = { challenge, token: options.verificationToken, type: "url_verification" };
      // The console's question is encrypted, but not signed.
      const body = encrypted(JSON.stringify(request), options);
      const response = await send(url, { headers: { "content-type": "application/json" }, body });
      const answer = parseJson(await response.text());
      return response.status === 200 && isRecord(answer) && answer.challenge === challenge;
    },
  };
}

/** Source: open.feishu.cn, "Encrypt Key" of event subscriptions. */
export function signRequest(payload: string, options: Pick<AppOptions, "encryptKey" | "nowMs">): SignedRequest {
  const body = encrypted(payload, options);
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  if (options.encryptKey !== undefined) {
    const timestamp = String(Math.floor(options.nowMs() / 1_000));
    const nonce = randomBytes(8).toString("hex");
    headers["x-lark-request-timestamp"] = timestamp;
    headers["x-lark-request-nonce"] = nonce;
    headers["x-lark-signature"] = createHash("sha256")
      .update(timestamp + nonce + options.encryptKey + body)
      .digest("hex");
  }
  return { headers, body };
}

function encrypted(payload: string, { encryptKey }: Pick<AppOptions, "encryptKey">): string {
  if (encryptKey === undefined) return payload;
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", createHash("sha256").update(encryptKey).digest(), iv);
  return JSON.stringify({ encrypt: Buffer.concat([iv, cipher.update(payload), cipher.final()]).toString("base64") });
}

function send(url: string, { headers, body }: SignedRequest): Promise<Response> {
  return fetch(url, { method: "POST", headers, body });
}

function problemOfAnswer(answer: unknown): string | undefined {
  if (!isRecord(answer)) return "the answer is not an object";
  const unknown = Object.keys(answer).find((name) => name !== "toast" && name !== "card");
  if (unknown !== undefined) return `the answer has the unknown property ${unknown}`;
  const { toast, card } = answer;
  if (toast !== undefined) {
    const isToast = isRecord(toast) && TOASTS.includes(String(toast.type)) && typeof toast.content === "string";
    if (!isToast) return "the toast of the answer is none";
  }
  if (card === undefined) return undefined;
  if (!isRecord(card) || card.type !== "raw") return "the card of the answer is not raw";
  return problemOfCard(card.data);
}
