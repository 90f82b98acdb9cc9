import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from "fastify";
import { Type } from "typebox";
import type { Identity } from "../../core/access.ts";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { parsePrecision } from "../line-protocol/precision.ts";
import type { Encoding } from "../spool/frame.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { errorBody, type InfluxApi } from "./influx-reply.ts";
import type { BodyWriter, ReceivedBody } from "./write-body.ts";

/** What this registers routes on; the server of `web/server` is one. */
export type IngestApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface IngestDeps {
  readonly writer: BodyWriter;
  /** Who sends a request, as the access check found out. A sender nobody knows may write no host. */
  readonly identityOf: (request: FastifyRequest) => Identity | undefined;
  readonly limits?: IngestLimits | undefined;
}

export interface IngestLimits extends AdmissionLimits {
  readonly bodyBytes: number;
}

export const INGEST_LIMITS: IngestLimits = { bodies: 256, bytes: 64 * 1024 * 1024, bodyBytes: 16 * 1024 * 1024 };

/** The InfluxDB whose write API this speaks: the last that has `/write`, `/api/v2/write` and `/health` alike. */
const INFLUXDB_VERSION = "1.8.10";
const LATER_REASONS = {
  spool_full: "the spool is full: a store it feeds is behind",
  busy: "too many bodies are being inflated",
} as const;
const BUSY_RETRY_SECONDS = 1;
const UNAVAILABLE_RETRY_SECONDS = 5;

const WriteQuery = Type.Object({
  precision: Type.Optional(Type.String({ description: "unit of the times: ns (default), us or u, ms, s, m, h" })),
  org: Type.Optional(Type.String({ description: "taken and not looked at" })),
  bucket: Type.Optional(Type.String({ description: "taken and not looked at" })),
  db: Type.Optional(Type.String({ description: "taken and not looked at" })),
});

/** Line protocol in, as InfluxDB 1 and 2 take it, and what their clients ask before they write. */
export function registerIngest(app: IngestApp, deps: IngestDeps): void {
  const limits = deps.limits ?? INGEST_LIMITS;
  const admission = new Admission(limits);
  app.register(async (scope: IngestApp) => {
    // Whatever a sender calls its body, it is line protocol; it is kept as it came.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: limits.bodyBytes },
      async (_request: unknown, body: unknown) => body,
    );
    registerWrite(scope, "v1", "/write", { deps, limits, admission });
    registerWrite(scope, "v2", "/api/v2/write", { deps, limits, admission });
  });
  registerChecks(app);
}

interface WriteParts {
  readonly deps: IngestDeps;
  readonly limits: IngestLimits;
  readonly admission: Admission;
}

function registerWrite(scope: IngestApp, api: InfluxApi, path: string, { deps, limits, admission }: WriteParts): void {
  scope.post(path, {
    config: { access: "agent" },
    bodyLimit: limits.bodyBytes,
    // The bodies are spooled as they come, so nothing may inflate them on the way.
    ...{ decompress: false },
    schema: { tags: ["metrics"], summary: "Write metrics as InfluxDB line protocol", querystring: WriteQuery },
    onRequest: async (request, reply) => {
      const leave = admission.enter(announcedBytes(request.headers, limits.bodyBytes));
      if (leave === undefined) return sendLater(reply, api, BUSY_RETRY_SECONDS, "too many bodies are being received");
      reply.raw.once("close", leave);
    },
    errorHandler: (error, _request, reply) => sendError(reply, api, error),
    handler: async (request, reply) => {
      const received = readRequest(request.headers, request.query.precision, request.body);
      if (received.kind === "unreadable") return sendRefusal(reply, api, received.status, received.message);
      const outcome = await deps.writer.write({ ...received, identity: deps.identityOf(request) });
      switch (outcome.kind) {
        case "durable":
          return reply.code(204).header("x-influxdb-version", INFLUXDB_VERSION).send();
        case "refused":
          return sendRefusal(reply, api, outcome.status, outcome.message);
        case "later":
          return sendLater(reply, api, outcome.retryAfterSeconds, LATER_REASONS[outcome.reason]);
      }
    },
  });
}

