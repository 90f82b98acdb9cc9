import type { HttpInstance } from "@larksuiteoapi/node-sdk";
import type { Clock } from "../../../core/clock.ts";
import { messageOf, OperatorError } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";
import type { Log } from "../../../core/log.ts";
import type { Timers } from "../../timers.ts";
import type { FeishuAnswer } from "./answer.ts";
import { appOutcomeOf, hintOfConnection } from "./app-answer.ts";
import { createCalls, type ExchangeWithFeishu } from "./app-calls.ts";
import { createAppMethods } from "./app-methods.ts";
import type { FeishuApp } from "./app-port.ts";
import { CARD_ACTION_EVENT, type CallbackAnswer } from "./card-action.ts";
import { createClickHandler } from "./click-handler.ts";
import { keepConnected, type SdkSocket, type SocketEvents } from "./long-connection.ts";
import { hintOfReach, isLoopback, reasonOf, TIMEOUT_MS } from "./reach.ts";
import { createSdkLogger, redact } from "./sdk-log.ts";
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

/** The SDK's own are endless. */
const PATIENCE = { pingSeconds: 10, handshakeMs: 10_000 };
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * The one module that knows Feishu's SDK. It is loaded with the first call: 64 MB that a bot by webhook does not need.
 * Tokens, deadlines, and what an answer means are ours (docs/adr/0022). Errors: `config.invalid`.
 * Source: open.feishu.cn, server API; larksuite/node-sdk 1.74.0.
 */
export function createAppClient(options: AppClientOptions): FeishuApp {
  requireOptions(options);
  let loading: Promise<Sdk> | undefined;
  const load = () => {
    loading ??= import("@larksuiteoapi/node-sdk").then((lark) => ({
      exchange: createExchange(lark, options),
      openSocket: createSocketOpener(lark, options),
    }));
    return loading;
  };
  const { ask, warmUp } = createCalls({ ...options, exchange: async (request) => (await load()).exchange(request) });
  return {
    ...createAppMethods(ask),
    warmUp,
    connect: (hear) => {
      const clicks = createClickHandler({ ...options, hear });
      const open = async (events: SocketEvents) => (await load()).openSocket(events, clicks.handle);
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

interface Sdk {
  readonly exchange: ExchangeWithFeishu;
  openSocket(events: SocketEvents, handle: (event: unknown) => Promise<CallbackAnswer>): SdkSocket;
}

type Lark = typeof import("@larksuiteoapi/node-sdk");

function createExchange(lark: Lark, { appId, appSecret, domain, log }: AppClientOptions): Sdk["exchange"] {
  const secrets = [appSecret];
  const http = createHttp(lark, domain);
  http.defaults.transformResponse = [(body: unknown) => body];
  // The SDK hands on whatever this returns; its types know only axios' own answers.
  http.interceptors.response.use((response) => answerOf(response) as never);
  const client = new lark.Client({
    ...{ appId, appSecret, domain, httpInstance: sdkHttp(http) },
    logger: createSdkLogger(log, { secrets }),
    loggerLevel: lark.LoggerLevel.warn,
    cache: new lark.DefaultCache(),
    disableTokenCache: true,
  });
  return async ({ method, path, query, body, headers, signal }) => {
    const request = { method, url: path, params: query, data: body, headers, signal };
    const outcome = appOutcomeOf(await client.request<FeishuAnswer>(request));
    return outcome.kind === "done" ? outcome : { ...outcome, reason: redact(outcome.reason, secrets) };
  };
}

function createSocketOpener(lark: Lark, options: AppClientOptions): Sdk["openSocket"] {
  const { appId, appSecret, domain, log, patience = PATIENCE } = options;
  const secrets = [appSecret];
  const loggerLevel = lark.LoggerLevel.warn;
  return (events, handle) => {
    const logger = createSdkLogger(log, { secrets, heardError: events.troubled });
    const endpoint = createEndpointHttp(lark, domain);
    const dispatcher = new lark.EventDispatcher({ cache: new lark.DefaultCache(), logger, loggerLevel });
    const failed = (error: unknown) => events.failed(redact(messageOf(error), secrets), endpoint.hint());
    const socket = new lark.WSClient({
      ...{ appId, appSecret, domain, logger, loggerLevel, httpInstance: sdkHttp(endpoint.http) },
      handshakeTimeoutMs: patience.handshakeMs,
      wsConfig: { pingTimeout: patience.pingSeconds },
      onReady: events.ready,
      onReconnecting: events.lost,
      onReconnected: events.ready,
      onError: failed,
    });
    socket.start({ eventDispatcher: dispatcher.register({ [CARD_ACTION_EVENT]: handle }) }).catch(failed);
    return { close: () => socket.close({ force: true }) };
  };
}

/** What asks for the address of a long connection; and what to do about the last refusal. */
function createEndpointHttp(lark: Lark, domain: string) {
  const { host } = new URL(domain);
  let hint: string | undefined;
  const http = createHttp(lark, domain);
  http.interceptors.response.use(
    ({ data }) => {
      // The SDK reads `data` before it looks at `code`, and takes its absence for trouble on the way.
      const answer = isRecord(data) ? data : { code: -1, msg: "no answer of Feishu" };
      hint = hintOfConnection(answer.code);
      return { ...answer, data: answer.data ?? {} } as never;
    },
    // As a refusal, so that we decide when to come back: the SDK would wait two minutes.
    (error: unknown) => {
      hint = hintOfReach(host);
      return { code: -1, msg: reasonOf(error, host), data: {} };
    },
  );
  return { http, hint: () => hint };
}

/** The SDK's own has no time limit, follows redirects with the token, and throws some refusals but not others. */
function createHttp(lark: Lark, domain: string) {
  return lark.defaultHttpInstance.create({
    timeout: TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    validateStatus: () => true,
    // What is on this machine is not asked for through a proxy.
    ...(isLoopback(new URL(domain)) ? { proxy: false as const } : {}),
  });
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
