import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Lifetime } from "../../core/lifetime.ts";
import { HTTP_LIMITS } from "../../web/server/http.ts";
import type { Certificate } from "../tls.ts";
import { listen } from "./listen.ts";

/** The listening socket, there before anything behind it is. */
export interface Door {
  readonly server: Server;
  readonly port: number;
  /** What callers are told is being waited for. */
  waitFor(what: string): void;
  /** From now on the handler answers. */
  open(handler: RequestListener): void;
}

export interface DoorOptions {
  readonly address: string;
  readonly port: number;
  readonly tls: Certificate | undefined;
}

const RETRY_AFTER_SECONDS = 2;

/**
 * Listens at once. Until it is opened, `/healthz` says that the process is alive and everything else, agents' sessions
 * included, is answered with 503 `not_ready`: whoever asks comes again. Errors: those of `listen`.
 */
export async function openDoor({ address, port, tls }: DoorOptions, lifetime: Lifetime): Promise<Door> {
  let progress = "starting";
  let handler: RequestListener = (request, response) => answerEarly(request, response, progress);
  const toHandler: RequestListener = (request, response) => handler(request, response);
  const settings = { maxHeaderSize: HTTP_LIMITS.headerBytes, requestTimeout: HTTP_LIMITS.requestTimeoutMs };
  const server: Server =
    tls === undefined ? createServer(settings, toHandler) : createTlsServer({ ...settings, ...tls }, toHandler);
  server.setTimeout(HTTP_LIMITS.connectionTimeoutMs);
  server.maxConnections = HTTP_LIMITS.maxConnections;
  const bound = await listen(server, address, port);
  lifetime.defer("listening socket", () => closed(server));
  return {
    server,
    port: bound,
    waitFor: (what) => {
      progress = what;
    },
    open: (next) => {
      handler = next;
    },
  };
}

function answerEarly(request: IncomingMessage, response: ServerResponse, progress: string): void {
  request.resume();
  const path = request.url?.split("?")[0];
  if (path === "/healthz") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ status: "ok" }));
    return;
  }
  const problem = {
    type: "about:blank",
    title: "Service Unavailable",
    status: 503,
    code: "not_ready",
    detail: `the collector is starting: ${progress}`,
    hint: "ask again in a few seconds; /readyz answers 200 when it is ready",
  };
  response
    .writeHead(503, { "content-type": "application/problem+json", "retry-after": String(RETRY_AFTER_SECONDS) })
    .end(JSON.stringify(problem));
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
