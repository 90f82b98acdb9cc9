import type { FastifyReply } from "fastify";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { totalOf } from "../../store/embedded/metrics/refused.ts";
import type { CheckedBody, RefusedLine } from "./check-lines.ts";

/** Whose API a request speaks: their error bodies differ. */
export type InfluxApi = "v1" | "v2";

/** The InfluxDB whose APIs are spoken here: the last that has `/write`, `/api/v2/write`, `/query` and `/health` alike. */
export const INFLUXDB_VERSION = "1.8.10";
export const VERSION_HEADERS = { "x-influxdb-build": "OSS", "x-influxdb-version": INFLUXDB_VERSION } as const;

/** Source: InfluxDB 2 API reference, schema Error. */
const CODES: { readonly [status: number]: string } = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  413: "request too large",
  415: "invalid",
  429: "too many requests",
  503: "unavailable",
};

/** InfluxDB 1 cuts its header with the error at this length. */
const MAX_HEADER_CHARACTERS = 1_024;
const UNAVAILABLE_RETRY_SECONDS = 5;

/** Answers with an error as InfluxDB of that version writes it. */
export function sendRefusal(reply: FastifyReply, api: InfluxApi, status: number, message: string): FastifyReply {
  reply.code(status).type("application/json").headers(VERSION_HEADERS);
  if (api === "v1") {
    return reply.header("x-influxdb-error", headerText(message)).send({ error: message });
  }
  const code = CODES[status] ?? "internal error";
  return reply.header("x-platform-error-code", code).send({ code, message });
}

/**
 * Answers that the body was not taken and may be sent again. Telegraf's `outputs.influxdb` throws away what a 4xx is answered to, 429
 * too, and keeps what a 5xx is; all that speak the newer API know 429.
 */
export function sendLater(reply: FastifyReply, api: InfluxApi, seconds: number, message: string): FastifyReply {
  return sendRefusal(reply.header("retry-after", String(seconds)), api, api === "v1" ? 503 : 429, message);
}

/** What can be told to a sender is told in InfluxDB's words; anything else is for the server's own error handler. */
export function sendError(reply: FastifyReply, api: InfluxApi, error: unknown): FastifyReply {
  if (error instanceof OperatorError) {
    const message = `${error.message}; ${error.hint}`;
    if (error.status === 429) return sendLater(reply, api, UNAVAILABLE_RETRY_SECONDS, message);
    if (error.status === 503) reply.header("retry-after", String(UNAVAILABLE_RETRY_SECONDS));
    return sendRefusal(reply, api, error.status, message);
  }
  const status = isRecord(error) && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 500) throw error;
  return sendRefusal(reply, api, status, error instanceof Error ? error.message : "the request was refused");
}

function headerText(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_HEADER_CHARACTERS);
}

/** What was wrong with the lines that were refused, the first few of them one by one. */
export function refusalMessage({ accepted, refused, tooManySeries, outsideTime, examples }: CheckedBody): string {
  const shown = examples.map(describe).join("; ");
  const more = refused > examples.length ? `; and ${refused - examples.length} more` : "";
  const hint =
    (totalOf(tooManySeries) > 0 ? TOO_MANY_SERIES_HINT : "") +
    (outsideTime.tooOld + outsideTime.tooNew > 0 ? OUTSIDE_TIME_HINT : "");
  return accepted > 0 ? `partial write: ${shown}${more}${hint} dropped=${refused}` : `${shown}${more}${hint}`;
}

const TOO_MANY_SERIES_HINT = " (leave out the tag or field that has too many values, or raise that limit)";
const OUTSIDE_TIME_HINT =
  " (look at the sender's clock and at the parameter `precision`: times are nanoseconds unless it says s, ms or us)";
const WORDS: { readonly [kind in RefusedLine["kind"]]: string } = {
  malformed: "unable to parse",
  forbidden: "not allowed:",
  outside_time: "points beyond retention policy:",
  too_many_series: "max-series limit exceeded:",
};

function describe({ kind, text, message, line, column }: RefusedLine): string {
  return `${WORDS[kind]} '${text}': ${message} at line ${line}, column ${column}`;
}
