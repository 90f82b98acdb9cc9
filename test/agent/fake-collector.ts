import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { Server as SocketServer } from "socket.io";
import {
  AGENT_NAMESPACE,
  type BatchReply,
  type Changes,
  type EventBatch,
  type FullState,
  type Hello,
  type HelloReply,
  MAX_AGENT_MESSAGE_BYTES,
  type ToldEvent,
  type VolatileState,
} from "../../core/agent-protocol.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { uncataloguedPartOf } from "./catalogue-agreement.ts";

/** For sessions that have no events to tell. */
export const NO_EVENTS = { peek: () => [], taken: () => {} };

/** A collector as far as an agent can tell: it keeps what it is told, and can be told to misbehave. */
export interface FakeCollector {
  readonly url: string;
  /** The topology as the agent's messages add up to it. */
  readonly elements: Map<ElementId, Element>;
  readonly hellos: Hello[];
  readonly fulls: FullState[];
  readonly changes: Changes[];
  readonly volatiles: VolatileState[];
  /** What was acknowledged of what happened. */
  readonly events: ToldEvent[];
  /** What the next batches of events are answered with; an acknowledgement when empty. */
  readonly eventReplies: BatchReply[];
  /** Whether hello says that events are taken. */
  takesEvents: boolean;
  readonly writes: { readonly headers: IncomingHttpHeaders; readonly lines: readonly string[] }[];
  /** What came in lines that docs/metrics.md does not have. */
  readonly uncatalogued: Set<string>;
  /** What the next hellos are answered with; the ordinary answer when empty. */
  readonly helloReplies: HelloReply[];
  /** What the next batches are answered with: `drop` cuts the connection instead of answering. */
  readonly batchReplies: (BatchReply | "drop")[];
  /** What the next volatile parts are answered with; an acknowledgement when empty. */
  readonly volatileReplies: BatchReply[];
  /** Whether `resume` asks for volatile attributes. */
  wantsVolatile: boolean;
  /** Status, and Retry-After in seconds, of the next writes; 204 when empty. */
  readonly writeReplies: { readonly status: number; readonly retryAfterSeconds?: number }[];
  /** Whether hello is answered with `resume`, given the digest of the last acknowledged state. */
  expectedDigest: string | undefined;
  /** The token without which agents are turned away. */
  token: string | undefined;
  resync(): void;
  /** Agents connected now. */
  connections(): number;
  closeIdleConnections(): void;
  /** Cuts every connection of agents, which may come back. */
  disconnectAll(): void;
  /** Tells every agent that the session is over, as a collector does that stops in order. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** Starts on a free port, or on `port` to come back where an agent looks for it; ends with `lifetime` at the latest. */
export async function startFakeCollector(lifetime: Lifetime, port = 0): Promise<FakeCollector> {
  const http = createServer();
  const sockets = new SocketServer(http, { transports: ["websocket"], maxHttpBufferSize: MAX_AGENT_MESSAGE_BYTES });
  const fake: FakeCollector = {
    url: "",
    elements: new Map(),
    hellos: [],
    fulls: [],
    changes: [],
    volatiles: [],
    volatileReplies: [],
    events: [],
    eventReplies: [],
    takesEvents: true,
    wantsVolatile: false,
    writes: [],
    uncatalogued: new Set(),
    helloReplies: [],
    batchReplies: [],
    writeReplies: [],
    expectedDigest: undefined,
    token: undefined,
    resync: () => sockets.of(AGENT_NAMESPACE).emit("resync"),
    connections: () => sockets.of(AGENT_NAMESPACE).sockets.size,
    closeIdleConnections: () => http.closeIdleConnections(),
    hangUp: () => sockets.of(AGENT_NAMESPACE).disconnectSockets(true),
    disconnectAll: () => sockets.of(AGENT_NAMESPACE).sockets.forEach((socket) => socket.conn.close()),
    stop: () => stop(http, sockets),
  };
  lifetime.defer("fake collector", fake.stop);
  acceptWrites(http, fake);
  acceptAgents(sockets, fake);
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  return Object.assign(fake, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });
}

function acceptWrites(http: Server, fake: FakeCollector): void {
  http.prependListener("request", (request, response) => {
    if (!request.url?.startsWith("/api/v2/write")) return;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = gunzipSync(Buffer.concat(chunks)).toString("utf8");
      const lines = body.split("\n");
      fake.writes.push({ headers: request.headers, lines });
      for (const line of lines) {
        const part = uncataloguedPartOf(line);
        if (part !== undefined) fake.uncatalogued.add(part);
      }
      const { status, retryAfterSeconds } = fake.writeReplies.shift() ?? { status: 204 };
      if (retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(retryAfterSeconds));
      response.writeHead(status).end();
    });
  });
}

function acceptAgents(sockets: SocketServer, fake: FakeCollector): void {
  const agents = sockets.of(AGENT_NAMESPACE);
  agents.use((socket, next) => {
    if (fake.token === undefined || socket.handshake.auth.token === fake.token) return next();
    next(Object.assign(new Error("refused"), { data: { code: "access.denied", detail: "no", hint: "give a token" } }));
  });
  agents.on("connection", (socket) => {
    const now = () => epochMsOf(systemClock.now());
    const settle = (batch: number, reply: (reply: BatchReply) => void, keep: () => void) => {
      const planned = fake.batchReplies.shift();
      if (planned === "drop") return socket.conn.close();
      if (planned === undefined || planned.kind === "ack") keep();
      reply(planned ?? { kind: "ack", batch, server_at: now() });
    };
    socket.on("hello", (hello: Hello, reply: (reply: HelloReply) => void) => {
      fake.hellos.push(hello);
      const kind = hello.digest !== undefined && hello.digest === fake.expectedDigest ? "resume" : "full";
      const wants_volatile = kind === "resume" && fake.wantsVolatile;
      const takes_events = fake.takesEvents;
      reply(fake.helloReplies.shift() ?? { kind, cluster: "test", server_at: now(), wants_volatile, takes_events });
    });
    socket.on("events", ({ batch, events }: EventBatch, reply: (reply: BatchReply) => void) => {
      const answer = fake.eventReplies.shift() ?? { kind: "ack" as const, batch, server_at: now() };
      if (answer.kind === "ack") fake.events.push(...events);
      reply(answer);
    });
    socket.on("volatile", (state: VolatileState, reply: (reply: BatchReply) => void) => {
      fake.volatiles.push(state);
      reply(fake.volatileReplies.shift() ?? { kind: "ack", batch: state.batch, server_at: now() });
    });
    socket.on("full", (full: FullState, reply: (reply: BatchReply) => void) => {
      settle(full.batch, reply, () => {
        fake.fulls.push(full);
        if (full.part === 0) fake.elements.clear();
        for (const element of full.elements) fake.elements.set(element.id, element);
      });
    });
    socket.on("changes", (changes: Changes, reply: (reply: BatchReply) => void) => {
      settle(changes.batch, reply, () => {
        fake.changes.push(changes);
        for (const id of changes.remove) fake.elements.delete(id);
        for (const element of changes.put) fake.elements.set(element.id, element);
      });
    });
  });
}

async function stop(http: Server, sockets: SocketServer): Promise<void> {
  http.closeAllConnections();
  await sockets.close();
}
