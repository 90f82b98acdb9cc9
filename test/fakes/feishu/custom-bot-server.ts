import { createHmac } from "node:crypto";
import { isRecord } from "../../../core/json.ts";
import { problemOfCard } from "./card-shape.ts";
import { type Behaviour, type FakeAnswer, type ReceivedRequest, startLoopbackServer } from "./loopback-server.ts";

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
  const answer = (request: ReceivedRequest): FakeAnswer => {
    const refusal =
      request.method !== "POST" || request.url !== path
        ? { code: 19001, msg: INVALID_TOKEN }
        : (refusalOf(request, options) ?? rateRefusal(accepted, options.nowMs()));
    if (refusal !== undefined) return { httpStatus: 200, body: { ...refusal, data: {} } };
    accepted.push(acceptedOf(request, options.nowMs()));
    return { httpStatus: 200, body: { StatusCode: 0, StatusMessage: "success", code: 0, data: {}, msg: "success" } };
  };
  const { origin, behave, close } = await startLoopbackServer({
    answer,
    answered: (_request, httpStatus, code) => answers.push({ httpStatus, code }),
  });
  return { webhookUrl: `${origin}${path}`, accepted, answers, behave, close };
}

const INVALID_TOKEN = "param invalid: incoming webhook access token invalid";

interface Refusal {
  readonly code: number;
  readonly msg: string;
}

function refusalOf(
  { headers, body }: ReceivedRequest,
  { secret, nowMs }: { readonly secret?: string; readonly nowMs: () => number },
): Refusal | undefined {
  const badRequest = (msg: string) => ({ code: 9499, msg: `Bad Request: ${msg}` });
  if (!/^application\/json/.test(headers["content-type"] ?? "")) return badRequest("content type");
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

function acceptedOf({ headers, body }: ReceivedRequest, atMs: number): AcceptedMessage {
  const { card } = JSON.parse(body.toString("utf8")) as { card: Record<string, unknown> };
  const header = card.header as { template: string; title: { content: string } };
  return {
    card,
    colour: header.template,
    title: header.title.content,
    text: textsIn(card).join("\n"),
    atMs,
    traceparent: traceparentOf(headers),
  };
}

/** Undefined for what is no header of W3C Trace Context. */
export function traceparentOf({ traceparent }: ReceivedRequest["headers"]): string | undefined {
  const isTrace = typeof traceparent === "string" && /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(traceparent);
  return isTrace ? traceparent : undefined;
}

/** Every text a reader sees. */
export function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (!isRecord(value)) return [];
  const own = typeof value.content === "string" ? [value.content] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}
