import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { redactSecrets } from "../../core/redact-secrets.ts";

/** What is never written, wherever it stands. */
const SECRET_NAME = /^(?:authorization|cookie|password|passphrase|secret|token|webhook)$/i;
const MAX_TEXT_CHARS = 2_000;

/** One line of a stream, without its end: RFC 3339 first, so that lines of all streams sort as texts. */
export function streamLine(stream: string, at: EpochMs, fields: { readonly [name: string]: unknown }): string {
  return JSON.stringify({ time: toRfc3339(at), stream, ...fields }, withoutSecret);
}

function withoutSecret(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name) && value !== undefined) return "[secret]";
  if (typeof value !== "string") return value;
  return redactSecrets(value.length > MAX_TEXT_CHARS ? `${value.slice(0, MAX_TEXT_CHARS)}…` : value);
}
