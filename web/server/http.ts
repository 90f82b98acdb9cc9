import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import compress from "@fastify/compress";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from "fastify";
import type { Log } from "../../core/log.ts";
import { noTraceScope, type TraceScope } from "../../core/trace-scope.ts";
import type { OperationsLog } from "../../store/operations-log.ts";
import { registerOperations } from "./operations.ts";
import { problemOf, registerProblems } from "./problems.ts";
import { type EndedRequest, registerRequestTraces } from "./request-trace.ts";

/** The HTTP server every part registers its routes on; request and reply types come from the routes' schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface HttpOptions {
  readonly log: Log;
  readonly version: string;
  /**
   * The server requests come from, which the caller made and closes: it calls `handler` with each request. A plain HTTP
   * server of its own when left out.
   */
  readonly serverFor?: ((handler: RequestListener) => Server) | undefined;
  readonly traces?: TraceScope | undefined;
  /** Where changes are written down; in tests of other things, nowhere. */
  readonly operations?: OperationsLog | undefined;
  /** Called once for each request, when it is over. Must not throw. */
  readonly onEnded?: ((ended: EndedRequest) => void) | undefined;
}

/** Answers that are sent as they are: they are few packets, and packing them takes longer than sending. */
const SMALL_BYTES = 4_096;

/** Answers up to this size are packed and written at once, a millisecond or two; a stream of them costs several times as much. */
export const WHOLE_BYTES = 256 * 1024;

/** Limits of the edge. A body past its limit is answered with 413, a header past it with 431. */
export const HTTP_LIMITS = {
  bodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  requestTimeoutMs: 30_000,
  connectionTimeoutMs: 60_000,
  /** Two for each of 12,000 agents (its session, its metrics) and some for people. */
  maxConnections: 26_000,
} as const;

/** A server without routes: limits, problem+json, compression, OpenAPI. The caller adds access and routes, then listens. */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    bodyLimit: HTTP_LIMITS.bodyBytes,
    requestTimeout: HTTP_LIMITS.requestTimeoutMs,
    connectionTimeout: HTTP_LIMITS.connectionTimeoutMs,
    logger: false,
    frameworkErrors: (error, _request, reply) => {
      reply.hijack();
      reply.raw.writeHead(400, { "content-type": "application/problem+json" }).end(JSON.stringify(problemOf(error)));
    },
    // A client whose address ends with a slash asks for `//write`.
    routerOptions: { maxParamLength: 2_048, ignoreDuplicateSlashes: true },
    ...(options.serverFor === undefined
      ? { http: { maxHeaderSize: HTTP_LIMITS.headerBytes } }
      : { serverFactory: options.serverFor }),
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as HttpServer;
  app.server.maxConnections = HTTP_LIMITS.maxConnections;
  registerRequestTraces(app, { traces: options.traces ?? noTraceScope, onEnded: options.onEnded });
  registerProblems(app, options.log);
  registerOperations(app, options.operations);
  app.server.on("drop", () => options.log.warn({ limit: HTTP_LIMITS.maxConnections }, "connection refused: too many"));
  await app.register(compress, {
    threshold: SMALL_BYTES,
    syncThreshold: WHOLE_BYTES,
    encodings: ["br", "gzip"],
    // Of numbers the usual level takes three times as long for a tenth less.
    zlibOptions: { level: 1 },
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Nephoscope", version: options.version, license: { name: "Apache-2.0" } },
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs" });
  return app;
}
