import { messageOf, OperatorError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { parseServerAddress } from "./server-address.ts";

const DEFAULT_URL = "http://127.0.0.1:8642";
const TIMEOUT_MS = 60_000;
const NDJSON = "application/x-ndjson";

/** Options of every command that asks a running server. */
export const API_FLAGS = { url: { type: "string" }, token: { type: "string" } } as const;

export interface ApiClient {
  /** The parsed JSON of a 2xx answer. Errors: what the server's problem says, or `api.unreachable`. */
  call(method: "GET" | "POST" | "DELETE", path: string, options?: ApiCall): Promise<unknown>;
  /** A long answer as it comes. Errors: the same, and what breaks off on the way. */
  download(path: string, query: Query): Promise<AsyncIterable<Uint8Array>>;
  /** A long NDJSON body; the parsed JSON of the answer. */
  upload(path: string, query: Query, body: Blob): Promise<unknown>;
}

type Query = { readonly [name: string]: string | undefined };

interface ApiCall {
  readonly query?: Query;
  readonly body?: unknown;
}

export function createApiClient(
  flags: { url?: string | undefined; token?: string | undefined },
  env: NodeJS.ProcessEnv,
): ApiClient {
  const base = parseServerAddress(flags.url ?? env.NEPHOSCOPE_URL ?? DEFAULT_URL, "--url");
  const token = flags.token ?? env.NEPHOSCOPE_TOKEN;
  const ask = async (path: string, query: Query, init: RequestInit): Promise<Response> => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const answer = await request(url, { ...init, headers });
    if (!answer.ok) throw await problemError(answer);
    return answer;
  };
  return {
    call: async (method, path, { query = {}, body } = {}) => {
      const headers: Record<string, string> = { accept: "application/json" };
      if (body !== undefined) headers["content-type"] = "application/json";
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await ask(path, query, { method, headers, signal, ...sent });
      return answer.status === 204 ? undefined : await answer.json();
    },
    download: async (path, query) => {
      const { body } = await ask(path, query, { headers: { accept: NDJSON } });
      return chunksOf(body);
    },
    upload: async (path, query, body) => {
      const headers = { accept: "application/json", "content-type": NDJSON };
      return (await ask(path, query, { method: "POST", headers, body })).json();
    },
  };
}

async function* chunksOf(body: Response["body"]): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) yield read.value;
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new OperatorError({
      code: "api.unreachable",
      message: `no answer from ${url.origin}: ${messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause)}`,
      hint: "start it with `npm start`, or name another server with --url",
      cause,
    });
  }
}

async function problemError(answer: Response): Promise<OperatorError> {
  const body: unknown = await answer.json().catch(() => undefined);
  const text = (key: string) => (isRecord(body) && typeof body[key] === "string" ? body[key] : undefined);
  return new OperatorError({
    code: text("code") ?? "api.failed",
    message: text("detail") ?? text("error") ?? `the server answered ${answer.status}`,
    hint: text("hint") ?? "see the log of the server",
    status: answer.status,
  });
}
