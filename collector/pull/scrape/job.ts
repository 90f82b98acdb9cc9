import type { PageOrigin } from "../control-plane/page-origin.ts";
import type { NameFilter } from "../name-filter.ts";
import type { Secret } from "../secret.ts";

/** What is scraped in one way: how to ask, what to keep, and whom. */
export interface ScrapeJob {
  readonly job: string;
  /** The label `cluster` of its series, unless a target says another. */
  readonly cluster: string;
  /** `host:port`, without the port that of the scheme. */
  readonly targets: readonly string[];
  /** Labels of those targets. */
  readonly labels: Readonly<Record<string, string>>;
  /** Files with further targets; the last part of a path may have `*`. */
  readonly files: readonly string[];
  readonly origin: PageOrigin;
  readonly scheme: Scheme;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Whether a page's own label wins over the target's of the same name, instead of becoming `exported_…`. */
  readonly honorLabels: boolean;
  /** Whether times on the page are taken, instead of the time of the scrape. */
  readonly honorTimestamps: boolean;
  readonly names: NameFilter;
  readonly limits: ScrapeLimits;
  readonly credentials: Credentials;
  readonly tls: ClientTls;
}

/** `memcached` is its own protocol. */
export type Scheme = "http" | "https" | "memcached";

export interface ScrapeLimits {
  /** Of a page, unpacked. */
  readonly bodyBytes: number;
  /** Of a page, after names are left out. */
  readonly samples: number;
  /** Of a series, the target's included. */
  readonly labels: number;
  readonly labelValueCharacters: number;
  readonly targets: number;
}

export type Credentials =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  | { readonly kind: "bearer"; readonly token: Secret };

/** PEM texts. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  /** Whether a certificate that nobody vouches for is taken. */
  readonly isUnverified: boolean;
}
