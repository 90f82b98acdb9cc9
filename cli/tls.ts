import { readFileSync } from "node:fs";
import { messageOf, OperatorError } from "../core/errors.ts";
import type { Config } from "./config/schema.ts";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What this server shows to its callers; undefined for plain HTTP. Errors: `tls.unreadable`. */
export function readCertificate({ listen }: Config): Certificate | undefined {
  const { tls_cert_file, tls_key_file } = listen;
  if (tls_cert_file === undefined || tls_key_file === undefined) return undefined;
  return {
    cert: readPem(tls_cert_file, "listen.tls_cert_file"),
    key: readPem(tls_key_file, "listen.tls_key_file"),
  };
}

/** The private authority an agent believes. Errors: `tls.unreadable`. */
export function readAuthority({ agent }: Config): string | undefined {
  return agent.ca_file === undefined ? undefined : readPem(agent.ca_file, "agent.ca_file");
}

export function readPem(path: string, setting: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.includes("-----BEGIN ")) return text;
    throw new Error("it is not a PEM file");
  } catch (cause) {
    throw new OperatorError({
      code: "tls.unreadable",
      message: `cannot read ${path}: ${messageOf(cause)}`,
      hint: `check ${setting}, and that this user may read the file`,
      cause,
    });
  }
}
