import { randomBytes } from "node:crypto";
import type { Refusal, Tenant } from "./app-tenant.ts";
import type { FakeAnswer, ReceivedRequest } from "./loopback-server.ts";

const LIFETIME_MS = 2 * 3_600_000;
/** Who asks earlier than this before the end gets the same token again; afterwards a new one, and both are good. */
const RENEWED_BEFORE_END_MS = 30 * 60_000;

/** Source: open.feishu.cn, "Get custom app's tenant_access_token". */
export function tenantAccessToken(tenant: Tenant, body: Record<string, unknown>): FakeAnswer | Refusal {
  const { appId, appSecret, nowMs } = tenant.options;
  const { app_id: id, app_secret: secret, ...others } = body;
  if (typeof id !== "string" || typeof secret !== "string" || Object.keys(others).length > 0) {
    return { answer: { httpStatus: 200, body: { code: 10003, msg: "invalid param" } }, violation: "token parameters" };
  }
  if (id !== appId) return { answer: { httpStatus: 200, body: { code: 10003, msg: "invalid param" } } };
  if (secret !== appSecret) return { answer: { httpStatus: 200, body: { code: 10014, msg: "app secret invalid" } } };
  const now = nowMs();
  const lasting = [...tenant.tokens].find(([, { expiresAtMs }]) => expiresAtMs - now >= RENEWED_BEFORE_END_MS);
  const [token, { expiresAtMs }] = lasting ?? [
    `t-${randomBytes(18).toString("hex")}`,
    { expiresAtMs: now + LIFETIME_MS },
  ];
  tenant.tokens.set(token, { expiresAtMs });
  const expire = Math.floor((expiresAtMs - now) / 1_000);
  return { httpStatus: 200, body: { code: 0, msg: "ok", tenant_access_token: token, expire } };
}

/** Undefined for a caller that may ask. */
export function unauthorized(tenant: Tenant, { headers }: ReceivedRequest): Refusal | undefined {
  const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? "") ?? [];
  if (token === undefined) {
    const body = { code: 99991661, msg: "Missing access token for authorization. Please make a test attempt." };
    return { answer: { httpStatus: 400, body }, violation: "no access token" };
  }
  const known = tenant.tokens.get(token);
  if (known !== undefined && known.expiresAtMs > tenant.options.nowMs()) return undefined;
  const body = { code: 99991663, msg: "Invalid access token for authorization. Please make a test attempt." };
  // A token can end before its time; one used after its time could have been renewed.
  return { answer: { httpStatus: 400, body }, violation: known === undefined ? undefined : "an expired token" };
}

/** Undefined when the app was granted one of these. */
export function lacksScope(tenant: Tenant, anyOf: readonly string[]): Refusal | undefined {
  if (anyOf.some((scope) => tenant.options.scopes.includes(scope))) return undefined;
  const msg = `Access denied. One of the following scopes is required: [${anyOf.join(", ")}].`;
  return { answer: { httpStatus: 400, body: { code: 99991672, msg } } };
}

/** Undefined when the app may ask again now. Source: open.feishu.cn, "Rate limits". */
export function tooOften(tenant: Tenant, api: string): Refusal | undefined {
  const limit = tenant.perApi(api).take(tenant.options.nowMs());
  if (limit === undefined) return undefined;
  return {
    answer: {
      httpStatus: tenant.options.rateLimitStatus,
      headers: {
        "x-ogw-ratelimit-limit": String(limit.most),
        "x-ogw-ratelimit-reset": String(Math.ceil(limit.waitMs / 1_000)),
      },
      body: { code: 99991400, msg: "request trigger frequency limit" },
    },
    violation: `more than ${limit.most} requests of the app`,
  };
}
