import type { Secret } from "../secret.ts";

/** Switches that are asked in one way. */
export interface SnmpJob {
  readonly job: string;
  readonly cluster: string;
  /** `host` or `host:port`; without the port 161. */
  readonly targets: readonly string[];
  /** Further labels of their series. */
  readonly labels: Readonly<Record<string, string>>;
  readonly access: SnmpAccess;
  readonly intervalMs: number;
  /** Of all of a round. */
  readonly timeoutMs: number;
  /** Of one request, and how often it is sent again. */
  readonly requestTimeoutMs: number;
  readonly retries: number;
  /** Rows asked for at once. */
  readonly maxRepetitions: number;
}

export type AuthProtocol = "md5" | "sha" | "sha224" | "sha256" | "sha384" | "sha512";
export type PrivacyProtocol = "des" | "aes" | "aes256b" | "aes256r";

export type SnmpAccess =
  | { readonly kind: "v2c"; readonly community: Secret }
  | {
      readonly kind: "v3";
      readonly user: string;
      /** Undefined where the switch asks for none. */
      readonly auth: { readonly protocol: AuthProtocol; readonly password: Secret } | undefined;
      /** Only with `auth`. */
      readonly privacy: { readonly protocol: PrivacyProtocol; readonly password: Secret } | undefined;
    };
