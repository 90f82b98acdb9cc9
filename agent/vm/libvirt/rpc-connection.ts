import { createConnection, type Socket } from "node:net";
import { messageOf, OperatorError } from "../../../core/errors.ts";
import { createRpcSplitter, encodeCall, MESSAGE, REPLY, type RpcMessage, STATUS_OK } from "./rpc-message.ts";
import { XdrError, XdrReader } from "./xdr-reader.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** libvirt works on five calls of a client at once (max_client_requests); one that waits for a machine that hangs stays. */
const MAX_UNANSWERED = 5;

export interface RpcRequest<T> {
  readonly program: number;
  readonly procedure: number;
  readonly payload: Buffer;
  /** After which the call fails; libvirt goes on with it all the same. */
  readonly timeoutMs: number;
  readonly parse: (reader: XdrReader) => T;
  /** When the answer comes after all. */
  readonly onLate?: () => void;
}

export interface RpcConnection {
  /** Throws an OperatorError when the daemon refuses or does not answer in time, a `LibvirtRefusal` when it gave a reason. */
  call<T>(request: RpcRequest<T>): Promise<T>;
  close(): void;
}

export interface RpcHandlers {
  readonly onMessage: (message: RpcMessage) => void;
  /** Once, however the connection ends, also by `close`. */
  readonly onClose: (reason: string) => void;
}

/** libvirt's answer is an error; `number` as in virErrorNumber of virterror.h. */
export class LibvirtRefusal extends OperatorError {
  readonly number: number;

  constructor(number: number, message: string) {
    super({ code: "agent.libvirt", message: `libvirt: ${message}`, hint: "see the log of libvirtd or virtqemud" });
    this.number = number;
  }
}

/** Undefined where nobody listens. Throws an OperatorError when the socket is there and may not be used. */
export function connectRpc(socketPath: string, handlers: RpcHandlers): Promise<RpcConnection | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(libvirtError(`cannot connect to ${socketPath}: no answer`));
    }, CONNECT_TIMEOUT_MS);
    socket.once("error", (error) => {
      clearTimeout(timer);
      const isAbsent = "code" in error && (error.code === "ENOENT" || error.code === "ECONNREFUSED");
      if (isAbsent) resolve(undefined);
      else reject(libvirtError(`cannot connect to ${socketPath}: ${error.message}`));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(converse(socket, handlers));
    });
  });
}

interface PendingCall {
  readonly settle: (message: RpcMessage) => void;
  readonly fail: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function converse(socket: Socket, handlers: RpcHandlers): RpcConnection {
  const pending = new Map<number, PendingCall>();
  const split = createRpcSplitter();
  let serial = 0;
  let reason = "the daemon closed the connection";

  function onMessage(message: RpcMessage): void {
    if (message.type === MESSAGE) handlers.onMessage(message);
    if (message.type !== REPLY) return;
    const call = pending.get(message.serial);
    pending.delete(message.serial);
    clearTimeout(call?.timer);
    call?.settle(message);
  }

  socket.on("data", (chunk: Buffer) => {
    try {
      split.push(chunk).forEach(onMessage);
    } catch (thrown) {
      if (!(thrown instanceof XdrError)) throw thrown;
      end(`not the protocol of libvirt: ${thrown.message}`);
    }
  });
  socket.on("error", (error) => {
    reason = messageOf(error);
  });
  socket.on("close", () => {
    for (const { fail, timer } of pending.values()) {
      clearTimeout(timer);
      fail(libvirtError(reason));
    }
    pending.clear();
    handlers.onClose(reason);
  });

  function call<T>({ program, procedure, payload, timeoutMs, parse, onLate }: RpcRequest<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (socket.destroyed) return reject(libvirtError(reason));
      if (pending.size >= MAX_UNANSWERED) return reject(libvirtError(`${pending.size} calls are not answered yet`));
      const own = ++serial;
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(libvirtError(`no answer to procedure ${procedure} within ${timeoutMs / 1000} s`));
      }, timeoutMs).unref();
      const settle = (message: RpcMessage) => {
        if (isLate) return onLate?.();
        try {
          resolve(parsed(message, parse));
        } catch (thrown) {
          if (!(thrown instanceof XdrError)) return reject(thrown);
          end(`the answer to procedure ${procedure} cannot be read: ${thrown.message}`);
          reject(libvirtError(reason));
        }
      };
      pending.set(own, { settle, fail: reject, timer });
      socket.write(encodeCall({ program, procedure, serial: own, payload }));
    });
  }

  function end(why: string): void {
    reason = why;
    socket.destroy();
  }

  return {
    call,
    close: () => socket.destroy(),
  };
}

function parsed<T>({ status, payload }: RpcMessage, parse: (reader: XdrReader) => T): T {
  const reader = new XdrReader(payload);
  if (status === STATUS_OK) return parse(reader);
  // virNetMessageError: code, domain, message.
  const [number] = [reader.int(), reader.int()];
  throw new LibvirtRefusal(number, reader.optional(() => reader.string()) ?? `error ${number}`);
}

function libvirtError(message: string): OperatorError {
  const hint = "is libvirtd or virtqemud running, and may the agent read its sockets in /run/libvirt?";
  return new OperatorError({ code: "agent.libvirt", message: `libvirt: ${message}`, hint });
}
