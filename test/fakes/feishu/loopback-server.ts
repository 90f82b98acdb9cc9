import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on loopback that can be told to fail in the ways a far service fails. */
export interface LoopbackServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly server: Server;
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
  | { readonly kind: "code"; readonly code: number; readonly msg?: string };

export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FakeAnswer {
  readonly httpStatus: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: { readonly code: number; readonly [member: string]: unknown };
}

export async function startLoopbackServer(options: {
  readonly answer: (request: ReceivedRequest) => FakeAnswer;
  /** Hears of every answer, also of those it was told to give; these have no code when it is an error of HTTP. */
  readonly answered: (request: ReceivedRequest, httpStatus: number, code: number | undefined) => void;
}): Promise<LoopbackServer> {
  let mode: Behaviour = { kind: "well" };
  let waiting: (() => void)[] = [];

  const handle = async (request: ReceivedRequest, response: ServerResponse) => {
    if (mode.kind === "http_error") {
      const header = mode.retryAfterSeconds === undefined ? {} : { "retry-after": String(mode.retryAfterSeconds) };
      options.answered(request, mode.status, undefined);
      response.writeHead(mode.status, header).end("upstream trouble");
      return;
    }
    const toldTo = mode.kind === "code" ? { code: mode.code, msg: mode.msg ?? "told to", data: {} } : undefined;
    const { httpStatus, headers, body } = toldTo
      ? { httpStatus: 200, headers: {}, body: toldTo }
      : options.answer(request);
    if (mode.kind === "silent") await new Promise<void>((resolve) => waiting.push(resolve));
    options.answered(request, httpStatus, body.code);
    response.writeHead(httpStatus, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    await handle({ method, url, headers, body: Buffer.concat(chunks) }, response);
  });
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
    origin: `http://127.0.0.1:${port}`,
    server,
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