type RequestReading =
  | ({ readonly kind: "readable" } & Omit<ReceivedBody, "identity">)
  | { readonly kind: "unreadable"; readonly status: 400 | 415; readonly message: string };

function readRequest(headers: IncomingHttpHeaders, precisionText: string | undefined, body: unknown): RequestReading {
  const precision = parsePrecision(precisionText);
  if (precision === undefined) {
    return { kind: "unreadable", status: 400, message: `invalid precision "${precisionText}": use ns, us, ms or s` };
  }
  const encoding = encodingOf(headers["content-encoding"]);
  if (encoding === undefined) {
    return { kind: "unreadable", status: 415, message: "content-encoding must be gzip, identity or absent" };
  }
  const numbered = senderOf(headers);
  if (numbered === "malformed") {
    const message = "Nephoscope-Agent and Nephoscope-Sequence go together: a name and a whole number";
    return { kind: "unreadable", status: 400, message };
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return { kind: "readable", bytes, encoding, precision, numbered };
}

function encodingOf(header: string | undefined): Encoding | undefined {
  const name = (header ?? "identity").trim().toLowerCase();
  if (name === "identity" || name === "") return "identity";
  return name === "gzip" || name === "x-gzip" ? "gzip" : undefined;
}

const MAX_AGENT_NAME_CHARACTERS = 255;

function senderOf(headers: IncomingHttpHeaders): ReceivedBody["numbered"] | "malformed" {
  const agent = headers["nephoscope-agent"];
  const sequenceText = headers["nephoscope-sequence"];
  if (agent === undefined && sequenceText === undefined) return undefined;
  if (typeof agent !== "string" || typeof sequenceText !== "string") return "malformed";
  const sequence = Number(sequenceText);
  if (!/^[0-9]+$/.test(sequenceText) || !Number.isSafeInteger(sequence)) return "malformed";
  return agent === "" || agent.length > MAX_AGENT_NAME_CHARACTERS ? "malformed" : { agent, sequence };
}

function announcedBytes(headers: IncomingHttpHeaders, limit: number): number {
  const announced = Number(headers["content-length"]);
  return Number.isFinite(announced) ? Math.min(announced, limit) : limit;
}

function sendRefusal(reply: FastifyReply, api: InfluxApi, status: number, message: string): FastifyReply {
  return reply
    .code(status)
    .type("application/json")
    .send(errorBody(api, status, message));
}

function sendLater(reply: FastifyReply, api: InfluxApi, seconds: number, message: string): FastifyReply {
  return sendRefusal(reply.header("retry-after", String(seconds)), api, 429, message);
}

/** What can be told to a sender is told in InfluxDB's words; anything else is for the server's own error handler. */
function sendError(reply: FastifyReply, api: InfluxApi, error: unknown): FastifyReply {
  if (error instanceof OperatorError) {
    if (error.status === 503) reply.header("retry-after", String(UNAVAILABLE_RETRY_SECONDS));
    return sendRefusal(reply, api, error.status, `${error.message}; ${error.hint}`);
  }
  const status = isRecord(error) && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 500) throw error;
  return sendRefusal(reply, api, status, error instanceof Error ? error.message : "the request was refused");
}

function registerChecks(app: IngestApp): void {
  const versions = { "x-influxdb-build": "OSS", "x-influxdb-version": INFLUXDB_VERSION };
  const schema = (summary: string) => ({ tags: ["metrics"], summary });
  app.get("/ping", { config: { access: "public" }, schema: schema("As InfluxDB answers") }, async (_request, reply) =>
    reply.code(204).headers(versions).send(),
  );
  app.get("/health", { config: { access: "public" }, schema: schema("As InfluxDB answers") }, async (_request, reply) =>
    reply.headers(versions).send({
      name: "influxdb",
      message: "ready for queries and writes",
      status: "pass",
      checks: [],
      version: INFLUXDB_VERSION,
    }),
  );
}
