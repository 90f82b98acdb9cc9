import type { Clock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { secretText } from "../../pull/secret.ts";
import type { Credentials } from "../cloud-source.ts";
import { ApiError } from "./api-error.ts";
import { type Catalogue, catalogueOf } from "./catalogue.ts";
import type { HttpAnswer, HttpQuestion } from "./http-client.ts";
import { type ApiObject, idAt, recordAt, recordsAt, textAt, timeAt } from "./words.ts";

export interface Token {
  /** Never to be logged. */
  readonly text: string;
  /** By the monotonic clock: a token is asked for anew from here on. */
  readonly renewAtMs: number;
  readonly catalogue: Catalogue;
  readonly projectId: string | undefined;
  readonly roles: readonly string[];
}

export interface SignIn {
  readonly authUrl: string;
  readonly credentials: Credentials;
}

export interface TokenOptions {
  /** How to sign in, each time anew. Errors: OperatorError. */
  signIn(): SignIn;
  readonly clock: Clock;
  ask(question: Omit<HttpQuestion, "signal">): Promise<HttpAnswer>;
}

/** A token is renewed when this share of its life is left, and this long before its end at least. */
const SPARE_SHARE = 0.1;
const SPARE_MS = 60_000;
const NO_EXPIRY_MS = 600_000;
/** After a refusal Keystone is left alone for so long: a user may be locked who tries too often. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

/** The one token of a cloud: asked for once for all that want it, and again before it ends or when it was refused. */
export class TokenKeeper {
  readonly #options: TokenOptions;
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;
  #refusal: { readonly error: unknown; readonly untilMs: number; readonly pauseMs: number } | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Errors: ApiError; after a refusal the same one again until the pause is over. */
  current(): Promise<Token> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#token !== undefined && nowMs < this.#token.renewAtMs) return Promise.resolve(this.#token);
    if (this.#refusal !== undefined && nowMs < this.#refusal.untilMs) return Promise.reject(this.#refusal.error);
    this.#asking ??= this.#askAnew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** A service did not take it. One that was replaced meanwhile is no matter. */
  refused(token: Token): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #askAnew(): Promise<Token> {
    try {
      const token = await this.#ask();
      this.#token = token;
      this.#refusal = undefined;
      return token;
    } catch (error) {
      const pauseMs = Math.min((this.#refusal?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
      const waitMs = Math.max(pauseMs, error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0);
      this.#refusal = { error, untilMs: this.#options.clock.monotonicMs() + waitMs, pauseMs };
      throw error;
    }
  }

  async #ask(): Promise<Token> {
    const { signIn, clock, ask } = this.#options;
    const { authUrl, credentials } = signedInBy(signIn);
    const askedAtMs = clock.monotonicMs();
    const { headers, body } = await ask({
      url: new URL(`${keystoneBase(authUrl)}/auth/tokens`),
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ auth: await authOf(credentials) }),
    });
    const text = headers["x-subject-token"];
    const token = recordAt(body, "token");
    if (typeof text !== "string" || text === "") {
      throw new ApiError({
        kind: "malformed",
        message: "Keystone's answer has no X-Subject-Token",
        hint: "is auth_url that of Keystone's API version 3?",
      });
    }
    return {
      text,
      renewAtMs: askedAtMs + lifeMs(token, clock.now()),
      catalogue: catalogueOf(recordsAt(token, "catalog")),
      projectId: idAt(recordAt(token, "project")),
      roles: recordsAt(token, "roles").flatMap((role) => textAt(role, "name") ?? []),
    };
  }
}

/** Both ends are by Keystone's clock, whatever ours says. */
function lifeMs(token: ApiObject, nowMs: number): number {
  const expires = timeAt(token, "expires_at");
  const life = expires === undefined ? NO_EXPIRY_MS : expires - (timeAt(token, "issued_at") ?? nowMs);
  return Math.max(1_000, life - Math.max(life * SPARE_SHARE, Math.min(SPARE_MS, life / 2)));
}

export function keystoneBase(authUrl: string): string {
  const url = authUrl.replace(/\/+$/, "");
  return /\/v3$/.test(url) ? url : `${url.replace(/\/v2\.0$/, "")}/v3`;
}

/** Source: OpenStack Identity API v3, POST /v3/auth/tokens. */
async function authOf(credentials: Credentials): Promise<object> {
  switch (credentials.kind) {
    case "application_credential": {
      const secret = await textOfSecret(credentials.secret, "secret_file");
      return {
        identity: {
          methods: ["application_credential"],
          application_credential: { id: credentials.id, secret },
        },
      };
    }
    case "password": {
      const { user, userDomain, project, projectDomain, ids } = credentials;
      const password = await textOfSecret(credentials.password, "password_file");
      return {
        identity: {
          methods: ["password"],
          password: { user: { ...named(user, ids?.user, userDomain, ids?.userDomain), password } },
        },
        scope: { project: named(project, ids?.project, projectDomain, ids?.projectDomain) },
      };
    }
  }
}

/** An id says all; a name is one of a domain. */
function named(name: string, id: string | undefined, domain: string, domainId: string | undefined): object {
  if (id !== undefined) return { id };
  return { name, domain: domainId === undefined ? { name: domain } : { id: domainId } };
}

function signedInBy(signIn: TokenOptions["signIn"]): SignIn {
  try {
    return signIn();
  } catch (cause) {
    if (!(cause instanceof OperatorError)) throw cause;
    throw new ApiError({ kind: "unauthorized", message: cause.message, hint: cause.hint, cause });
  }
}

async function textOfSecret(secret: Parameters<typeof secretText>[0], key: string): Promise<string> {
  const text = await secretText(secret);
  if (typeof text === "string") return text;
  throw new ApiError({ kind: "unauthorized", message: `${key}: ${text.reason}`, hint: text.hint });
}
