import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { messageOf, OperatorError } from "../../core/errors.ts";

/** How a PostgreSQL database is reached. */
export interface PostgresSettings {
  /** A name, an address, or the folder of a Unix socket, which begins with `/`. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined where the server trusts the user without (`peer`, `trust`). */
  readonly password?: string | undefined;
  readonly tls: PostgresTls;
}

/** `verify` checks the server's certificate and its name, with `caFile` (PEM) where the authority is a private one. */
export type PostgresTls = { readonly kind: "off" } | { readonly kind: "verify"; readonly caFile?: string | undefined };

/** What a database is called in messages; never with the password. */
export function placeOf({ host, port, database }: PostgresSettings): string {
  return `PostgreSQL database ${database} at ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Errors: OperatorError `store.unreadable` when the authority's file cannot be read. */
export function tlsOptions(settings: PostgresSettings): ConnectionOptions | false {
  const { tls } = settings;
  if (tls.kind === "off") return false;
  if (tls.caFile === undefined) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: readFileSync(tls.caFile, "utf8") };
  } catch (cause) {
    throw new OperatorError({
      code: "store.unreadable",
      message: `cannot read the authority of ${placeOf(settings)}: ${messageOf(cause)}`,
      hint: "check topology.postgres.ca_file, and that this user may read it",
      status: 503,
      cause,
    });
  }
}
