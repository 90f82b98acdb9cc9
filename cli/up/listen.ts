import { once } from "node:events";
import type { Server } from "node:http";
import { OperatorError } from "../../core/errors.ts";

/** Starts listening; gives the port, which the system chose when 0 was asked for. Errors: `listen.failed`, `listen.port_in_use`. */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  try {
    server.listen({ host: address, port });
    await once(server, "listening");
  } catch (cause) {
    throw listenError(address, port, cause);
  }
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

function listenError(address: string, port: number, cause: unknown): OperatorError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new OperatorError({
      code: "listen.port_in_use",
      message: `port ${port} of ${address} is in use by another program`,
      hint: `stop that program (ss -ltnp | grep :${port} names it), or choose another port with --port`,
      cause,
    });
  }
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "only root may listen on a port below 1024; choose another one with --port",
    EADDRNOTAVAIL: "this machine has no such address; `ip addr` lists those it has",
  };
  return new OperatorError({
    code: "listen.failed",
    message: `cannot listen on ${address}:${port}: ${String(code ?? cause)}`,
    hint: reasons[String(code)] ?? "check listen.address and listen.port",
    cause,
  });
}
