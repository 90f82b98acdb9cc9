import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { isRecord, parseJson } from "../../../core/json.ts";
import { isRefusal, type Refusal, type Tenant } from "./app-tenant.ts";
import type { Callback } from "./callback-sender.ts";
import { decodeFrame, encodeFrame, type Frame } from "./frame-codec.ts";
import type { FakeAnswer } from "./loopback-server.ts";

/** The other end of an app's long connection. Source: open.feishu.cn, "Long connection"; larksuite/node-sdk, `ws-client`. */
export interface FakeLongConnection {
  readonly connections: number;
  /** How many there were, those that ended with them. */
  readonly opened: number;
  /** Answers `POST /callback/ws/endpoint`. */
  endpoint(body: Record<string, unknown>): FakeAnswer | Refusal;
  /**
   * Hands the callback to one of the connections, and resolves with the JSON of its answer; undefined for an empty one. Rejects when the connection
   * ends before, and never resolves when nobody answers. `frameType`: `card` is what old subscriptions send. `pieces`: frames it comes in.
   */
  deliver(
    callback: Callback,
    how?: { readonly frameType?: "event" | "card"; readonly pieces?: number },
  ): Promise<unknown>;
  /** What goes wrong from now on; `undefined` for nothing. */
  fail(how: ConnectionFailure | undefined): void;
  /** Ends all connections, as Feishu does now and then. */
  drop(): void;
  close(): void;
}

export type ConnectionFailure =
  /** The endpoint answers with this code, and without `data`. */
  | { readonly kind: "endpoint"; readonly code: number; readonly msg: string }
  /** Upgrades are refused with 403. */
  | { readonly kind: "handshake" }
  /** Upgrades are never answered. */
  | { readonly kind: "mute" }
  /** Connected, and pings get no answer. */
  | { readonly kind: "deaf" };

const MOST_CONNECTIONS = 50;
/** Seconds, but for the count. Feishu says 120, 120, 30 and endless; tests cannot wait as long. */
const CLIENT_CONFIG = { PingInterval: 0.05, ReconnectInterval: 0.05, ReconnectNonce: 0.01, ReconnectCount: -1 };

export function startLongConnection(
  server: Server,
  { tenant, blame }: { readonly tenant: Tenant; readonly blame: (what: string) => void },
): FakeLongConnection {
  const sockets = new Set<WebSocket>();
  const unanswered = new Set<Duplex>();
  const tickets = new Set<string>();
  const awaited = new Map<string, (answer: unknown) => void>();
  const upgrades = new WebSocketServer({ noServer: true });
  let opened = 0;
  let failure: ConnectionFailure | undefined;

  server.on("upgrade", (request, socket, head) => {
    const ticket = new URL(request.url ?? "", "http://feishu").searchParams.get("ticket") ?? "";
    const isKnown = tickets.delete(ticket);
    if (!isKnown) blame("a connection without a ticket of its own");
    if (!isKnown || failure?.kind === "handshake") {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    if (failure?.kind === "mute") return void unanswered.add(socket);
    upgrades.handleUpgrade(request, socket, head, (connection) => {
      sockets.add(connection);
      opened += 1;
      connection.on("close", () => sockets.delete(connection));
      connection.on("message", (data: Buffer) => hear(connection, data));
    });
  });

  const hear = (connection: WebSocket, data: Buffer) => {
    let frame: Frame;
    try {
      frame = decodeFrame(data);
    } catch (error) {
      blame(`no frame: ${String(error)}`);
      return;
    }
    if (frame.method === 0 && frame.headers.type === "ping") {
      if (failure?.kind === "deaf") return;
      const payload = Buffer.from(JSON.stringify(CLIENT_CONFIG));
      connection.send(encodeFrame({ ...frame, headers: { type: "pong" }, payload }));
      return;
    }
    const waiting = awaited.get(frame.headers.message_id ?? "");
    if (frame.method !== 1 || waiting === undefined) return blame("a frame that answers nothing");
    awaited.delete(frame.headers.message_id ?? "");
    waiting(answerIn(frame, blame));
  };

  return {
    get connections() {
      return sockets.size;
    },
    get opened() {
      return opened;
    },
    endpoint: (body) => {
      const answer = endpointAnswer(tenant, { body, failure, connections: sockets.size });
      if (isRefusal(answer) || answer.body.code !== 0) return answer;
      const ticket = randomBytes(16).toString("hex");
      tickets.add(ticket);
      const { port } = server.address() as AddressInfo;
      const query = `device_id=1&service_id=33554678&access_key=${randomBytes(8).toString("hex")}&ticket=${ticket}`;
      const data = { URL: `ws://127.0.0.1:${port}/ws/v2?${query}`, ClientConfig: CLIENT_CONFIG };
      return { httpStatus: 200, body: { code: 0, msg: "", data } };
    },
    deliver: ({ eventId, payload }, { frameType = "event", pieces = 1 } = {}) => {
      // Cluster mode: one of them, whichever.
      const connection = [...sockets][Math.floor(Math.random() * sockets.size)];
      if (connection === undefined) return Promise.reject(new Error("nobody is connected"));
      const answered = new Promise<unknown>((resolve, reject) => {
        awaited.set(eventId, resolve);
        connection.once("close", () => reject(new Error("the connection ended before the answer")));
      });
      for (const [seq, piece] of cut(Buffer.from(JSON.stringify(payload)), pieces).entries()) {
        const headers = {
          type: frameType,
          message_id: eventId,
          trace_id: "trace",
          sum: String(pieces),
          seq: String(seq),
        };
        connection.send(encodeFrame({ seqId: 1n, logId: 2n, service: 33554678, method: 1, headers, payload: piece }));
      }
      return answered;
    },
    fail: (how) => {
      failure = how;
    },
    drop: () => {
      for (const socket of sockets) socket.terminate();
    },
    close: () => {
      for (const socket of unanswered) socket.destroy();
      for (const socket of sockets) socket.terminate();
      upgrades.close();
    },
  };
}

function endpointAnswer(
  { options }: Tenant,
  asked: {
    readonly body: Record<string, unknown>;
    readonly failure: ConnectionFailure | undefined;
    readonly connections: number;
  },
): FakeAnswer | Refusal {
  const refuse = (code: number, msg: string): FakeAnswer => ({ httpStatus: 200, body: { code, msg } });
  const { AppID: id, AppSecret: secret, ...others } = asked.body;
  if (Object.keys(others).length > 0) return { answer: refuse(1, "bad request"), violation: "unknown properties" };
  if (asked.failure?.kind === "endpoint") return refuse(asked.failure.code, asked.failure.msg);
  if (id !== options.appId || secret !== options.appSecret) return refuse(514, "app_id or app_secret is invalid");
  if (asked.connections >= MOST_CONNECTIONS)
    return refuse(1_000_040_350, "the number of connections exceeded the limit");
  return { httpStatus: 200, body: { code: 0, msg: "" } };
}

/** `{code: 200, data: base64 of JSON}`; an answer without `data` is an empty one. */
function answerIn({ payload }: Frame, blame: (what: string) => void): unknown {
  const answer = parseJson(payload.toString("utf8"));
  if (!isRecord(answer) || answer.code !== 200) {
    blame(`the callback was answered with ${payload.toString("utf8").slice(0, 100)}`);
    return undefined;
  }
  return typeof answer.data === "string" ? parseJson(Buffer.from(answer.data, "base64").toString("utf8")) : undefined;
}

function cut(bytes: Buffer, pieces: number): Buffer[] {
  const length = Math.ceil(bytes.length / pieces);
  return Array.from({ length: pieces }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}
