import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { gzipSync } from "node:zlib";
import { isRecord } from "../../../core/json.ts";

/** What Telegraf makes of an answer to a batch. */
export type TelegrafOutcome =
  | { readonly kind: "delivered" }
  /** It will never be sent again. */
  | { readonly kind: "dropped"; readonly because: string }
  /** It stays in Telegraf's buffer; `afterSeconds`: when it is told to wait. */
  | { readonly kind: "kept"; readonly because: string; readonly afterSeconds?: number };

export interface TelegrafOptions {
  readonly url: string;
  readonly gzip?: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

interface Headers {
  readonly [name: string]: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly json: unknown;
}

/**
 * Sends as Go's HTTP client does: bodies of a reader have no length and come in chunks. Sources of what is sent and of how answers are
 * judged: Telegraf, plugins/outputs/influxdb/http.go and plugins/outputs/influxdb_v2/http.go.
 */
async function send(url: string, headers: Headers, body: Buffer): Promise<Answer> {
  const common = { "user-agent": "Telegraf/1.36.1 Go/1.25.1", "accept-encoding": "gzip" };
  const sent = request(url, { method: "POST", headers: { ...common, ...headers }, agent: false });
  const answered = once(sent, "response");
  for (let at = 0; at < body.length; at += 4_096) sent.write(body.subarray(at, at + 4_096));
  sent.end();
  const [reply] = (await answered) as [IncomingMessage];
  reply.setEncoding("utf8");
  let text = "";
  for await (const chunk of reply) text += String(chunk);
  return { status: reply.statusCode ?? 0, headers: reply.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const encoded = (lines: string, isGzip: boolean | undefined) => (isGzip ? gzipSync(lines) : Buffer.from(lines));

/** `outputs.influxdb`. */
export function telegrafV1({ url, gzip, username, password }: TelegrafOptions) {
  const basic = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
  const auth: Headers = username === undefined && password === undefined ? {} : { authorization: `Basic ${basic}` };
  return {
    /** At its start; the text of what went wrong, or undefined. */
    createDatabase: async (name: string): Promise<string | undefined> => {
      const form = new URLSearchParams({
        q: `CREATE DATABASE "${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
      });
      const headers = { "content-type": "application/x-www-form-urlencoded", ...auth };
      const { status, json } = await send(`${url}/query`, headers, Buffer.from(form.toString()));
      if (json === undefined) return status === 200 ? undefined : `status ${status}`;
      const results = isRecord(json) && Array.isArray(json.results) ? json.results : [];
      const error = isRecord(results[0]) && typeof results[0].error === "string" ? results[0].error : "";
      return status === 200 && error === "" ? undefined : `status ${status}: ${error}`;
    },
    write: async (lines: string, parameters = "db=telegraf"): Promise<TelegrafOutcome> => {
      const headers = {
        "content-type": "text/plain; charset=utf-8",
        ...auth,
        ...(gzip && { "content-encoding": "gzip" }),
      };
      return judgeV1(await send(`${url}/write?${parameters}`, headers, encoded(lines, gzip)));
    },
  };
}

/** Words in an error that make `outputs.influxdb` throw a batch away, whatever the status. */
const GIVES_UP_AT = [
  "retention policy not found",
  "hinted handoff queue not empty",
  "points beyond retention policy",
  "partial write",
  "unable to parse",
];

function judgeV1({ status, text, json }: Answer): TelegrafOutcome {
  if (status === 204) return { kind: "delivered" };
  if (text !== "" && json === undefined) return { kind: "kept", because: `not JSON: ${text}` };
  const because = isRecord(json) && typeof json.error === "string" ? json.error : "";
  if (because.includes("database not found")) return { kind: "kept", because };
  if (status >= 400 && status < 500) return { kind: "dropped", because };
  if (GIVES_UP_AT.some((words) => because.includes(words))) return { kind: "dropped", because };
  return { kind: "kept", because };
}

/** `outputs.influxdb_v2`. */
export function telegrafV2({ url, gzip, token = "" }: TelegrafOptions) {
  const write = async (lines: readonly string[]): Promise<readonly TelegrafOutcome[]> => {
    const headers = {
      "content-type": "text/plain; charset=utf-8",
      authorization: `Token ${token}`,
      ...(gzip && { "content-encoding": "gzip" }),
    };
    const answer = await send(`${url}/api/v2/write?bucket=b&org=o`, headers, encoded(`${lines.join("\n")}\n`, gzip));
    if (answer.status !== 413) return [judgeV2(answer)];
    // Each half on its own, and again, down to a single metric.
    if (lines.length < 2) return [{ kind: "kept", because: "too large" }];
    const middle = Math.floor(lines.length / 2);
    return [...(await write(lines.slice(0, middle))), ...(await write(lines.slice(middle)))];
  };
  return { write };
}

function judgeV2({ status, headers, json }: Answer): TelegrafOutcome {
  if ([200, 201, 202, 204, 206, 207, 208].includes(status)) return { kind: "delivered" };
  const because = isRecord(json) ? `${String(json.code)}: ${String(json.message)}` : "";
  if (status === 401 || status === 403) return { kind: "kept", because };
  if ([429, 502, 503, 504].includes(status)) {
    const told = headers["retry-after"];
    const seconds = told === undefined ? 0 : Number(told);
    return { kind: "kept", because, afterSeconds: Number.isFinite(seconds) ? Math.min(seconds, 600) : 10 };
  }
  return status >= 400 && status < 500 ? { kind: "dropped", because } : { kind: "kept", because };
}
