import { isRecord } from "../../../core/json.ts";
import type { AppOutcome, Call, FeishuApp, SentMessage } from "./app-port.ts";

export interface AppRequest {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  readonly body: { readonly [member: string]: unknown };
  /** Feishu's limit is on the whole body. */
  readonly maxBytes: number;
}

/** What Feishu answered, whole, where it was done. */
export type Ask = (request: AppRequest, call: Call) => Promise<AppOutcome<Record<string, unknown>>>;

type AppMethods = Pick<FeishuApp, "sendCard" | "patchCard" | "reply" | "urgent" | "updateClicked">;

const MAX_CARD_BYTES = 30 * 1024;
const MAX_TEXT_BYTES = 150 * 1024;
const MESSAGES = "/open-apis/im/v1/messages";

/** Source: open.feishu.cn, "Send message", "Reply message", "Update message card", "Buzz messages", "Delay updating message cards". */
export function createAppMethods(ask: Ask): AppMethods {
  const askWithCard = (request: Omit<AppRequest, "maxBytes">, call: Call) =>
    ask({ ...request, maxBytes: MAX_CARD_BYTES }, call);
  return {
    sendCard: async ({ to, card, uuid }, call) => {
      const body = { receive_id: to.id, msg_type: "interactive", content: JSON.stringify(card), uuid };
      const query = { receive_id_type: to.type };
      return readDone(await askWithCard({ method: "POST", path: MESSAGES, query, body }, call), sentMessage);
    },
    patchCard: async ({ messageId, card }, call) => {
      const body = { content: JSON.stringify(card) };
      return readDone(await askWithCard({ method: "PATCH", path: pathOf(messageId), body }, call), nothing);
    },
    reply: async ({ messageId, content, inThread, uuid }, call) => {
      const isText = content.kind === "text";
      const body = {
        msg_type: isText ? "text" : "interactive",
        content: JSON.stringify(isText ? { text: content.text } : content.card),
        reply_in_thread: inThread,
        uuid,
      };
      const maxBytes = isText ? MAX_TEXT_BYTES : MAX_CARD_BYTES;
      const request: AppRequest = { method: "POST", path: `${pathOf(messageId)}/reply`, body, maxBytes };
      return readDone(await ask(request, call), sentMessage);
    },
    urgent: async ({ messageId, kind, openIds }, call) => {
      const path = `${pathOf(messageId)}/urgent_${kind}`;
      const query = { user_id_type: "open_id" };
      const body = { user_id_list: openIds };
      return readDone(await askWithCard({ method: "PATCH", path, query, body }, call), notReached);
    },
    updateClicked: async ({ token, card }, call) => {
      const path = "/open-apis/interactive/v1/card/update";
      return readDone(await askWithCard({ method: "POST", path, body: { token, card } }, call), nothing);
    },
  };
}

function pathOf(messageId: string): string {
  return `${MESSAGES}/${encodeURIComponent(messageId)}`;
}

/** A success without what it should hold is tried again: a uuid keeps that from making a second message. */
function readDone<T>(
  outcome: AppOutcome<Record<string, unknown>>,
  read: (data: Record<string, unknown>) => { readonly value: T } | undefined,
): AppOutcome<T> {
  if (outcome.kind !== "done") return outcome;
  const found = read(isRecord(outcome.value.data) ? outcome.value.data : {});
  if (found !== undefined) return { kind: "done", value: found.value };
  return {
    kind: "retry",
    reason: "Feishu's answer lacks what was sent",
    hint: "something may stand between here and Feishu",
  };
}

function nothing(): { readonly value: undefined } {
  return { value: undefined };
}

function sentMessage(data: Record<string, unknown>): { readonly value: SentMessage } | undefined {
  const { message_id: messageId, chat_id: chatId, thread_id: threadId } = data;
  if (typeof messageId !== "string" || typeof chatId !== "string") return undefined;
  return { value: { messageId, chatId, threadId: typeof threadId === "string" ? threadId : undefined } };
}

function notReached({ invalid_user_id_list: users = [] }: Record<string, unknown>) {
  if (!Array.isArray(users)) return undefined;
  return { value: { notReached: users.filter((user) => typeof user === "string") } };
}
