import { isRecord, parseJson } from "../../../core/json.ts";
import { updateClickedCard } from "./app-card-update.ts";
import { createMessage, patchMessage, replyMessage } from "./app-messages.ts";
import {
  type AppMessage,
  type AppOptions,
  type Chat,
  createTenant,
  isRefusal,
  type Refusal,
  type Tenant,
  type UrgentKind,
  type Violation,
} from "./app-tenant.ts";
import { lacksScope, tenantAccessToken, tooOften, unauthorized } from "./app-token.ts";
import { makeUrgent } from "./app-urgent.ts";
import { type CallbackSender, createCallbackSender } from "./callback-sender.ts";
import { type FakeLongConnection, startLongConnection } from "./long-connection-server.ts";
import { type Behaviour, type FakeAnswer, type ReceivedRequest, startLoopbackServer } from "./loopback-server.ts";

/**
 * Feishu as an app bot meets it, on loopback and by an injected clock: it keeps the documented rules, answers with
 * Feishu's codes, and writes down what a client did against them. Source: open.feishu.cn, server API and "Long connection".
 */
export interface FakeFeishuApp {
  /** What a client takes for `https://open.feishu.cn`. */
  readonly domain: string;
  readonly options: AppOptions;
  readonly messages: readonly AppMessage[];
  readonly journal: readonly JournalEntry[];
  readonly violations: readonly Violation[];
  readonly urgentQuota: { sms: number; phone: number };
  readonly callbacks: CallbackSender;
  readonly longConnection: FakeLongConnection;
  addChat(chat: Partial<Chat> & { readonly chatId: string }): void;
  /** A card of another app in the same chat. */
  messageOfAnother(chatId: string): AppMessage;
  /** Every token given so far is void, as when the secret was reset. */
  revokeTokens(): void;
  behave(mode: Behaviour): void;
  close(): Promise<void>;
}

export interface JournalEntry {
  readonly atMs: number;
  /** `POST /open-apis/im/v1/messages`, without the query. */
  readonly request: string;
  readonly httpStatus: number;
  readonly code: number | undefined;
}

const ALL_SCOPES = ["im:message", "im:message.urgent", "im:message.urgent:sms", "im:message.urgent:phone"];

export async function startFakeFeishuApp(
  given: Partial<AppOptions> & { readonly nowMs: () => number },
): Promise<FakeFeishuApp> {
  const options: AppOptions = {
    appId: "cli_0123456789abcdef",
    appSecret: "app-secret-0123456789",
    encryptKey: "encrypt-key-0123456789",
    verificationToken: "verification-token-0123456789",
    scopes: ALL_SCOPES,
    rateLimitStatus: 429,
    refusalStatus: 400,
    ...given,
  };
  const tenant = createTenant(options);
  const journal: JournalEntry[] = [];
  const violations: Violation[] = [];
  const nameOf = ({ method, url }: ReceivedRequest) => `${method} ${url.split("?")[0]}`;
  const blame = (request: string, what: string) => violations.push({ atMs: options.nowMs(), request, what });
  const { origin, server, behave, close } = await startLoopbackServer({
    answer: (request) => {
      const outcome = route(tenant, request, longConnection.endpoint);
      if ("violation" in outcome && outcome.violation !== undefined) blame(nameOf(request), outcome.violation);
      return isRefusal(outcome) ? outcome.answer : outcome;
    },
    answered: (request, httpStatus, code) => {
      journal.push({ atMs: options.nowMs(), request: nameOf(request), httpStatus, code });
    },
  });
  const callbacks = createCallbackSender(tenant, (what) => blame("callback", what));
  const longConnection = startLongConnection(server, { tenant, blame: (what) => blame("long connection", what) });
  const addChat: FakeFeishuApp["addChat"] = (chat) => {
    tenant.chats.set(chat.chatId, { members: [], botIsIn: true, urgentAllowed: true, ...chat });
  };
  return {
    domain: origin,
    options,
    messages: tenant.messages,
    journal,
    violations,
    urgentQuota: tenant.urgentQuota,
    callbacks,
    longConnection,
    addChat,
    messageOfAnother: (chatId) => {
      const message = cardOfAnother(tenant, chatId);
      tenant.messages.push(message);
      return message;
    },
    revokeTokens: () => tenant.tokens.clear(),
    behave,
    close: async () => {
      longConnection.close();
      await close();
    },
  };
}

type Outcome = (FakeAnswer & { readonly violation?: string }) | Refusal;

const MESSAGES = "/open-apis/im/v1/messages";
const OF_MESSAGE = /^\/open-apis\/im\/v1\/messages\/([^/]+)(?:\/(reply|urgent_app|urgent_sms|urgent_phone))?$/;

function route(
  tenant: Tenant,
  request: ReceivedRequest,
  endpoint: (body: Record<string, unknown>) => Outcome,
): Outcome {
  const { pathname: path, searchParams: query } = new URL(request.url, "http://feishu");
  const body = parseJson(request.body.toString("utf8"));
  if (!/^application\/json/.test(request.headers["content-type"] ?? "") || !isRecord(body)) {
    return { answer: { httpStatus: 400, body: { code: 9499, msg: "Bad Request" } }, violation: "no JSON" };
  }
  const asked = `${request.method} ${path}`;
  if (asked === "POST /open-apis/auth/v3/tenant_access_token/internal") return tenantAccessToken(tenant, body);
  if (asked === "POST /callback/ws/endpoint") return endpoint(body);
  const stranger = unauthorized(tenant, request);
  if (stranger !== undefined) return stranger;
  const [, messageId = "", part] = OF_MESSAGE.exec(path) ?? [];
  const api = `${request.method} ${messageId === "" ? path : (part ?? "message")}`;
  const kept = keptBack(tenant, api, part);
  if (kept !== undefined) return kept;
  if (asked === `POST ${MESSAGES}`) return createMessage(tenant, request, { body, query });
  if (asked === "POST /open-apis/interactive/v1/card/update") return updateClickedCard(tenant, body);
  if (messageId !== "" && request.method === "POST" && part === "reply") {
    return replyMessage(tenant, request, { body, messageId });
  }
  if (messageId !== "" && request.method === "PATCH" && part === undefined) {
    return patchMessage(tenant, request, { body, messageId });
  }
  if (request.method === "PATCH" && part?.startsWith("urgent_") === true) {
    return makeUrgent(tenant, part.slice("urgent_".length) as UrgentKind, { body, query, messageId });
  }
  return { answer: { httpStatus: 404, body: { code: 404, msg: "404 page not found" } }, violation: "nothing is there" };
}

function keptBack(tenant: Tenant, api: string, part: string | undefined): Refusal | undefined {
  const scopes: { readonly [part: string]: readonly string[] } = {
    urgent_app: ["im:message.urgent"],
    urgent_sms: ["im:message.urgent:sms"],
    urgent_phone: ["im:message.urgent:phone"],
  };
  return lacksScope(tenant, scopes[part ?? ""] ?? ["im:message"]) ?? tooOften(tenant, api);
}

function cardOfAnother(tenant: Tenant, chatId: string): AppMessage {
  const card = {
    config: { update_multi: true },
    header: { template: "blue", title: { tag: "plain_text", content: "of another" } },
    elements: [{ tag: "hr" }],
  };
  return {
    messageId: tenant.nextId("om"),
    chatId,
    msgType: "interactive",
    appId: "cli_another000000000",
    sentAtMs: tenant.options.nowMs(),
    uuid: undefined,
    parentId: undefined,
    rootId: undefined,
    threadId: undefined,
    traceparent: undefined,
    contents: [card],
    urgents: [],
    isRecalled: false,
  };
}
