import type { IncomingHttpHeaders } from "node:http";
import type { DefaultEventsMap, Server, Socket } from "socket.io";
import { type Identity, nameOf } from "../../core/access.ts";
import { AGENT_NAMESPACE, type BatchReply, type CollectorToAgent, type HelloReply } from "../../core/agent-protocol.ts";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { createLogBurst } from "../../core/log-burst.ts";
import { noTraceScope } from "../../core/trace-scope.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { AgentStatus } from "../../topology/agent-presence.ts";
import type { Recorders } from "../../topology/recorders.ts";
import type { MeshSettings } from "../mesh/mesh-desk.ts";
import { AgentSession } from "./agent-session.ts";
import { openDesks } from "./cluster-desks.ts";
import { type AgentCounts, newAgentCounts } from "./counts.ts";
import { createFullStateTurns } from "./full-states.ts";
import { AGENT_LIMITS, type AgentLimits } from "./limits.ts";
import { answerTraced, type MessageTracing } from "./message-trace.ts";

export interface AgentServerDeps {
  /** By cluster; an agent that names no cluster belongs to the first. */
  readonly recorders: Recorders;
  /** Whose token this is. May throw an OperatorError, which is told to the caller. */
  readonly identify: (token: string | undefined, headers: IncomingHttpHeaders) => Identity | undefined;
  /** Where events of hosts are kept; undefined: not at all. */
  readonly events?: Pick<EventStore, "append"> | undefined;
  /** Undefined: agents do not probe one another. */
  readonly mesh?: MeshSettings | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AgentLimits> | undefined;
  readonly tracing?: MessageTracing | undefined;
}

export interface AgentServer {
  /** Every agent ever seen, with the state of its session. */
  statuses(): readonly AgentStatus[];
  /** Connections that have said hello. */
  connections(): number;
  counts(): Readonly<AgentCounts>;
}

/** Messages as they come in: nothing is known of them yet. */
interface Incoming {
  hello(message: unknown, reply: unknown): void;
  full(message: unknown, reply: unknown): void;
  changes(message: unknown, reply: unknown): void;
  volatile(message: unknown, reply: unknown): void;
  events(message: unknown, reply: unknown): void;
}

const NO_TRACING: MessageTracing = { traces: noTraceScope, recordSpan: () => {} };

type AgentSocket = Socket<Incoming, CollectorToAgent, DefaultEventsMap, { readonly identity: Identity }>;

/**
 * Serves the namespace `/agent` of core/agent-protocol.ts until the lifetime ends. `io` is to be created with
 * `maxHttpBufferSize: MAX_AGENT_MESSAGE_BYTES`.
 */
export function serveAgents(io: Server, deps: AgentServerDeps, lifetime: Lifetime): AgentServer {
  const { recorders, clock, log, tracing = NO_TRACING } = deps;
  const limits = { ...AGENT_LIMITS, ...deps.limits };
  const sockets = new Map<AgentSession, AgentSocket>();
  const disconnect = (session: AgentSession) => sockets.get(session)?.disconnect(true);
  const onMesh = (session: AgentSession) => {
    const plan = session.meshPlan();
    if (plan !== undefined) sockets.get(session)?.emit("mesh", plan);
  };
  const desks = openDesks(
    { recorders, clock, log, graceMs: limits.silenceGraceMs, disconnect, mesh: deps.mesh, onMesh },
    lifetime,
  );
  const turns = createFullStateTurns(limits.fullStates, limits.fullStateMs, clock);
  const namespace = io.of(AGENT_NAMESPACE);
  const counts = newAgentCounts();
  const logDisconnected = createLogBurst(
    log.info.bind(log),
    { event: "agent disconnected", more: "more agents disconnected" },
    lifetime,
  );
  const logTurnedAway = createLogBurst(
    log.warn.bind(log),
    { event: "agent turned away", more: "more agents turned away" },
    lifetime,
  );
  let connections = 0;

  namespace.use((socket, next) => {
    try {
      if (connections >= limits.connections) throw tooManyConnections(limits.connections);
      const identity = deps.identify(tokenOf(socket.handshake.auth), socket.handshake.headers);
      if (identity === undefined) throw tokenNeeded();
      socket.data = { identity };
      next();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      counts.refused++;
      logTurnedAway({ from: socket.handshake.address, code: error.code });
      next(asConnectError(error));
    }
  });

  namespace.on("connection", (socket: AgentSocket) => {
    const { identity } = socket.data;
    connections++;
    const session = new AgentSession(
      { desks, turns, events: deps.events, counts, clock, log, limits },
      { identity, address: socket.handshake.address },
    );
    sockets.set(session, socket);
    const greeting = setTimeout(() => {
      if (session.host === undefined) socket.disconnect(true);
    }, limits.helloMs);
    const answer = (name: string, handle: (message: unknown) => Promise<HelloReply | BatchReply>) =>
      answering(socket, (message) =>
        answerTraced({ name, message, host: () => session.host }, () => handle(message), { ...tracing, clock }),
      );
    socket.on(
      "hello",
      answer("hello", async (message) => {
        const reply = await session.hello(message);
        if (reply.kind === "resume" || reply.kind === "full") onMesh(session);
        return reply;
      }),
    );
    for (const name of ["full", "changes", "volatile", "events"] as const) {
      socket.on(
        name,
        answer(name, (message) => session[name](message)),
      );
    }
    socket.on("disconnect", () => {
      clearTimeout(greeting);
      connections--;
      sockets.delete(session);
      session.closed();
      logDisconnected({ host: session.host, agent: nameOf(identity) });
    });
  });

  lifetime.defer("agent sessions", async () => {
    const open = [...sockets.keys()];
    namespace.disconnectSockets(true);
    await Promise.all(open.map((session) => session.settled()));
  });
  return {
    statuses: () => desks.presences.flatMap((presence) => presence.statuses()),
    counts: () => counts,
    connections: () => [...sockets.keys()].filter((session) => session.host !== undefined).length,
  };
}

/** A message without a place for the answer is not of our protocol. */
function answering(
  socket: AgentSocket,
  handle: (message: unknown) => Promise<HelloReply | BatchReply>,
): (message: unknown, reply: unknown) => void {
  return (message, reply) => {
    if (typeof reply !== "function") {
      socket.disconnect(true);
      return;
    }
    // The session answers a failure of its own with a refusal, so that this does not reject.
    void handle(message).then((answer) => reply(answer));
  };
}

function tokenOf(auth: unknown): string | undefined {
  return isRecord(auth) && typeof auth.token === "string" && auth.token.length <= 1_000 ? auth.token : undefined;
}

/** socket.io hands `data` to the client's `connect_error`. */
function asConnectError(error: OperatorError): Error {
  const data = { code: error.code, detail: error.message, hint: error.hint };
  return Object.assign(new Error(error.message), { data });
}

function tokenNeeded(): OperatorError {
  return new OperatorError({
    code: "access.token_needed",
    message: "an agent needs a token this collector knows",
    hint: "make one with `nephoscope token` and put it into the agent's configuration",
    status: 401,
  });
}

function tooManyConnections(limit: number): OperatorError {
  return new OperatorError({
    code: "agent.too_many_connections",
    message: `this collector serves at most ${limit} agents`,
    hint: "raise the limit, or run another collector",
    status: 503,
  });
}
