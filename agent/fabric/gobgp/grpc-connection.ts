import type { ClientHttp2Session } from "node:http2";
import { createConnection } from "node:net";
import { messageOf, OperatorError } from "../../../core/errors.ts";

const ANSWER_WITHIN_MS = 5_000;

/** A longer message than any of the API that is asked for; a longer one is no answer of gobgpd. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Of all messages of one answer: whoever listens at that port may send without end. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const HEADER_BYTES = 5;
const STATUS_OK = "0";
const STATUS_UNIMPLEMENTED = "12";

/** A gRPC server over HTTP/2 without TLS. */
export interface GrpcConnection {
  /**
   * Hands over each message of the answer. False when the server has no such method. Throws an OperatorError when it
   * refuses or does not answer in time.
   */
  call(method: string, request: Buffer, onMessage: (message: Buffer) => void): Promise<boolean>;
  /** Settles with why when the connection is over. */
  readonly closed: Promise<string>;
}

/** Undefined when nobody listens there who speaks HTTP/2. `address` is `<host>:<port>`; ends with the signal. */
export async function connectGrpc(address: string, signal: AbortSignal): Promise<GrpcConnection | undefined> {
  if (!(await isListening(address))) return undefined;
  // Takes 3 MB, which hosts without such a server are spared.
  const { connect } = await import("node:http2");
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const session = connect(`http://${address}`);
    // The connection of a daemon that is idle is no reason to go on living.
    session.unref();
    const stop = () => session.destroy();
    signal.addEventListener("abort", stop, { once: true });
    const closed = new Promise<string>((settle) => {
      session.on("error", (error) => settle(messageOf(error)));
      session.on("close", () => {
        signal.removeEventListener("abort", stop);
        settle("closed the connection");
        resolve(undefined);
      });
    });
    const timer = setTimeout(stop, ANSWER_WITHIN_MS).unref();
    session.once("remoteSettings", () => {
      clearTimeout(timer);
      resolve({ closed, call: (method, request, onMessage) => call(session, method, request, onMessage) });
    });
    session.once("close", () => clearTimeout(timer));
  });
}

function isListening(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(address.slice(colon + 1)), timeout: ANSWER_WITHIN_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

/** Source: "gRPC over HTTP2" of grpc.io: a byte for compression and four for the length before each message. */
function call(
  session: ClientHttp2Session,
  method: string,
  request: Buffer,
  onMessage: (message: Buffer) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(refused(method, reason));
    if (session.destroyed || session.closed) return fail("the connection is closed");
    const headers = { "content-type": "application/grpc", te: "trailers" };
    const stream = session.request({ ":method": "POST", ":path": `/${method}`, ...headers });
    const timer = setTimeout(() => stream.destroy(new Error("no answer in time")), ANSWER_WITHIN_MS);
    let rest: Buffer = Buffer.alloc(0);
    let status: string | undefined;
    let words: string | undefined;
    const onHeaders = (received: { readonly [name: string]: unknown }) => {
      status = textOf(received["grpc-status"]) ?? status;
      words = textOf(received["grpc-message"]) ?? words;
    };
    stream.on("response", onHeaders);
    stream.on("trailers", onHeaders);
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) return void stream.destroy(new Error("answers without end"));
      const taken = takeMessages(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), onMessage);
      if (taken === undefined) stream.destroy(new Error("something other than gRPC"));
      else rest = taken;
    });
    stream.on("error", (error) => fail(messageOf(error)));
    stream.on("close", () => {
      clearTimeout(timer);
      if (status === STATUS_OK) resolve(true);
      else if (status === STATUS_UNIMPLEMENTED) resolve(false);
      else fail(`status ${status ?? "unknown"} ${words ?? ""}`.trim());
    });
    stream.end(Buffer.concat([headerOf(request.length), request]));
  });
}

/** Hands over the whole messages; what is left of one that has only begun. Undefined when it is no gRPC. */
function takeMessages(bytes: Buffer, onMessage: (message: Buffer) => void): Buffer | undefined {
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const length = bytes.readUInt32BE(at + 1);
    if (bytes[at] !== 0 || length > MAX_MESSAGE_BYTES) return undefined;
    const end = at + HEADER_BYTES + length;
    if (end > bytes.length) break;
    onMessage(bytes.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return bytes.subarray(at);
}

function headerOf(length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(length, 1);
  return header;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function refused(method: string, reason: string): OperatorError {
  return new OperatorError({
    code: "agent.gobgp_unanswered",
    message: `gobgpd does not answer ${method}: ${reason}`,
    hint: "see whether `gobgp neighbor` answers",
  });
}
