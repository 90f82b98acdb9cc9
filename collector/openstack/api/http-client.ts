import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Clock } from "../../../core/clock.ts";
import { isRecord, parseJson } from "../../../core/json.ts";
import { recordingTurns } from "../../../topology/recording-turns.ts";
import { ApiError, connectionError, statusError, timeoutError } from "./api-error.ts";

// Not the global fetch: that one takes no certificate authority of its own for each cloud.

export interface HttpQuestion {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the wait at once. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HttpClient {
  /**
   * Resolves with a JSON object and a status below 300.
   * Errors: ApiError. Of an aborted signal: `timeout`.
   */
  ask(question: HttpQuestion): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpClientOptions {
  readonly ca: string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly sockets: number;
  readonly clock: Clock;
}

/** Connections are one cloud's own: what hangs there takes none of another. */
export function createHttpClient({ ca, timeoutMs, maxBytes, sockets, clock }: HttpClientOptions): HttpClient {
  const kept = { keepAlive: true, maxSockets: sockets, maxFreeSockets: 4 };
  const http = new HttpAgent(kept);
  const https = new HttpsAgent({ ...kept, ca });
  return {
    ask: async (question) => {
      const where = whereOf(question.url);
      const controller = new AbortController();
      const abort = () => controller.abort();
      const timer = setTimeout(abort, timeoutMs);
      question.signal.addEventListener("abort", abort, { once: true });
      if (question.signal.aborted) abort();
      try {
        const agent = question.url.protocol === "https:" ? https : http;
        const reply = await replyTo(question, agent, controller.signal);
        return await answerOf(reply, { where, maxBytes, now: clock.now() });
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw controller.signal.aborted ? timeoutError(where, timeoutMs) : connectionError(error, where);
      } finally {
        clearTimeout(timer);
        question.signal.removeEventListener("abort", abort);
      }
    },
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

/** Host and path: a query may have names people would not want in a log. */
function whereOf(url: URL): string {
  return `${url.host}${url.pathname}`;
}

function replyTo(question: HttpQuestion, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, method = "GET", headers, body } = question;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const request = send(url, { method, agent, signal, headers: { ...headers, ...length } });
    request.once("response", resolve);
    request.once("error", (error) => {
      // The server closed the kept connection just as we used it again.
      const isClosedMeanwhile = request.reusedSocket && isRecord(error) && error.code === "ECONNRESET";
      if (isClosedMeanwhile && !signal.aborted) replyTo(question, agent, signal).then(resolve, reject);
      else reject(error);
    });
    request.end(body);
  });
}

async function answerOf(
  reply: IncomingMessage,
  { where, maxBytes, now }: { readonly where: string; readonly maxBytes: number; readonly now: number },
): Promise<HttpAnswer> {
  const status = reply.statusCode ?? 0;
  if (status >= 300) {
    // Read to its end, so that the connection may be used again; but nobody wants much of it.
    reply.resume();
    throw statusError(status, where, retryAfterMs(reply.headers["retry-after"], now));
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of reply) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a reply comes in buffers");
    bytes += chunk.length;
    if (bytes > maxBytes) {
      reply.destroy();
      throw new ApiError({
        kind: "too_large",
        message: `${where}: the answer is larger than ${maxBytes} bytes`,
        hint: "the service ignores `limit`: let it page (pagination_max_limit)",
      });
    }
    chunks.push(chunk);
  }
  // Forty clouds may answer in one turn, and a page takes some milliseconds.
  if (recordingTurns.isOver()) await recordingTurns.next();
  const body = parseJson(Buffer.concat(chunks).toString("utf8"));
  if (!isRecord(body)) {
    throw new ApiError({
      kind: "malformed",
      message: `${where}: the answer is no JSON object`,
      hint: "does the endpoint of the catalogue lead to that service, or to a page of something before it?",
    });
  }
  return { status, headers: reply.headers, body };
}

/** Seconds, or a date. Source: RFC 9110, 10.2.3. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1_000) : undefined;
}
