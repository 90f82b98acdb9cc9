import type { FastifyRequest } from "fastify";
import type { Identity } from "../../core/access.ts";
import { formatTraceparent, newTrace, parseTraceparent, randomBytes, type TraceContext } from "../../core/trace.ts";
import type { TraceScope } from "../../core/trace-scope.ts";
import type { HttpServer } from "./http.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** 32 hexadecimal digits: taken from `traceparent`, or made here. */
    traceId: string;
    /** Our own span of that trace. */
    trace: RequestTrace;
  }
}

export interface RequestTrace extends TraceContext {
  /** The caller's span; undefined when it named none. */
  readonly parentSpanId: string | undefined;
  /** The caller records its own. */
  readonly isSampled: boolean;
}

/** A request that was answered, or whose caller went away. */
export interface EndedRequest {
  readonly trace: RequestTrace;
  readonly method: string;
  /** As it was registered, `/api/v1/incidents/:id/ack`: few different ones. Undefined for a path that there is not. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  readonly identity: Identity | undefined;
  /** The caller's address. */
  readonly from: string;
  readonly query: unknown;
  /** Sent by our own agent, which numbers what it sends. */
  readonly isAgentBatch: boolean;
  /** It is in the operations log. */
  readonly isOperation: boolean;
}

/** Gives every request its trace, runs what it does within it, and tells of its end. */
export function registerRequestTraces(
  app: HttpServer,
  { traces, onEnded }: { readonly traces: TraceScope; readonly onEnded: ((ended: EndedRequest) => void) | undefined },
): void {
  app.decorateRequest("traceId", "");
  app.addHook("onRequest", (request, reply, done) => {
    const trace = requestTrace(request);
    // Also of answers whose body is another API's, which has no place for it. Source: W3C Trace Context 2, section 3.4.
    reply.header("traceresponse", formatTraceparent(trace, false));
    request.trace = trace;
    request.traceId = trace.traceId;
    traces.run(trace, done);
  });
  // A body is read by what the socket calls, which knows nothing of the request's scope: it is entered again.
  app.addHook("preValidation", (request, _reply, done) => traces.run(request.trace, done));
  if (onEnded === undefined) return;
  app.addHook("onResponse", (request, reply, done) => {
    onEnded(endedRequest(request, reply.statusCode, reply.elapsedTime));
    done();
  });
}

function requestTrace({ headers }: FastifyRequest): RequestTrace {
  const { traceparent } = headers;
  const parent = parseTraceparent(typeof traceparent === "string" ? traceparent : undefined);
  const { traceId, spanId } = newTrace(randomBytes, parent);
  return { traceId, spanId, parentSpanId: parent?.spanId, isSampled: parent?.isSampled ?? false };
}

function endedRequest(request: FastifyRequest, status: number, durationMs: number): EndedRequest {
  return {
    trace: request.trace,
    method: request.method,
    route: request.is404 ? undefined : request.routeOptions.url,
    status,
    durationMs,
    identity: request.identity,
    from: request.ip,
    query: request.query,
    isAgentBatch: request.headers["nephoscope-agent"] !== undefined,
    isOperation: typeof request.routeOptions.config.operation === "string",
  };
}
