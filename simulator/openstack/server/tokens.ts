import { randomBytes } from "node:crypto";

export type Scope =
  | { readonly kind: "project"; readonly project: string }
  | { readonly kind: "system" }
  | { readonly kind: "unscoped" };

export interface Token {
  readonly id: string;
  readonly user: "reader" | "member";
  readonly isAdmin: boolean;
  readonly scope: Scope;
  readonly methods: readonly string[];
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The oldest are forgotten beyond this, as if they had been revoked. */
const MOST_TOKENS = 2_000;

export class TokenStore {
  readonly #tokens = new Map<string, Token>();
  lifeMs: number;

  constructor(lifeMs: number) {
    this.lifeMs = lifeMs;
  }

  issue(token: Omit<Token, "id" | "issuedAt" | "expiresAt">, now: number): Token {
    const id = `gAAAAAB${randomBytes(130).toString("base64url")}`;
    const issued = { ...token, id, issuedAt: now, expiresAt: now + this.lifeMs };
    this.#tokens.set(id, issued);
    if (this.#tokens.size > MOST_TOKENS) {
      const oldest = this.#tokens.keys().next().value;
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
    return issued;
  }

  /** Undefined when it is unknown, revoked or past its time. */
  find(id: string | undefined, now: number): Token | undefined {
    const token = id === undefined ? undefined : this.#tokens.get(id);
    return token === undefined || token.expiresAt <= now ? undefined : token;
  }

  revoke(id: string): void {
    this.#tokens.delete(id);
  }

  /** All of them, at once. */
  revokeAll(): void {
    this.#tokens.clear();
  }
}
