import type { Clock } from "../../../core/clock.ts";
import { formatTraceparent } from "../../../core/trace.ts";
import { type Timers, withDeadline } from "../../timers.ts";
import type { AnswerOutcome } from "./app-answer.ts";
import type { Ask } from "./app-methods.ts";
import type { AppOutcome, FeishuApp } from "./app-port.ts";
import { hintOfReach, outOfTime, reasonOf, TIMEOUT_MS } from "./reach.ts";
import { createTenantToken, type FetchedToken } from "./tenant-token.ts";

/** One request and its answer; throws when there is none. */
export type ExchangeWithFeishu = (request: Exchange) => Promise<AnswerOutcome>;

export interface Exchange {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly query?: { readonly [name: string]: string };
  readonly body: object;
  readonly headers: { readonly [name: string]: string };
  readonly signal: AbortSignal;
}

const TOKEN_PATH = "/open-apis/auth/v3/tenant_access_token/internal";

/** Calls with a token, within their time; once more with another token when Feishu does not take the first. */
export function createCalls(options: {
  readonly exchange: ExchangeWithFeishu;
  readonly appId: string;
  readonly appSecret: string;
  readonly domain: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly signal: AbortSignal;
}): { readonly ask: Ask; readonly warmUp: FeishuApp["warmUp"] } {
  const { exchange } = options;
  const within = createTimeLimit(options);
  // Of the client's life, not of the first caller's: others wait for the same token.
  const tokens = createTenantToken(
    () => within(options.signal, (signal) => fetchToken(options, signal)),
    options.clock,
  );
  const ask: Ask = async (request, { signal: outer, trace }) => {
    const bytes = Buffer.byteLength(JSON.stringify(request.body));
    if (bytes > request.maxBytes) {
      const reason = `the message has ${bytes} bytes of ${request.maxBytes}`;
      return { kind: "rejected", reason, hint: "shorten the annotations of the rule" };
    }
    const askOnce = async (signal: AbortSignal): Promise<AnswerOutcome> => {
      const token = await tokens.current();
      if (token.kind !== "done") return token;
      const headers = { Authorization: `Bearer ${token.value}`, traceparent: formatTraceparent(trace, true) };
      const outcome = await exchange({ ...request, headers, signal });
      if (outcome.kind === "token_refused") tokens.forget(token.value);
      return outcome;
    };
    return within(outer, async (signal) => {
      const first = await askOnce(signal);
      if (first.kind !== "token_refused") return first;
      const second = await askOnce(signal);
      return second.kind === "token_refused" ? refusedTwice(second.reason) : second;
    });
  };
  const warmUp: FeishuApp["warmUp"] = (signal) =>
    within(signal, async () => {
      const token = await tokens.current();
      return token.kind === "done" ? { kind: "done", value: undefined } : token;
    });
  return { ask, warmUp };
}

type TimeLimit = <T>(
  outer: AbortSignal,
  task: (signal: AbortSignal) => Promise<AppOutcome<T>>,
) => Promise<AppOutcome<T>>;

function createTimeLimit({ timers, domain }: { readonly timers: Timers; readonly domain: string }): TimeLimit {
  const { host } = new URL(domain);
  return async (outer, task) => {
    try {
      return await withDeadline({ timers, ms: TIMEOUT_MS, outer, outOfTime }, task);
    } catch (error) {
      return { kind: "retry", reason: reasonOf(error, host), hint: hintOfReach(host) };
    }
  };
}

async function fetchToken(
  app: { readonly exchange: ExchangeWithFeishu; readonly appId: string; readonly appSecret: string },
  signal: AbortSignal,
): Promise<AppOutcome<FetchedToken>> {
  const body = { app_id: app.appId, app_secret: app.appSecret };
  const outcome = await app.exchange({ method: "POST", path: TOKEN_PATH, body, headers: {}, signal });
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
