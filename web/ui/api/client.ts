import type { Static, TSchema } from "typebox";
import { Check } from "typebox/value";
import { OperatorError } from "../../../core/errors.ts";
import { parseJson } from "../../../core/json.ts";
import { Problem } from "../../api/problem.ts";

/** Query parameters; undefined ones are left out. */
export type Params = { readonly [name: string]: string | number | undefined };

const REQUEST_LIMIT_MS = 30_000;

/**
 * One request to our own server. Errors: OperatorError with the server's code, detail and hint; `page.unreachable`
 * when there was no answer; `page.outdated` when the answer has not the shape this page was built for.
 */
export async function fetchJson<S extends TSchema>(
  schema: S,
  path: string,
  options: { readonly params?: Params; readonly signal?: AbortSignal } = {},
): Promise<Static<S>> {
  const url = pathWith(path, options.params);
  const body = await send(url, { signal: options.signal }, (response): Promise<unknown> => response.json());
  if (!Check(schema, body)) throw outdated(path);
  return body;
}

/** A request whose answer does not matter beyond its success. */
export async function sendJson(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<void> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  await send(path, { method, ...content }, (response) => response.text());
}

/** The limit holds for the whole answer, its body included. */
async function send<T>(url: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<T> {
  const request = new AbortController();
  const abort = (): void => request.abort();
  const limit = setTimeout(abort, REQUEST_LIMIT_MS);
  init.signal?.addEventListener("abort", abort, { once: true });
  try {
    const headers = { accept: "application/json", ...init.headers };
    const response = await fetch(url, { ...init, signal: request.signal, headers });
    if (!response.ok) throw await problemOf(response);
    return await read(response);
  } catch (cause) {
    if (cause instanceof OperatorError || init.signal?.aborted === true) throw cause;
    throw unreachable(cause);
  } finally {
    clearTimeout(limit);
    init.signal?.removeEventListener("abort", abort);
  }
}

function unreachable(cause: unknown): OperatorError {
  return new OperatorError({
    code: "page.unreachable",
    message: "the server does not answer",
    hint: "check that Nephoscope is running and that this machine reaches it",
    status: 503,
    cause,
  });
}

async function problemOf(response: Response): Promise<OperatorError> {
  const text = await response.text();
  const body = parseJson(text);
  if (Check(Problem, body)) {
    return new OperatorError({ code: body.code, message: body.detail, hint: body.hint, status: response.status });
  }
  return new OperatorError({
    code: "page.http_error",
    message: `the server answered ${response.status} ${response.statusText}`,
    hint: "something between this page and Nephoscope may have answered in its place",
    status: response.status,
  });
}

function outdated(path: string): OperatorError {
  return new OperatorError({
    code: "page.outdated",
    message: `the answer to ${path} has not the shape this page knows`,
    hint: "reload the page: the server may have been upgraded",
    status: 502,
  });
}

function pathWith(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** What an error says to the reader; an error of ours that is not for readers keeps its message. */
export function problemFrom(error: unknown): { readonly code: string; readonly detail: string; readonly hint: string } {
  if (error instanceof OperatorError) return { code: error.code, detail: error.message, hint: error.hint };
  return { code: "page.bug", detail: error instanceof Error ? error.message : String(error), hint: "reload the page" };
}
