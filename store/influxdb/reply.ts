import { HttpError } from "@influxdata/influxdb-client";
import { messageOf } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { InfluxTarget } from "./config.ts";

/** What became of one request. */
export type InfluxReply =
  | { readonly kind: "ok" }
  /** Trouble that passes: send the same again. `afterMs` is what InfluxDB asked for. */
  | { readonly kind: "retry"; readonly afterMs: number | undefined; readonly reason: string }
  /** Nothing will be taken until somebody changes something. */
  | { readonly kind: "hold"; readonly reason: string; readonly hint: string }
  /** Some of the lines, or all, will never be taken; those that are good were written. */
  | { readonly kind: "bad_lines"; readonly reason: string }
  /** More than InfluxDB takes at once. */
  | { readonly kind: "too_large"; readonly reason: string };

/** Reads what the client threw. Source of the codes: InfluxDB 1.x, 2.x and 3 API references. */
export function replyOf(thrown: unknown, target: InfluxTarget): InfluxReply {
  if (!(thrown instanceof HttpError)) {
    return { kind: "retry", afterMs: undefined, reason: `${target.url} cannot be reached: ${codeOrMessage(thrown)}` };
  }
  const status = thrown.statusCode;
  const reason = `${target.name} answered ${status}: ${bodyMessage(thrown)}`;
  if (status === 400 || status === 422) return { kind: "bad_lines", reason };
  if (status === 413) return { kind: "too_large", reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: "retry", afterMs: retryAfterMs(thrown), reason };
  }
  return { kind: "hold", reason, hint: holdHint(status, target) };
}

function holdHint(status: number, target: InfluxTarget): string {
  switch (status) {
    case 401:
      return "InfluxDB does not know these credentials: look at influxdb.token, or influxdb.username and influxdb.password";
    case 403:
      return `these credentials may not write there: give them write access to ${target.name}`;
    case 404:
      return target.creationHint;
    default:
      return `is ${target.url} an InfluxDB? look at influxdb.url`;
  }
}

/** HTTP counts in seconds, which the client takes for milliseconds; a date is not worth its own clock here. */
function retryAfterMs({ headers }: HttpError): number | undefined {
  const text = headers?.["retry-after"];
  return typeof text === "string" && /^[0-9]{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

const MAX_REASON_CHARACTERS = 300;

/** `error` in InfluxDB 1, `message` in 2 and 3; else what came. Cut, since it may repeat whole lines. */
function bodyMessage({ body, statusMessage }: HttpError): string {
  const text = jsonMessage(body) ?? body ?? statusMessage ?? "";
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_REASON_CHARACTERS ? `${line.slice(0, MAX_REASON_CHARACTERS)}…` : line;
}

function jsonMessage(body: string | undefined): string | undefined {
  if (body === undefined || !body.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    if (!isRecord(value)) return undefined;
    const message = value.error ?? value.message;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

function codeOrMessage(thrown: unknown): string {
  const code = isRecord(thrown) ? thrown.code : undefined;
  return typeof code === "string" ? code : messageOf(thrown) || "no answer";
}
