import { createConnection, type Socket } from "node:net";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { createJsonSplitter } from "./json-stream.ts";

const CONNECT_TIMEOUT_MS = 4_000;
const CALL_TIMEOUT_MS = 10_000;

/** Who is asked, for what people read when it fails. */
export interface JsonRpcServer {
  readonly name: string;
  /** Of the errors; a call the server refuses has `<code>_refused`. */
  readonly code: string;
  readonly hint: string;
}

export interface JsonRpcConnection {
  /** Calls a method and gives its result. Throws an OperatorError when it fails or takes too long. */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
  close(): void;
}

export interface JsonRpcHandlers {
  readonly onNotification: (method: string, params: readonly unknown[]) => void;
  /** Once, however the connection ends, also by `close`. */
  readonly onClose: (reason: string) => void;
}

/**
 * Connects to a daemon of Open vSwitch on a Unix socket: JSON-RPC 1.0 without framing, as ovsdb-server (RFC 7047 §4) and
 * unixctl speak it. Answers `echo` probes, without which ovsdb-server would drop us. Throws an OperatorError.
 */
export function connectJsonRpc(
  socketPath: string,
  server: JsonRpcServer,
  handlers: JsonRpcHandlers,
): Promise<JsonRpcConnection> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const fail = (reason: string) => {
      socket.destroy();
      reject(errorOf(server, `cannot connect to ${socketPath}: ${reason}`));
    };
    const timer = setTimeout(() => fail("no answer"), CONNECT_TIMEOUT_MS);
    socket.once("error", (error) => fail(error.message));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(converse(socket, server, handlers));
    });
    socket.once("close", () => clearTimeout(timer));
  });
}

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function converse(socket: Socket, server: JsonRpcServer, handlers: JsonRpcHandlers): JsonRpcConnection {
  const pending = new Map<number, PendingCall>();
  const split = createJsonSplitter();
  let nextId = 1;
  let reason = "the server closed the connection";

  function take(id: number): PendingCall | undefined {
    const call = pending.get(id);
    pending.delete(id);
    clearTimeout(call?.timer);
    return call;
  }

  function onMessage(message: unknown): void {
    if (!isRecord(message)) return;
    const { id, method, params, result, error } = message;
    if (typeof method === "string") {
      if (method === "echo") socket.write(JSON.stringify({ id, result: params, error: null }));
      else handlers.onNotification(method, Array.isArray(params) ? params : []);
    } else if (typeof id === "number") {
      if (error === null || error === undefined) take(id)?.resolve(result);
      else take(id)?.reject(refusalOf(server, `refused a call: ${JSON.stringify(error)}`));
    }
  }

  /** Whole messages of a piece of the stream; what is no JSON ends the connection. */
  function messagesOf(chunk: string): readonly unknown[] {
    try {
      return split(chunk).map((text): unknown => JSON.parse(text));
    } catch (thrown) {
      reason = messageOf(thrown);
      socket.destroy();
      return [];
    }
  }

  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => messagesOf(chunk).forEach(onMessage));
  socket.on("error", (error) => {
    reason = error.message;
  });
  socket.on("close", () => {
    for (const id of [...pending.keys()]) take(id)?.reject(errorOf(server, reason));
    handlers.onClose(reason);
  });
  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        const timer = setTimeout(() => take(id)?.reject(errorOf(server, `no answer to ${method}`)), CALL_TIMEOUT_MS);
        pending.set(id, { resolve, reject, timer });
        socket.write(JSON.stringify({ id, method, params }));
      }),
    close: () => socket.destroy(),
  };
}

function errorOf({ name, code, hint }: JsonRpcServer, message: string): OperatorError {
  return new OperatorError({ code, message: `${name}: ${message}`, hint });
}

function refusalOf(server: JsonRpcServer, message: string): OperatorError {
  return errorOf({ ...server, code: `${server.code}_refused` }, message);
}
