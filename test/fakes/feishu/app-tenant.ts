import type { FakeAnswer } from "./loopback-server.ts";
import { RateWindow } from "./rate-window.ts";

export interface AppOptions {
  /** Feishu's form: `cli_` and 16 hexadecimal digits. */
  readonly appId: string;
  readonly appSecret: string;
  readonly nowMs: () => number;
  readonly encryptKey: string | undefined;
  readonly verificationToken: string;
  /** What was granted to the app. */
  readonly scopes: readonly string[];
  /** How the gateway says that an app asks too often: old interfaces with 400. */
  readonly rateLimitStatus: 400 | 429;
  /** HTTP status of refusals of the message service; the truth is in `code` either way. */
  readonly refusalStatus: 200 | 400;
}

export interface AppMessage {
  readonly messageId: string;
  readonly chatId: string;
  readonly msgType: "text" | "interactive";
  /** By whom; messages of others are made with `messageOfAnother`. */
  readonly appId: string;
  readonly sentAtMs: number;
  readonly uuid: string | undefined;
  readonly parentId: string | undefined;
  readonly rootId: string | undefined;
  readonly threadId: string | undefined;
  readonly traceparent: string | undefined;
  /** What was sent, and each content after it. */
  readonly contents: Record<string, unknown>[];
  readonly urgents: { readonly kind: UrgentKind; readonly userIds: readonly string[] }[];
  isRecalled: boolean;
}

export type UrgentKind = "app" | "sms" | "phone";

export interface Chat {
  readonly chatId: string;
  readonly members: readonly string[];
  readonly botIsIn: boolean;
  /** Everybody in the group may make a message urgent, or the bot is one of its administrators. */
  readonly urgentAllowed: boolean;
}

/** What a click gave the app: it may change the card with it later. */
export interface CardToken {
  readonly messageId: string;
  readonly atMs: number;
  answeredAtMs: number | undefined;
  uses: number;
}

/** What a client did that it must not, however the answer looked. */
export interface Violation {
  readonly atMs: number;
  readonly request: string;
  readonly what: string;
}

/** Everything one company's Feishu knows of one app. */
export interface Tenant {
  readonly options: AppOptions;
  readonly tokens: Map<string, { readonly expiresAtMs: number }>;
  readonly chats: Map<string, Chat>;
  readonly messages: AppMessage[];
  readonly cardTokens: Map<string, CardToken>;
  readonly unreadUrgents: Map<string, number>;
  readonly urgentQuota: { sms: number; phone: number };
  readonly perApi: (api: string) => RateWindow;
  readonly perChat: (chatId: string) => RateWindow;
  readonly perMessage: (messageId: string) => RateWindow;
  /** `om_1`, `om_2`, …: told apart, and never guessed by accident. */
  readonly nextId: (prefix: string) => string;
}

export function createTenant(options: AppOptions): Tenant {
  let made = 0;
  const windows = (limits: readonly { readonly most: number; readonly withinMs: number }[]) => {
    const known = new Map<string, RateWindow>();
    return (key: string) => {
      const window = known.get(key) ?? new RateWindow(limits);
      known.set(key, window);
      return window;
    };
  };
  const fivePerSecond = [{ most: 5, withinMs: 1_000 }];
  return {
    options,
    tokens: new Map(),
    chats: new Map(),
    messages: [],
    cardTokens: new Map(),
    unreadUrgents: new Map(),
    urgentQuota: { sms: 10, phone: 10 },
    perApi: windows([
      { most: 50, withinMs: 1_000 },
      { most: 1_000, withinMs: 60_000 },
    ]),
    perChat: windows(fivePerSecond),
    perMessage: windows(fivePerSecond),
    nextId: (prefix) => `${prefix}_${String(++made).padStart(8, "0")}`,
  };
}

/** A refusal, and whether a client that obeys the documentation would have got it. */
export interface Refusal {
  readonly answer: FakeAnswer;
  readonly violation?: string;
}

export function done(data: object = {}): FakeAnswer {
  return { httpStatus: 200, body: { code: 0, msg: "success", data } };
}

/** Of the message service. `violation`: the client could have known. */
export function refused({ options }: Tenant, code: number, msg: string, violation?: string): Refusal {
  return { answer: { httpStatus: options.refusalStatus, body: { code, msg } }, violation };
}

export const INVALID_PARAMETER = "Your request contains an invalid request parameter, ext=";

/** Always somebody's mistake. */
export function malformed(tenant: Tenant, what: string): Refusal {
  return refused(tenant, 230001, `${INVALID_PARAMETER}${what}`, what);
}

export function isRefusal(value: object): value is Refusal {
  return "answer" in value;
}
