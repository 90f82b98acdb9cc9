import type { HttpInstance } from "@larksuiteoapi/node-sdk";
import type { Clock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";
import type { Log } from "../../../core/log.ts";
import { formatTraceparent } from "../../../core/trace.ts";
import { type Timers, withDeadline } from "../../timers.ts";
import type { FeishuAnswer } from "./answer.ts";
import { type AnswerOutcome, appOutcomeOf, hintOfConnection } from "./app-answer.ts";
import { type Ask, createAppMethods } from "./app-methods.ts";
import type { AppOutcome, FeishuApp } from "./app-port.ts";
import { CARD_ACTION_EVENT, type CallbackAnswer } from "./card-action.ts";
import { createClickHandler } from "./click-handler.ts";
import { keepConnected, type SdkSocket, type SocketEvents } from "./long-connection.ts";
import { createSdkLogger, redact } from "./sdk-log.ts";
import { createTenantToken, type FetchedToken } from "./tenant-token.ts";
import type { Language } from "./texts.ts";

export interface AppClientOptions {
  readonly appId: string;
  readonly appSecret: string;
  /** `https://open.feishu.cn`, outside of China `https://open.larksuite.com`. */
  readonly domain: string;
  /** Of what a person sees when a click is late or fails. */
  readonly language: Language;
  readonly clock: Clock;
  readonly timers: Timers;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** The connection, and what is under way, end with it. */
  readonly signal: AbortSignal;
  /** How long the long connection waits for its answers; both 10 s when left out. A ping's is less than what lies between pings (120 s). */
  readonly patience?: { readonly pingSeconds: number; readonly handshakeMs: number };
}

const TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal";
const TIMEOUT_MS = 10_000;
/** The SDK's own are endless. */
const PATIENCE = { pingSeconds: 10, handshakeMs: 10_000 };
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * The one module that knows Feishu's SDK. It is loaded with the first call: 37 MB that a bot by webhook does not need.
 * Tokens, deadlines, and what an answer means are ours (docs/adr/0022). Errors: `config.invalid`.
 * Source: open.feishu.cn, server API; larksuite/node-sdk 1.74.0.
 */
export function createAppClient(options: AppClientOptions): FeishuApp {
  requireOptions(options);
  const { appId, appSecret, timers, signal: life } = options;
  const { host } = new URL(options.domain);
  let loading: ReturnType<typeof loadSdk> | undefined;
  const sdk = () => {
    loading ??= loadSdk(options);
    return loading;
  };
  const withinTime = async <T>(outer: AbortSignal, task: (signal: AbortSignal) => Promise<AppOutcome<T>>) => {
    const limit = { timers, ms: TIMEOUT_MS, outer, outOfTime: () => new Error("no answer within 10 s") };
    try {
      return await withDeadline(limit, task);
    } catch (error) {
      const hint = `check that this machine reaches ${host}, through a proxy if there is one`;
      return { kind: "retry", reason: reasonOf(error, host), hint } satisfies AppOutcome<T>;
    }
  };
  const fetchToken = () =>
    withinTime(life, async (signal) => {
      const body = { app_id: appId, app_secret: appSecret };
      return tokenIn(await (await sdk()).exchange({ method: "POST", path: TOKEN_PATH, body, headers: {}, signal }));
    });
  const tokens = createTenantToken(fetchToken, options.clock);
  const ask: Ask = async (request, { signal: outer, trace }) => {
    const bytes = Buffer.byteLength(JSON.stringify(request.body));
    if (bytes > request.maxBytes) {
      const reason = `the message has ${bytes} bytes of ${request.maxBytes}`;
      return { kind: "rejected", reason, hint: "shorten the annotations of the rule" };
    }
    return withinTime(outer, async (signal) => {
      const first = await askOnce(signal);
      if (first.kind !== "token_refused") return first;
      const second = await askOnce(signal);
      return second.kind === "token_refused" ? refusedTwice(second.reason) : second;
    });

    async function askOnce(signal: AbortSignal): Promise<AnswerOutcome> {
      const token = await tokens.current();
      if (token.kind !== "done") return token;
      const headers = { Authorization: `Bearer ${token.value}`, traceparent: formatTraceparent(trace, true) };
      const outcome = await (await sdk()).exchange({ ...request, headers, signal });
      if (outcome.kind === "token_refused") tokens.forget(token.value);
      return outcome;
    }
  };
  return {
    ...createAppMethods(ask),
    warmUp: (signal) =>
      withinTime(signal, async () => {
        const token = await tokens.current();
        return token.kind === "done" ? { kind: "done", value: undefined } : token;
      }),
    connect: (hear) => {
      const clicks = createClickHandler({ ...options, hear });
      const open = async (events: SocketEvents) => (await sdk()).openSocket(events, clicks.handle);
      const { status, stop } = keepConnected({ ...options, open });
      return {
        status,
        stop: async () => {
          stop();
          await clicks.settled();
        },
      };
    },
  };
}

interface Exchange {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  readonly body: object;
  readonly headers: { readonly [name: string]: string };
  readonly signal: AbortSignal;
}

async function loadSdk(options: AppClientOptions) {
  const lark = await import("@larksuiteoapi/node-sdk");
  const { appId, appSecret, domain, log, patience = PATIENCE } = options;
  const secrets = () => [appSecret];
  // The SDK's own has no time limit, follows redirects with the token, and throws some refusals but not others.
  const createHttp = () =>
    lark.defaultHttpInstance.create({
      timeout: TIMEOUT_MS,
      maxRedirects: 0,
      maxContentLength: MAX_ANSWER_BYTES,
      validateStatus: () => true,
      // What is on this machine is not asked for through a proxy.
      ...(isLoopback(new URL(domain)) ? { proxy: false as const } : {}),
    });
  const http = createHttp();
  http.defaults.transformResponse = [(body: unknown) => body];
  // The SDK hands on whatever this returns; its types know only axios' own answers.
  http.interceptors.response.use((response) => answerOf(response) as never);
  const cache = new lark.DefaultCache();
  const loggerLevel = lark.LoggerLevel.warn;
  const client = new lark.Client({
    ...{ appId, appSecret, domain, cache, loggerLevel, httpInstance: sdkHttp(http) },
    logger: createSdkLogger(log, { secrets }),
    disableTokenCache: true,
  });
  return {
    exchange: async ({ method, path, query, body, headers, signal }: Exchange): Promise<AnswerOutcome> => {
      const request = { method, url: path, params: query, data: body, headers, signal };
      const outcome = appOutcomeOf(await client.request<FeishuAnswer>(request));
      return outcome.kind === "done" ? outcome : { ...outcome, reason: redact(outcome.reason, secrets()) };
    },

    openSocket: (events: SocketEvents, handle: (event: unknown) => Promise<CallbackAnswer>): SdkSocket => {
      const logger = createSdkLogger(log, { secrets, heardError: events.troubled });
      let hint: string | undefined;
      const endpoint = createHttp();
      endpoint.interceptors.response.use(
        ({ data }) => {
          // The SDK reads `data` before it looks at `code`, and takes its absence for trouble on the way.
          const answer = isRecord(data) ? data : { code: -1, msg: "no answer of Feishu" };
          hint = hintOfConnection(answer.code);
          return { ...answer, data: answer.data ?? {} } as never;
        },
        // As a refusal, so that we decide when to come back: the SDK would wait two minutes.
        (error: unknown) => ({ code: -1, msg: reasonOf(error, new URL(domain).host), data: {} }),
      );
      const dispatcher = new lark.EventDispatcher({ cache, logger, loggerLevel }).register({
        [CARD_ACTION_EVENT]: handle,
      });
      const socket = new lark.WSClient({
        ...{ appId, appSecret, domain, logger, loggerLevel, httpInstance: sdkHttp(endpoint) },
        handshakeTimeoutMs: patience.handshakeMs,
        wsConfig: { pingTimeout: patience.pingSeconds },
        onReady: events.ready,
        onReconnecting: events.lost,
        onReconnected: events.ready,
        onError: (error) => events.failed(redact(error.message, secrets()), hint),
      });
      socket
        .start({ eventDispatcher: dispatcher })
        .catch((error: unknown) => events.failed(redact(String(error), secrets()), undefined));
      return { close: () => socket.close({ force: true }) };
    },
  };
}

/** The SDK's type of its HTTP client is older than the axios it comes with. */
function sdkHttp(http: object): HttpInstance {
  return http as HttpInstance;
}

function answerOf(response: {
  readonly status: number;
  readonly data: unknown;
  readonly headers: { readonly [name: string]: unknown };
}): FeishuAnswer {
  const retryAfter = response.headers["x-ogw-ratelimit-reset"] ?? response.headers["retry-after"];
  return {
    httpStatus: response.status,
    body: typeof response.data === "string" ? response.data : "",
    retryAfter: typeof retryAfter === "string" ? retryAfter : null,
  };
}

function tokenIn(outcome: AnswerOutcome): AppOutcome<FetchedToken> {
  if (outcome.kind === "token_refused") return refusedTwice(outcome.reason);
  if (outcome.kind !== "done") return outcome;
  const { tenant_access_token: token, expire } = outcome.value;
  if (typeof token === "string" && token !== "" && typeof expire === "number") {
    return { kind: "done", value: { token, expiresInSeconds: expire } };
  }
  return { kind: "retry", reason: "Feishu's answer lacks the access token", hint: "something may stand in between" };
}

function refusedTwice(reason: string): AppOutcome<never> {
  const hint =
    "Feishu does not take the access token it gave: compare the domain with the app's, feishu.cn or larksuite.com";
  return { kind: "retry", reason, hint };
}

/** Messages of network errors may hold addresses with tokens: only their codes are told. */
function reasonOf(error: unknown, host: string): string {
  if (error instanceof Error && error.message.startsWith("no answer within")) return error.message;
  const code = isRecord(error) && typeof error.code === "string" ? error.code : "request failed";
  return `cannot reach ${host}: ${code}`;
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function requireOptions({ appId, appSecret, domain }: AppClientOptions): void {
  const refuse = (message: string, hint: string) => {
    throw new OperatorError({ code: "config.invalid", message, hint, status: 400 });
  };
  // The SDK would only log it, and never connect.
  if (!/^cli_[0-9a-fA-F]{16}$/.test(appId)) {
    refuse(
      `${appId.slice(0, 40)} is not the id of a Feishu app`,
      "copy it from the app's page Credentials: cli_ and 16 digits",
    );
  }
  if (appSecret === "") refuse("the secret of the Feishu app is empty", "copy it from the app's page Credentials");
  const url = URL.canParse(domain) ? new URL(domain) : undefined;
  const isPrivate = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  if (url === undefined || !isPrivate || url.origin !== domain) {
    refuse("the domain of Feishu is not one", "https://open.feishu.cn, or https://open.larksuite.com outside of China");
  }
}
