import { messageOf, OperatorError } from "../core/errors.ts";
import { isRecord } from "../core/json.ts";
import { parseServerAddress } from "./server-address.ts";

const DEFAULT_URL = "http://127.0.0.1:8642";
const TIMEOUT_MS = 60_000;

/** Options of every command that asks a running server. */
export const API_FLAGS = { url: { type: "string" }, token: { type: "string" } } as const;

export interface ApiClient {
  /** The parsed JSON of a 2xx answer. Errors: what the server's problem says, or `api.unreachable`. */
  call(method: "GET" | "POST" | "DELETE", path: string, options?: ApiCall): Promise<unknown>;
}

interface ApiCall {
  readonly query?: { readonly [name: string]: string | undefined };
  readonly body?: unknown;
}

export function createApiClient(
  flags: { url?: string | undefined; token?: string | undefined },
  env: NodeJS.ProcessEnv,
): ApiClient {
  const base = parseServerAddress(flags.url ?? env.NEPHOSCOPE_URL ?? DEFAULT_URL, "--url");
  const token = flags.token ?? env.NEPHOSCOPE_TOKEN;
  return {
    call: async (method, path, { query = {}, body } = {}) => {
      const url = new URL(path, base);
      for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
      const headers: Record<string, string> = { accept: "application/json" };
      if (token !== undefined) headers.authorization = `Bearer ${token}`;
      if (body !== undefined) headers["content-type"] = "application/json";
      const answer = await request(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw await problemError(answer);
      return answer.status === 204 ? undefined : await answer.json();
    },
  };
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
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
