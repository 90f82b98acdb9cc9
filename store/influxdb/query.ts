import { OperatorError } from "../../core/errors.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import { ask, linesOf, unreadable } from "../http/ask.ts";
import { shortMessage } from "../line-writing/reply.ts";
import type { InfluxTarget } from "./config.ts";
import { holdHint, influxMessage } from "./reply.ts";

/** Some rows of a series; more of it may follow. */
export interface InfluxRows {
  /** Which of the statements asked for it, from 0. */
  readonly statement: number;
  readonly tags: { readonly [tag: string]: string };
  /** The measurement. */
  readonly name: string;
  readonly rows: readonly (readonly unknown[])[];
}

export interface InfluxQuestion {
  /** InfluxQL, several statements apart by semicolons. */
  readonly statements: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const ROWS_PER_CHUNK = 10_000;
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/**
 * Asks in InfluxQL and hands on what comes, chunk by chunk, times in milliseconds.
 * Errors: `store.unreachable`, `store.timeout`, `store.unreadable`, `store.refused`; the reason of the signal.
 */
export async function queryInflux(
  target: InfluxTarget,
  { statements, timeoutMs, signal }: InfluxQuestion,
  take: (rows: InfluxRows) => void,
): Promise<void> {
  const body = new URLSearchParams({
    db: target.database,
    q: statements,
    epoch: "ms",
    chunked: "true",
    chunk_size: String(ROWS_PER_CHUNK),
    ...(target.retentionPolicy === undefined ? {} : { rp: target.retentionPolicy }),
  });
  await ask({ url: `${target.url}/query`, headers: target.headers, body, timeoutMs, signal }, async (reply) => {
    if (reply.status !== 200) throw refused(target, reply.status, await reply.text());
    for await (const line of linesOf(reply, MAX_CHUNK_BYTES)) {
      if (line.trim() === "") continue;
      for (const rows of parseChunk(line, target)) take(rows);
    }
  });
}

function* parseChunk(line: string, target: InfluxTarget): Iterable<InfluxRows> {
  const value = parseJson(line);
  if (!isRecord(value)) throw unreadable(target.url, shortMessage(line));
  if (typeof value.error === "string") throw failed(target, value.error);
  for (const result of listOf(value.results)) {
    if (!isRecord(result)) continue;
    if (typeof result.error === "string") throw failed(target, result.error);
    for (const series of listOf(result.series)) {
      if (!isRecord(series)) continue;
      yield {
        statement: typeof result.statement_id === "number" ? result.statement_id : 0,
        name: String(series.name ?? ""),
        tags: tagsOf(series.tags),
        rows: listOf(series.values).filter((row) => Array.isArray(row)),
      };
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** InfluxDB tells an absent tag as an empty one. By entries, since a tag may be called `__proto__`. */
function tagsOf(value: unknown): { readonly [tag: string]: string } {
  if (!isRecord(value)) return {};
  const entries = Object.entries(value).map(([tag, text]) => [tag, String(text ?? "")] as const);
  return Object.fromEntries(entries.filter(([, text]) => text !== ""));
}

/** Answered with 200, the error inside: what 1.x does with most, and 2.x with a bucket that InfluxQL does not know. */
function failed(target: InfluxTarget, message: string): OperatorError {
  return refusal(target, shortMessage(message), isNotFound(message) ? 404 : undefined);
}

function refused(target: InfluxTarget, status: number, body: string): OperatorError {
  const message = shortMessage(influxMessage(body) ?? body);
  return refusal(target, `${status}: ${message}`, isNotFound(message) ? 404 : status);
}

function isNotFound(message: string): boolean {
  return /database not found|retention policy not found|dbrp|mapping/i.test(message);
}

const BUSY_HINT = "see InfluxDB's own log; a query it finds too large is answered for a shorter time or fewer series";

function refusal(target: InfluxTarget, answer: string, status: number | undefined): OperatorError {
  const isBusy = status === undefined || status === 400 || status === 429 || status >= 500;
  return new OperatorError({
    code: "store.refused",
    message: `${target.name} answered a query with ${answer}`,
    hint: isBusy ? BUSY_HINT : holdHint(status, target, "read"),
    status: 503,
  });
}
