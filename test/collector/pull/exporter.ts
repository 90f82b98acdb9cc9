import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { onTestFinished } from "vitest";

export interface Exporter {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Ends it, with all its connections. */
  stop(): Promise<void>;
}

/** Something that answers like an exporter, on a free port of loopback, until the test is over. */
export async function startExporter(
  answer: RequestListener,
  options: { readonly port?: number; readonly tls?: { readonly cert: string; readonly key: string } } = {},
): Promise<Exporter> {
  const server: Server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  onTestFinished(stop);
  return { address: `127.0.0.1:${bound.port}`, stop };
}
