import { STATUS_CODES } from "node:http";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Problem } from "../api/problem.ts";
import type { HttpServer } from "./http.ts";
import { noteOperation } from "./operations.ts";

/** Answers every error as RFC 9457 problem+json with a code, a hint and the trace id of the request. */
export function registerProblems(app: HttpServer, log: Log): void {
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error, request.traceId);
    noteOperation(request, { code: problem.code });
    if (problem.code === "internal") {
      const { method, traceId } = request;
      log.error(
        { trace_id: traceId, method, route: request.routeOptions.url, stack: stackOf(error) },
        "request failed",
      );
    }
    if (problem.status === 429 && reply.getHeader("retry-after") === undefined) reply.header("retry-after", "5");
    return reply.code(problem.status).type("application/problem+json").send(problem);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const problem = problemWith(404, request.traceId, {
      code: "http.not_found",
      detail: `there is no ${request.method} ${request.url.split("?")[0]}`,
      hint: "GET /docs lists every path of this server",
    });
    return reply.code(404).type("application/problem+json").send(problem);
  });
}

/** What a thrown error says to a client. Bugs are not explained to clients: their text may hold anything. */
export function problemOf(error: unknown, traceId?: string): Problem {
  if (error instanceof OperatorError) {
    return problemWith(error.status, traceId, { code: error.code, detail: error.message, hint: error.hint });
  }
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (statusCode !== undefined && statusCode < 500) {
    return problemWith(statusCode, traceId, {
      code: codeOfFastify(code),
      detail: message ?? "the request was refused",
      hint: hintOfFastify(code),
    });
  }
  return problemWith(500, traceId, {
    code: "internal",
    detail: "something went wrong inside Nephoscope",
    hint: "look for this trace id in the log of the server",
  });
}

/** For the log: where a bug stands. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function problemWith(
  status: number,
  traceId: string | undefined,
  fields: { code: string; detail: string; hint: string },
): Problem {
  const { code, detail, hint } = fields;
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, code, detail, hint, trace_id: traceId };
}

function codeOfFastify(code: string | undefined): string {
  switch (code) {
    case "FST_ERR_VALIDATION":
      return "http.invalid";
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return "http.body_too_large";
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return "http.media_type";
    default:
      return "http.bad_request";
  }
}

function hintOfFastify(code: string | undefined): string {
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return "send less at once";
    case "FST_ERR_VALIDATION":
      return "GET /docs shows what this path takes";
    default:
      return "GET /docs shows what this server takes";
  }
}
