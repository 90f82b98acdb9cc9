import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

export interface ReceivedRequest {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly encoding: string | undefined;
  /** Inflated. */
  readonly body: string;
  /** The body as a form. */
  readonly form: { readonly [name: string]: string };
}

export interface FakeHttpStore {
  readonly url: string;
  readonly port: number;
  readonly received: readonly ReceivedRequest[];
  readonly connections: () => number;
}

export type Answer = (request: ReceivedRequest, reply: ServerResponse) => void;

/** The same until the end of the test that asks for it. */
export async function fakeHttpStore(answer: Answer): Promise<FakeHttpStore> {
  const store = await startHttpStore(answer);
  onTestFinished(() => store.close());
  return store;
}

/** Something on loopback that takes requests of a store's clients and answers what a test wants. */
export async function startHttpStore(answer: Answer): Promise<FakeHttpStore & { close(): void }> {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request: IncomingMessage, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const encoding = request.headers["content-encoding"];
    const body = (encoding === "gzip" ? gunzipSync(bytes) : bytes).toString();
    const { url, headers } = request;
    const form = Object.fromEntries(new URLSearchParams(body));
    const one = { url, authorization: headers.authorization, encoding, body, form };
    received.push(one);
    answer(one, reply);
  });
  let connections = 0;
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return {
    ...{ url: `http://127.0.0.1:${address.port}`, port: address.port, received, connections: () => connections },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const answerWith =
  (status: number, body = "", headers: Record<string, string> = {}): Answer =>
  (_request, reply) => {
    reply.writeHead(status, headers).end(body);
  };
