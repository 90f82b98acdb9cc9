import { isRecord, parseJson } from "../../../core/json.ts";
import {
  type AppMessage,
  done,
  INVALID_PARAMETER,
  isRefusal,
  malformed,
  type Refusal,
  refused,
  type Tenant,
} from "./app-tenant.ts";
import { isShared, problemOfCard } from "./card-shape.ts";
import { traceparentOf } from "./custom-bot-server.ts";
import type { FakeAnswer, ReceivedRequest } from "./loopback-server.ts";

export const MAX_CARD_BYTES = 30 * 1024;
const MAX_TEXT_BYTES = 150 * 1024;
const MAX_UUID_CHARACTERS = 50;
const UUID_REMEMBERED_MS = 3_600_000;
const CHANGEABLE_MS = 14 * 24 * 3_600_000;
const RECEIVER_PREFIXES: { readonly [type: string]: RegExp } = {
  open_id: /^ou_/,
  union_id: /^on_/,
  chat_id: /^oc_/,
  user_id: /./,
  email: /@/,
};

type Body = Record<string, unknown>;

/** `POST /open-apis/im/v1/messages`. Source: open.feishu.cn, "Send message". */
export function createMessage(
  tenant: Tenant,
  request: ReceivedRequest,
  { body, query }: { readonly body: Body; readonly query: URLSearchParams },
): FakeAnswer | Refusal {
  const { receive_id: receiver, msg_type, content, uuid, ...others } = body;
  const type = query.get("receive_id_type") ?? "";
  const prefix = Object.hasOwn(RECEIVER_PREFIXES, type) ? RECEIVER_PREFIXES[type] : undefined;
  if (prefix === undefined) return malformed(tenant, "receive_id_type");
  if (typeof receiver !== "string" || !prefix.test(receiver)) return malformed(tenant, "invalid receive_id");
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return malformed(tenant, `unknown property ${unknown}`);
  const sent = contentOf(tenant, request, { msg_type, content, uuid });
  if (isRefusal(sent)) return sent;
  // A person has a chat of one's own with the bot.
  const chatId = type === "chat_id" ? receiver : `oc_p2p_${receiver}`;
  if (type !== "chat_id") {
    tenant.chats.set(chatId, { chatId, members: [receiver], botIsIn: true, urgentAllowed: true });
  }
  return deliver(tenant, request, { ...sent, chatId, parent: undefined, inThread: false });
}

