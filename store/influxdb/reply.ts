import { HttpError } from "@influxdata/influxdb-client";
import { messageOf } from "../../core/errors.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import { type LinesReply, refusalReply } from "../line-writing/reply.ts";
import type { InfluxTarget } from "./config.ts";

/** Reads what the client threw. Source of the codes: InfluxDB 1.x, 2.x and 3 API references. */
export function replyOf(thrown: unknown, target: InfluxTarget): LinesReply {
  if (!(thrown instanceof HttpError)) {
    return { kind: "retry", afterMs: undefined, reason: `${target.url} cannot be reached: ${codeOrMessage(thrown)}` };
  }
  const { statusCode, body, statusMessage, headers } = thrown;
  const retryAfter = headers?.["retry-after"];
  return refusalReply(
    {
      status: statusCode,
      body: influxMessage(body) ?? body ?? statusMessage,
      retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
    },
    { name: target.name, holdHint: (status) => holdHint(status, target, "write") },
  );
}

/** What to do about a status that is about the request as a whole. */
export function holdHint(status: number, target: InfluxTarget, what: "write" | "read"): string {
  switch (status) {
    case 401:
      return "InfluxDB does not know these credentials: look at influxdb.token, or influxdb.username and influxdb.password";
    case 403:
      return `these credentials may not ${what} there: give them ${what} access to ${target.name}`;
    case 404:
      return what === "write" ? target.creationHint : target.readingHint;
    default:
      return `is ${target.url} an InfluxDB? look at influxdb.url`;
  }
}

/** `error` in InfluxDB 1, `message` in 2 and 3; undefined when the body is something else. */
export function influxMessage(body: string | undefined): string | undefined {
  if (body === undefined || !body.trimStart().startsWith("{")) return undefined;
  const value = parseJson(body);
  if (!isRecord(value)) return undefined;
  const message = value.error ?? value.message;
  return typeof message === "string" ? message : undefined;
}

function codeOrMessage(thrown: unknown): string {
  const code = isRecord(thrown) ? thrown.code : undefined;
  return typeof code === "string" ? code : messageOf(thrown) || "no answer";
}
