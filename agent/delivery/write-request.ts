import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { type CollectorTls, tlsOptions } from "../collector-tls.ts";

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_ANSWER_CHARS = 4_096;
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export type WriteOutcome =
  | { readonly kind: "accepted" }
  /** These lines will never be taken; `detail` is the collector's own text. */
  | { readonly kind: "rejected"; readonly status: number; readonly detail: string }
  /** Not now. `afterMs`: when the collector said so. */
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs: number | undefined }
  /** Not until somebody changes the token or the address. */
  | { readonly kind: "denied"; readonly status: number; readonly detail: string };

/** What an answer to `POST /api/v2/write` means for the batch. */
export function outcomeOf(status: number, retryAfter: string | undefined, detail: string): WriteOutcome {
  if (status >= 200 && status < 300) return { kind: "accepted" };
  if (status === 401 || status === 403 || status === 404) return { kind: "denied", status, detail };
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (isFinal) return { kind: "rejected", status, detail };
  const seconds = retryAfter === undefined ? Number.NaN : Number(retryAfter);
  const afterMs = seconds >= 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : undefined;
  return { kind: "retry", reason: `status ${status}`, afterMs };
}

export interface Writer {
  write(body: Uint8Array, headers: { readonly [name: string]: string }): Promise<WriteOutcome>;
  close(): void;
}

/** Posts over one connection that is kept open. */
export function createWriter(collectorUrl: string, tls?: CollectorTls): Writer {
  const url = new URL("/api/v2/write?precision=ms", collectorUrl);
  const isTls = url.protocol === "https:";
  const kept = { keepAlive: true, maxSockets: 1 };
  const agent = isTls ? new HttpsAgent({ ...kept, ...tlsOptions(tls) }) : new HttpAgent(kept);
  const send = isTls ? requestHttps : requestHttp;
  const attempt = (body: Uint8Array, headers: OutgoingHttpHeaders, isSecond: boolean): Promise<WriteOutcome> =>
    new Promise((resolve) => {
      const options = { method: "POST", agent, headers: { ...headers, "Content-Length": body.length } };
      const request = send(url, options, (response) => void readAnswer(response).then(resolve));
      request.setTimeout(REQUEST_TIMEOUT_MS, () => request.destroy(new Error("no answer in time")));
      request.on("error", (error) => {
        // The collector closed an idle connection at the moment it was used again: nothing is wrong.
        if (request.reusedSocket && !isSecond) resolve(attempt(body, headers, true));
        else resolve({ kind: "retry", reason: error.message, afterMs: undefined });
      });
      request.end(body);
    });
  return {
    write: (body, headers) => attempt(body, headers, false),
    close: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<WriteOutcome> {
  let text = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) if (text.length < MAX_ANSWER_CHARS) text += chunk;
  } catch {
    // The status has arrived; what the collector would have said about it is lost with the connection.
  }
  return outcomeOf(response.statusCode ?? 0, response.headers["retry-after"], text.slice(0, MAX_ANSWER_CHARS));
}