/** `POST /open-apis/im/v1/messages/:message_id/reply`. Source: open.feishu.cn, "Reply message". */
export function replyMessage(
  tenant: Tenant,
  request: ReceivedRequest,
  { body, messageId }: { readonly body: Body; readonly messageId: string },
): FakeAnswer | Refusal {
  const { msg_type, content, uuid, reply_in_thread: inThread = false, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return malformed(tenant, `unknown property ${unknown}`);
  if (typeof inThread !== "boolean") return malformed(tenant, "reply_in_thread");
  const sent = contentOf(tenant, request, { msg_type, content, uuid });
  if (isRefusal(sent)) return sent;
  const parent = messageIn(tenant, messageId);
  if (isRefusal(parent)) return parent;
  return deliver(tenant, request, { ...sent, chatId: parent.chatId, parent, inThread });
}

/** `PATCH /open-apis/im/v1/messages/:message_id`. Source: open.feishu.cn, "Update message card". */
export function patchMessage(
  tenant: Tenant,
  request: ReceivedRequest,
  { body, messageId }: { readonly body: Body; readonly messageId: string },
): FakeAnswer | Refusal {
  const unknown = Object.keys(body).find((name) => name !== "content");
  if (unknown !== undefined) return malformed(tenant, `unknown property ${unknown}`);
  const sent = contentOf(tenant, request, { msg_type: "interactive", content: body.content, uuid: undefined });
  if (isRefusal(sent)) return sent;
  const message = messageIn(tenant, messageId);
  if (isRefusal(message)) return message;
  const { appId, nowMs } = tenant.options;
  if (message.msgType !== "interactive") return malformed(tenant, "the message is no card");
  if (message.appId !== appId) return notTheSender(tenant);
  if (nowMs() - message.sentAtMs > CHANGEABLE_MS) {
    return refused(tenant, 230031, "Message can only be modified within 14 days after sending.", "patch after 14 days");
  }
  const before = message.contents.at(-1);
  if (before === undefined || !isShared(before)) return cardRefused(tenant, "update_multi was not true before");
  if (!isShared(sent.content)) return cardRefused(tenant, "update_multi is not true");
  if (tenant.perMessage(messageId).take(nowMs()) !== undefined) return tooFast(tenant, "5 patches a second");
  message.contents.push(sent.content);
  return done();
}

/** A message that can be answered, changed or made urgent: there, not recalled, and the bot is where it is. */
export function messageIn(tenant: Tenant, messageId: string): AppMessage | Refusal {
  const message = tenant.messages.find((known) => known.messageId === messageId);
  if (message === undefined) return malformed(tenant, "invalid message_id");
  if (message.isRecalled) return refused(tenant, 230011, "The message is recalled.");
  return outsideChat(tenant, message.chatId) ?? message;
}

export function notTheSender(tenant: Tenant): Refusal {
  return refused(tenant, 230012, "Bot is NOT the sender of the message.", "a message of another");
}

export function cardRefused(tenant: Tenant, problem: string): Refusal {
  const msg = `Failed to create card content, ext=ErrCode: 11310; ErrMsg: ${problem};`;
  return refused(tenant, 230099, msg, problem);
}

interface Content {
  readonly msgType: "text" | "interactive";
  readonly content: Record<string, unknown>;
  readonly uuid: string | undefined;
}

function contentOf(
  tenant: Tenant,
  { body }: ReceivedRequest,
  { msg_type: type, content: text, uuid }: Body,
): Content | Refusal {
  if (type !== "text" && type !== "interactive") return malformed(tenant, `this fake does not take ${String(type)}`);
  if (typeof text !== "string") return malformed(tenant, "content is not a string in json format");
  const content = parseJson(text);
  if (!isRecord(content)) return malformed(tenant, "content is not a string in json format");
  if (uuid !== undefined && (typeof uuid !== "string" || uuid === "" || uuid.length > MAX_UUID_CHARACTERS)) {
    return malformed(tenant, `uuid is not a text of 1 to ${MAX_UUID_CHARACTERS} characters`);
  }
  if (body.length > (type === "text" ? MAX_TEXT_BYTES : MAX_CARD_BYTES)) {
    const msg = "The length of the message content reaches its limit.";
    return refused(tenant, 230025, msg, `${body.length} bytes`);
  }
  if (type === "interactive") {
    const problem = problemOfCard(content);
    if (problem !== undefined) return cardRefused(tenant, problem);
  } else if (typeof content.text !== "string" || content.text === "" || Object.keys(content).length !== 1) {
    return malformed(tenant, "content of a text");
  }
  return { msgType: type, content, uuid };
}

interface Delivery extends Content {
  readonly chatId: string;
  readonly parent: AppMessage | undefined;
  readonly inThread: boolean;
}

function deliver(tenant: Tenant, request: ReceivedRequest, delivery: Delivery): FakeAnswer | Refusal {
  const { uuid, chatId, parent } = delivery;
  const away = outsideChat(tenant, chatId);
  if (away !== undefined) return away;
  const now = tenant.options.nowMs();
  const same = uuid === undefined ? undefined : tenant.messages.findLast((message) => message.uuid === uuid);
  // The documentation promises one message an hour, not what the second caller is told; here, the same as the first.
  if (same !== undefined && now - same.sentAtMs < UUID_REMEMBERED_MS) return done(told(tenant, same));
  if (tenant.perChat(chatId).take(now) !== undefined) return tooFast(tenant, "5 messages a second");
  const message: AppMessage = {
    messageId: tenant.nextId("om"),
    chatId,
    msgType: delivery.msgType,
    appId: tenant.options.appId,
    sentAtMs: now,
    uuid,
    parentId: parent?.messageId,
    rootId: parent?.rootId ?? parent?.messageId,
    threadId: delivery.inThread ? (parent?.threadId ?? tenant.nextId("omt")) : undefined,
    traceparent: traceparentOf(request.headers),
    contents: [delivery.content],
    urgents: [],
    isRecalled: false,
  };
  tenant.messages.push(message);
  return done(told(tenant, message));
}

function told({ options }: Tenant, message: AppMessage): object {
  return {
    message_id: message.messageId,
    root_id: message.rootId,
    parent_id: message.parentId,
    thread_id: message.threadId,
    msg_type: message.msgType,
    create_time: String(message.sentAtMs),
    update_time: String(message.sentAtMs),
    deleted: false,
    updated: false,
    chat_id: message.chatId,
    sender: { id: options.appId, id_type: "app_id", sender_type: "app", tenant_key: "tenant" },
    body: { content: JSON.stringify(message.contents[0]) },
  };
}

function outsideChat(tenant: Tenant, chatId: string): Refusal | undefined {
  const chat = tenant.chats.get(chatId);
  if (chat === undefined) return refused(tenant, 230001, `${INVALID_PARAMETER}invalid receive_id`);
  return chat.botIsIn ? undefined : refused(tenant, 230002, "The bot can not be outside the group.");
}

function tooFast(tenant: Tenant, limit: string): Refusal {
  return refused(tenant, 230020, "This operation triggers the frequency limit.", `more than ${limit}`);
}
