import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";

export interface Question {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** Without one it is a GET. */
  readonly body?: string | Uint8Array<ArrayBuffer> | URLSearchParams | undefined;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks and hands the reply over while it still comes in; what `use` has not read when it resolves is thrown away.
 * Errors: `store.unreachable`, `store.timeout`; the reason of the signal; what `use` throws.
 */
export async function ask<T>(
  { url, headers, body, timeoutMs, signal }: Question,
  use: (reply: Response) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const method = body === undefined ? "GET" : "POST";
    const reply = await fetch(url, { method, headers, body, redirect: "manual", signal: abort.signal });
    return await use(reply);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (isLate) throw timedOut(url, timeoutMs);
    if (thrown instanceof OperatorError || !isNetworkError(thrown)) throw thrown;
    throw unreachable(url, thrown);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    // Closes the connection of a reply that was not read to its end.
    stop();
  }
}

/** How `fetch` tells that there was no answer, and that one broke off; the reason is the cause. */
function isNetworkError(thrown: unknown): boolean {
  return thrown instanceof TypeError && (thrown.message === "fetch failed" || thrown.message === "terminated");
}

function unreachable(url: string, thrown: unknown): OperatorError {
  const cause = isRecord(thrown) ? thrown.cause : undefined;
  const why = isRecord(cause) && typeof cause.code === "string" ? cause.code : messageOf(cause ?? thrown);
  return new OperatorError({
    code: "store.unreachable",
    message: `${originOf(url)} cannot be reached: ${why}`,
    hint: "see whether the store runs, and whether a firewall stands between",
    status: 503,
    cause: thrown,
  });
}

function timedOut(url: string, timeoutMs: number): OperatorError {
  return new OperatorError({
    code: "store.timeout",
    message: `${originOf(url)} did not answer within ${timeoutMs / 1_000} s`,
    hint: "ask for a shorter time or fewer series, or see what keeps the store busy",
    status: 503,
  });
}

function originOf(url: string): string {
  return new URL(url).origin;
}

const NEWLINE = 0x0a;

/** Lines of a reply as they come in. A line longer than the bound ends it with `store.unreadable`. */
export async function* linesOf(reply: Response, maxLineBytes: number): AsyncIterable<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of reply.body ?? []) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      yield Buffer.concat(pending).toString("utf8");
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) throw unreadable(reply.url, `a line of more than ${maxLineBytes} bytes`);
  }
  if (pendingBytes > 0) yield Buffer.concat(pending).toString("utf8");
}

export function unreadable(url: string, what: string): OperatorError {
  return new OperatorError({
    code: "store.unreadable",
    message: `${originOf(url)} answered what cannot be read: ${what}`,
    hint: "is that address the store's own, and no other service's?",
    status: 503,
  });
}
