import type { Secret } from "../pull/secret.ts";
import type { NotificationSource } from "./notifications/broker-options.ts";

export type Credentials =
  | {
      readonly kind: "password";
      readonly user: string;
      readonly userDomain: string;
      readonly project: string;
      readonly projectDomain: string;
      readonly password: Secret;
      /** Instead of the names. */
      readonly ids?: {
        readonly user: string | undefined;
        readonly project: string | undefined;
        readonly userDomain: string | undefined;
        readonly projectDomain: string | undefined;
      };
    }
  | { readonly kind: "application_credential"; readonly id: string; readonly secret: Secret };

export type EndpointInterface = "public" | "internal" | "admin";

/** One OpenStack installation and how it is asked. */
export interface CloudSource {
  /** The cluster of ours that its objects belong to. */
  readonly cluster: string;
  /** Keystone, with or without `/v3`. */
  readonly authUrl: string;
  /** Empty: every region of the catalogue. */
  readonly regions: readonly string[];
  readonly interface: EndpointInterface;
  readonly credentials: Credentials;
  /** Where Keystone and credentials are read anew for each token; undefined: they are those above. */
  readonly cloudsFile?: { readonly path: string; readonly cloud: string };
  /** PEM of the authority its certificates are from; undefined: those this machine trusts. */
  readonly ca: string | undefined;
  /** Everything is read this often. */
  readonly fullEveryMs: number;
  /** What changed is asked for this often. */
  readonly pollEveryMs: number;
  readonly limits: CloudLimits;
  /** Where its services tell of changes; undefined: they are seen by asking alone. */
  readonly notifications?: NotificationSource | undefined;
}

export interface CloudLimits {
  /** Requests at once, and each second, of all services together. */
  readonly inFlight: number;
  readonly perSecond: number;
  readonly requestMs: number;
  readonly roundMs: number;
  readonly bodyBytes: number;
  /** Of one list; a longer one is an error, not a cut. */
  readonly objects: number;
}

export const CLOUD_LIMITS: CloudLimits = {
  inFlight: 8,
  perSecond: 20,
  requestMs: 30_000,
  roundMs: 300_000,
  bodyBytes: 64_000_000,
  objects: 1_000_000,
};
