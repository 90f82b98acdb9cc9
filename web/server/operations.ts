import type { FastifyRequest } from "fastify";
import { nameOf } from "../../core/access.ts";
import type { EndedOperation, OperationsLog } from "../../store/operations-log.ts";
import type { HttpServer } from "./http.ts";

/** What a route that is no mere question does: the name it has in the operations log, or why it has none. */
export type OperationConfig = `${string}.${string}` | { readonly none: string };

/** What is known of an operation only when it is done. */
export type OperationNotes = Partial<Pick<EndedOperation, "cluster" | "element" | "before" | "after" | "code">>;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route that may change something says what it is called; one that does not is refused at start. */
    operation?: OperationConfig;
  }
  interface FastifyRequest {
    /** Undefined unless the request is in the operations log. */
    operationId: string | undefined;
    operationNotes: OperationNotes;
  }
}

const QUESTIONS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Puts every change into the operations log: that it is asked for before it is done, and how it went before that is answered. `log`
 * undefined: into none.
 */
export function registerOperations(app: HttpServer, log: OperationsLog | undefined): void {
  app.decorateRequest("operationId", undefined);
  app.addHook("onRoute", ({ url, method, config }) => {
    const mayChange = [method].flat().some((each) => !QUESTIONS.has(each));
    if (mayChange && config?.operation === undefined) {
      throw new Error(`${[method].flat().join()} ${url} does not say what it is called in the operations log`);
    }
  });
  app.addHook("onRequest", async (request) => {
    request.operationNotes = {};
  });
  if (log === undefined) return;
  // Behind access and validation: what nobody may ask for, or cannot be asked for, changes nothing.
  app.addHook("preHandler", async (request) => {
    const { operation } = request.routeOptions.config;
    if (typeof operation !== "string" || QUESTIONS.has(request.method)) return;
    const { identity, ip, trace } = request;
    const role = identity?.kind === "person" ? identity.role : (identity?.kind ?? "anonymous");
    request.operationId = log.begin({ who: nameOf(identity), role, from: ip, what: operation, trace });
  });
  app.addHook("onSend", async (request, reply) => {
    const { operationId, operationNotes } = request;
    if (operationId === undefined) return;
    request.operationId = undefined;
    log.end(operationId, { ...operationNotes, status: reply.statusCode, outcome: outcomeOf(reply.statusCode) });
  });
}

/** For handlers: what the operations log is to say. Later notes go before earlier ones. */
export function noteOperation(request: FastifyRequest, notes: OperationNotes): void {
  request.operationNotes = { ...request.operationNotes, ...notes };
}

function outcomeOf(status: number): EndedOperation["outcome"] {
  if (status < 400) return "done";
  return status < 500 ? "refused" : "failed";
}
