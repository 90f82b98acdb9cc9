import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { ask } from "../http/ask.ts";
import { createLineWriter, type LineWriter, type LineWriterOptions } from "../line-writing/line-writer.ts";
import { type LinesReply, refusalReply, type SendLines } from "../line-writing/reply.ts";
import { type VictoriaConfig, type VictoriaTarget, victoriaTarget } from "./config.ts";
import { createRestartQuestion } from "./restarts.ts";

/** Measured with version 1.79: a killed one has lost what it took in the nine seconds before. */
export const VICTORIA_SETTLE_MS = 30_000;

const TIMEOUT_MS = 10_000;
/** A delivery waits for the answer. */
const RESTARTS_TIMEOUT_MS = 2_000;
const gzipped = promisify(gzip);

/**
 * VictoriaMetrics keeps what comes twice twice, in no order: whoever reads it folds equal times of a series into one.
 * It answers 204 to lines it cannot read as well, and seconds before anything is on its disk (`VICTORIA_SETTLE_MS`).
 * Errors: `config.invalid`.
 */
export function createVictoriaWriter(
  config: VictoriaConfig,
  options: LineWriterOptions,
  log: Log,
  lifetime: Lifetime,
): LineWriter {
  const target = victoriaTarget(config);
  const { headers, metricsUrl } = target;
  const { timeoutMs = TIMEOUT_MS } = options;
  const { signal } = lifetime;
  const send = createSend(target, timeoutMs, signal);
  const writer = createLineWriter({ name: target.name, store: "victoria-metrics", send }, options, log);
  if (metricsUrl === undefined) return writer;
  const parts = { headers, timeoutMs: Math.min(timeoutMs, RESTARTS_TIMEOUT_MS), signal };
  return { ...writer, hasRestarted: createRestartQuestion(metricsUrl, parts) };
}

function createSend(target: VictoriaTarget, timeoutMs: number, signal: AbortSignal): SendLines {
  const { writeUrl } = target;
  // Measured: it costs VictoriaMetrics nothing and is a quarter of the bytes, but takes our own time, which on loopback buys nothing.
  const isFar = !/^https?:\/\/(localhost|127\.[\d.]+|\[::1\])[:/]/.test(writeUrl);
  const headers = isFar ? { ...target.headers, "content-encoding": "gzip" } : target.headers;
  return async (lines) => {
    const body = isFar ? await gzipped(lines, { level: 1 }) : lines;
    try {
      return await ask({ url: writeUrl, headers, body, timeoutMs, signal }, (reply) => read(reply, target));
    } catch (thrown) {
      if (!(thrown instanceof OperatorError) && !signal.aborted) throw thrown;
      if (!(thrown instanceof OperatorError)) return { kind: "retry", afterMs: undefined, reason: "stopping" };
      const isGone = thrown.code === "store.unreachable";
      return { kind: "retry", afterMs: undefined, reason: thrown.message, isGone };
    }
  };
}

async function read(reply: Response, target: VictoriaTarget): Promise<LinesReply> {
  const body = await reply.text();
  if (reply.status === 204 || (reply.status === 200 && body === "")) return { kind: "ok" };
  const retryAfter = reply.headers.get("retry-after") ?? undefined;
  // It says 400 for an address it does not know, too: no line is to blame then.
  const status = reply.status === 400 && body.includes("unsupported path") ? 404 : reply.status;
  const refusal = refusalReply(
    { status, body, retryAfter },
    { name: target.name, holdHint: (refused) => holdHint(refused, target, "write") },
  );
  return refusal.kind === "retry" ? { ...refusal, isGone: isGoneBehindProxy(status, body) } : refusal;
}

/**
 * A proxy that finds nobody behind it says so with one of these. VictoriaMetrics itself says 503 when it has too much to do: whoever
 * gave it all of the last half a minute again then would never come to an end.
 */
function isGoneBehindProxy(status: number, body: string): boolean {
  const isBusy = status === 503 && /\d concurrent insert/.test(body);
  return (status === 502 || status === 503 || status === 504) && !isBusy;
}

/** What to do about a status that is about the request as a whole. */
export function holdHint(status: number, target: VictoriaTarget, what: "write" | "read"): string {
  switch (status) {
    case 401:
      return "these credentials are not known there: look at victoria_metrics.token, or username and password";
    case 403:
      return `these credentials may not ${what} there: give them access to ${target.name}`;
    case 404:
      return "a single node has no tenant, a cluster needs one: look at victoria_metrics.tenant and the addresses";
    default:
      return `is ${what === "write" ? target.writeUrl : target.readUrl} VictoriaMetrics? look at victoria_metrics.url`;
  }
}
