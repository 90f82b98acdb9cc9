import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { pipeline, type Readable, Transform } from "node:stream";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";
import { Type } from "typebox";
import type { Identity } from "../../core/access.ts";
import { OperatorError } from "../../core/errors.ts";
import { parsePrecision } from "../line-protocol/precision.ts";
import type { Encoding } from "../spool/frame.ts";
import { Admission, type AdmissionLimits, type Place } from "./admission.ts";
import { registerInfluxChecks } from "./influx-checks.ts";
import { type InfluxApi, sendError, sendLater, sendRefusal, VERSION_HEADERS } from "./influx-reply.ts";
import type { BodyWriter, LaterReason, ReceivedBody } from "./write-body.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Of a body that is being received. */
    place: Place | undefined;
  }
}

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

const LATER_REASONS: Readonly<Record<LaterReason, string>> = {
  spool_full: "the spool is full: a store it feeds is behind",
  disk_slow: "the disk of the spool is slow: too much waits to be written, try again",
  busy: "too many bodies are being inflated",
};
const BUSY_RETRY_SECONDS = 1;

const WriteQuery = Type.Object({
  precision: Type.Optional(Type.String({ description: "unit of the times: ns (default), us or u, ms, s, m, h" })),
  org: Type.Optional(Type.String({ description: "taken and not looked at" })),
  bucket: Type.Optional(Type.String({ description: "taken and not looked at" })),
  db: Type.Optional(Type.String({ description: "taken and not looked at" })),
  rp: Type.Optional(Type.String({ description: "taken and not looked at" })),
  consistency: Type.Optional(Type.String({ description: "taken and not looked at" })),
});

/** Line protocol in, as InfluxDB 1 and 2 take it, and what their clients ask before they write. */
export function registerIngest(app: IngestApp, deps: IngestDeps): void {
  const limits = deps.limits ?? INGEST_LIMITS;
  const admission = new Admission(limits);
  app.register(async (scope: IngestApp) => {
    scope.decorateRequest("place", undefined);
    // Whatever a sender calls its body, it is line protocol; it is kept as it came. InfluxDB's own client for Go calls it nothing,
    // which is no type that the server would take.
    scope.addHook("onRequest", async ({ headers }) => {
      if (headers["content-type"] !== undefined) headers["content-type"] = "application/octet-stream";
    });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: limits.bodyBytes },
      async (_request: unknown, body: unknown) => body,
    );
    registerWrite(scope, "v1", "/write", { deps, limits, admission });
    registerWrite(scope, "v2", "/api/v2/write", { deps, limits, admission });
    registerInfluxChecks(scope);
  });
}

interface WriteParts {
  readonly deps: IngestDeps;
  readonly limits: IngestLimits;
  readonly admission: Admission;
}

function registerWrite(scope: IngestApp, api: InfluxApi, path: string, { deps, limits, admission }: WriteParts): void {
  scope.post(path, {
    config: { access: "agent", operation: { none: "samples of agents and other programs" } },
    bodyLimit: limits.bodyBytes,
    // The bodies are spooled as they come, so nothing may inflate them on the way.
    ...{ decompress: false },
    schema: { tags: ["metrics"], summary: "Write metrics as InfluxDB line protocol", querystring: WriteQuery },
    onRequest: async (request, reply) => {
      const place = admission.enter(announcedBytes(request.headers, limits.bodyBytes) ?? 0);
      if (place === undefined) return sendLater(reply, api, BUSY_RETRY_SECONDS, "too many bodies are being received");
      reply.raw.once("close", place.leave);
      request.place = place;
    },
    preParsing: async (request, _reply, payload) =>
      announcedBytes(request.headers, limits.bodyBytes) === undefined ? counted(payload, request.place) : payload,
    errorHandler: (error, _request, reply) => sendError(reply, api, error),
    handler: async (request, reply) => {
      const received = readRequest(api, request);
      if (received.kind === "unreadable") return sendRefusal(reply, api, received.status, received.message);
      const outcome = await deps.writer.write({ ...received, identity: deps.identityOf(request) });
      switch (outcome.kind) {
        case "durable":
          return reply.code(204).headers(VERSION_HEADERS).send();
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

interface WriteRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: { readonly precision?: string };
  readonly body?: unknown;
}

function readRequest(api: InfluxApi, { headers, query, body }: WriteRequest): RequestReading {
  const precision = parsePrecision(query.precision);
  if (precision === undefined) {
    const known = api === "v1" ? "n, u, ms, s, m or h" : "ns, us, ms or s";
    return { kind: "unreadable", status: 400, message: `invalid precision "${query.precision}" (use ${known})` };
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

/** Undefined when the body comes in chunks, as Telegraf's do. */
function announcedBytes(headers: IncomingHttpHeaders, limit: number): number | undefined {
  const announced = Number(headers["content-length"]);
  return Number.isFinite(announced) ? Math.min(announced, limit) : undefined;
}

/** Takes room for a body as it comes. */
function counted(payload: Readable, place: Place | undefined): Readable {
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (place?.grow(chunk.length) === false) done(busyError());
      else done(null, chunk);
    },
  });
  // The sender that goes away in the middle is told to whoever reads the counted body.
  return pipeline(payload, counter, () => {});
}

function busyError(): OperatorError {
  return new OperatorError({
    code: "ingest.busy",
    message: "too many bodies are being received",
    hint: "send it again a little later",
    status: 429,
  });
}
