import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Access, type Identity, mayAccess, type Role } from "../../core/access.ts";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { HttpServer } from "./http.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who is calling; undefined when nobody said so. */
    identity: Identity | undefined;
  }
  interface FastifyContextConfig {
    /** Every route says what it asks of its caller; a route that does not is refused at start. */
    access?: Access;
  }
}

export interface TokenHolders {
  readonly people: readonly { readonly name: string; readonly role: Role; readonly token_sha256: string }[];
  readonly agents: readonly {
    readonly name: string;
    readonly hosts: readonly string[];
    readonly token_sha256: string;
  }[];
}

export interface AccessCheck {
  /** `loopback`: no tokens are configured, whoever is on this machine may do everything. */
  readonly mode: "loopback" | "tokens";
  /** Who sends these headers, on HTTP and on sockets alike. Throws `access.foreign_page` for a page of another site. */
  identify(headers: IncomingHttpHeaders): Identity | undefined;
  /** Who has this token. */
  identifyToken(token: string | undefined): Identity | undefined;
}

export const TOKEN_COOKIE = "nephoscope_token";

/** Tokens are kept as SHA-256 only and compared in constant time. */
export function createAccessCheck(holders: TokenHolders): AccessCheck {
  const known = [
    ...holders.people.map(({ name, role, token_sha256 }) => ({
      hash: Buffer.from(token_sha256, "hex"),
      identity: { kind: "person", name, role } satisfies Identity,
    })),
    ...holders.agents.map(({ name, hosts, token_sha256 }) => ({
      hash: Buffer.from(token_sha256, "hex"),
      identity: { kind: "agent", name, hosts } satisfies Identity,
    })),
  ];
  const mode = known.length === 0 ? "loopback" : "tokens";
  const identifyToken = (token: string | undefined): Identity | undefined => {
    if (mode === "loopback") return { kind: "loopback" };
    if (token === undefined || token === "") return undefined;
    const hash = createHash("sha256").update(token).digest();
    let found: Identity | undefined;
    for (const holder of known) if (timingSafeEqual(holder.hash, hash)) found = holder.identity;
    return found;
  };
  return {
    mode,
    identifyToken,
    identify: (headers) => {
      if (mode === "loopback") refuseForeignHost(headers);
      refuseForeignOrigin(headers);
      return identifyToken(tokenOf(headers));
    },
  };
}

/** Routes that plugins make, which cannot say so themselves. */
const BY_PREFIX: readonly (readonly [prefix: string, access: Access])[] = [
  ["/docs", "viewer"],
  ["/assets/", "public"],
];

/** Puts `identity` on every request and refuses those that may not call their route. */
export function registerAccess(app: HttpServer, check: AccessCheck): void {
  app.decorateRequest("identity", undefined);
  app.addHook("onRoute", (route) => {
    const access = route.config?.access ?? BY_PREFIX.find(([prefix]) => route.url.startsWith(prefix))?.[1];
    if (access === undefined) throw new Error(`${route.url} does not say who may call it`);
    route.config = { ...route.config, access };
  });
  app.addHook("onRequest", async (request) => {
    const access = request.routeOptions.config.access ?? "viewer";
    request.identity = check.identify(request.headers);
    if (request.identity === undefined && access === "agent") {
      request.identity = check.identifyToken(passwordOf(request.query));
    }
    if (request.is404 || mayAccess(request.identity, access)) return;
    throw request.identity === undefined ? unauthenticated() : forbidden(access);
  });
}

function unauthenticated(): OperatorError {
  return new OperatorError({
    code: "access.token_needed",
    message: "this needs a token",
    hint: "send `Authorization: Bearer <token>`, or sign in on the page; an administrator makes tokens with `nephoscope token`",
    status: 401,
  });
}

function forbidden(access: Access): OperatorError {
  return new OperatorError({
    code: "access.forbidden",
    message: `this needs the role ${access}`,
    hint: "ask an administrator for a token with that role",
    status: 403,
  });
}

/** Without tokens, a page of another site could reach this server under a name it controls (DNS rebinding). */
function refuseForeignHost(headers: IncomingHttpHeaders): void {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  if (name === "localhost" || name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name)) return;
  throw new OperatorError({
    code: "access.foreign_host",
    message: `no tokens are configured, so this server answers only to the names of this machine, not to ${JSON.stringify(name)}`,
    hint: "open it as http://127.0.0.1, or configure tokens under `access`",
    status: 403,
  });
}

/** A browser names the page a request comes from; only our own page may use the cookie or the open loopback. */
function refuseForeignOrigin(headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new OperatorError({
    code: "access.foreign_page",
    message: "the request comes from a page of another site",
    hint: "programs should send no Origin header; people should open Nephoscope's own page",
    status: 403,
  });
}

/** Clients of InfluxDB that know names and passwords only give the token as the password; the name is not looked at. */
function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const [scheme = "", credentials = ""] = (headers.authorization ?? "").split(" ");
  if (/^bearer$/i.test(scheme)) return credentials;
  if (/^token$/i.test(scheme)) return behindName(credentials);
  if (/^basic$/i.test(scheme)) return behindName(Buffer.from(credentials, "base64").toString());
  for (const pair of (headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=");
    if (name === TOKEN_COOKIE) return value;
  }
  return undefined;
}

function behindName(credentials: string): string {
  return credentials.slice(credentials.indexOf(":") + 1);
}

/** `u` and `p` of InfluxDB 1: where a program writes to, never where a person looks. */
function passwordOf(query: unknown): string | undefined {
  return isRecord(query) && typeof query.p === "string" ? query.p : undefined;
}
