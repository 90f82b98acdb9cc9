import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isRecord } from "../../../core/json.ts";
import { problemOfCard } from "./card-shape.ts";

/**
 * A custom bot as Feishu documents it, on loopback: it checks everything Feishu checks and answers with Feishu's own
 * codes, most of them with HTTP 200. Source: open.feishu.cn, "Custom bot usage guide".
 */
export interface FakeCustomBot {
  readonly webhookUrl: string;
  /** Bodies of the messages it took, in order. */
  readonly accepted: readonly AcceptedMessage[];
  /** Every answer it gave. */
  readonly answers: readonly { readonly httpStatus: number; readonly code: number | undefined }[];
  /** Until told otherwise. */
  behave(mode: Behaviour): void;
  close(): Promise<void>;
}

export type Behaviour =
  | { readonly kind: "well" }
  /** Connections are refused at the door. */
  | { readonly kind: "down" }
  /** Takes the message, but answers only when told to behave again. */
  | { readonly kind: "silent" }
  | { readonly kind: "http_error"; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: "code"; readonly code: number };

export interface AcceptedMessage {
  readonly card: Record<string, unknown>;
  readonly colour: string;
  readonly title: string;
  readonly text: string;
  readonly atMs: number;
  /** The header, when it is one of W3C Trace Context. */
  readonly traceparent: string | undefined;
}

const MAX_BODY_BYTES = 20 * 1024;
const MAX_CLOCK_DIFFERENCE_SECONDS = 3_600;

export async function startFakeCustomBot(options: {
  readonly secret?: string;
  readonly nowMs: () => number;
}): Promise<FakeCustomBot> {
  const accepted: AcceptedMessage[] = [];
  const answers: { httpStatus: number; code: number | undefined }[] = [];
  const path = "/open-apis/bot/v2/hook/fake-token-0123456789";
  let mode: Behaviour = { kind: "well" };
  let waiting: (() => void)[] = [];

  const reply = (response: ServerResponse, code: number, msg: string, httpStatus = 200) => {
    answers.push({ httpStatus, code });
    const success = { StatusCode: 0, StatusMessage: "success", code: 0, data: {}, msg: "success" };
    response.writeHead(httpStatus, { "content-type": "application/json" });
    response.end(JSON.stringify(code === 0 ? success : { code, msg, data: {} }));
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    if (mode.kind === "http_error") {
      answers.push({ httpStatus: mode.status, code: undefined });
      const header = mode.retryAfterSeconds === undefined ? {} : { "retry-after": String(mode.retryAfterSeconds) };
      response.writeHead(mode.status, header).end("upstream trouble");
      return;
    }
    if (mode.kind === "code") return reply(response, mode.code, "told to");
    if (request.method !== "POST" || request.url !== path) return reply(response, 19001, INVALID_TOKEN);
    const refusal = refusalOf(request, body, options) ?? rateRefusal(accepted, options.nowMs());
    if (refusal !== undefined) return reply(response, refusal.code, refusal.msg);
    accepted.push(acceptedOf(request, JSON.parse(body.toString("utf8")), options.nowMs()));
    if (mode.kind === "silent") await new Promise<void>((resolve) => waiting.push(resolve));
    reply(response, 0, "success");
  };
  const server = createServer((request, response) => void handle(request, response));
  server.on("connection", (socket) => {
    if (mode.kind === "down") socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const release = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  return {
    webhookUrl: `http://127.0.0.1:${port}${path}`,
    accepted,
    answers,
    behave: (next) => {
      mode = next;
      if (next.kind === "down") server.closeAllConnections();
      if (next.kind !== "silent") release();
    },
    close: async () => {
      release();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const INVALID_TOKEN = "param invalid: incoming webhook access token invalid";

interface Refusal {
  readonly code: number;
  readonly msg: string;
}

function refusalOf(
  request: IncomingMessage,
  body: Buffer,
  { secret, nowMs }: { readonly secret?: string; readonly nowMs: () => number },
): Refusal | undefined {
  const badRequest = (msg: string) => ({ code: 9499, msg: `Bad Request: ${msg}` });
  if (!/^application\/json/.test(request.headers["content-type"] ?? "")) return badRequest("content type");
  if (body.length > MAX_BODY_BYTES) return badRequest("body is larger than 20 KB");
  let message: unknown;
  try {
    message = JSON.parse(body.toString("utf8"));
  } catch {
    return badRequest("not JSON");
  }
  if (!isRecord(message)) return badRequest("not an object");
  if (secret !== undefined && !isSigned(message, secret, nowMs())) {
    return { code: 19021, msg: "sign match fail or timestamp is not within one hour from current time" };
  }
  const { msg_type: type, card, timestamp: _timestamp, sign: _sign, ...others } = message;
  if (type === undefined) return { code: 19002, msg: "params error, msg_type need" };
  if (type !== "interactive") return badRequest(`this fake only takes cards, not ${String(type)}`);
  if (Object.keys(others).length > 0) return badRequest(`unknown ${Object.keys(others).join()}`);
  const problem = problemOfCard(card);
  return problem === undefined ? undefined : badRequest(problem);
}

function isSigned(message: Record<string, unknown>, secret: string, nowMs: number): boolean {
  const { timestamp, sign } = message;
  if (typeof timestamp !== "string" || !/^\d{10}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1_000 - Number(timestamp)) > MAX_CLOCK_DIFFERENCE_SECONDS) return false;
  return sign === createHmac("sha256", `${timestamp}\n${secret}`).digest("base64");
}

/** 5 a second and 100 a minute, over sliding windows. */
function rateRefusal(accepted: readonly AcceptedMessage[], nowMs: number): Refusal | undefined {
  const within = (ms: number) => accepted.filter(({ atMs }) => nowMs - atMs < ms).length;
  if (within(1_000) < 5 && within(60_000) < 100) return undefined;
  return { code: 11232, msg: "frequency limited psm[lark.oapi.app_platform_runtime]" };
}

function acceptedOf(
  { headers }: IncomingMessage,
  message: { card: Record<string, unknown> },
  atMs: number,
): AcceptedMessage {
  const { card } = message;
  const header = card.header as { template: string; title: { content: string } };
  const { traceparent } = headers;
  const isTrace = typeof traceparent === "string" && /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(traceparent);
  return {
    card,
    colour: header.template,
    title: header.title.content,
    text: textsIn(card).join("\n"),
    atMs,
    traceparent: isTrace ? traceparent : undefined,
  };
}

/** Every text a reader sees. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isRecord(value)) return [];
  const own = typeof value.content === "string" ? [value.content] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
