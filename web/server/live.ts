import type { IncomingHttpHeaders } from "node:http";
import type { Namespace, Server } from "socket.io";
import type { Identity } from "../../core/access.ts";
import type { Clock } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { LIVE_NAMESPACE, type LivePageToServer, type LiveServerToPage } from "../api/live.ts";
import { LiveHub } from "./live-hub.ts";
import { LiveSession, type LiveUse } from "./live-session.ts";
import type { LiveSocket } from "./live-subscriber.ts";

export interface LiveDeps {
  /** By cluster. */
  readonly recorders: ReadonlyMap<string, Recorder>;
  /** Who sends these headers, or this token; undefined: nobody who may look. May throw an OperatorError that says why not. */
  readonly viewerOf: (headers: IncomingHttpHeaders, token: string | undefined) => Identity | undefined;
  readonly clock: Clock;
  readonly onUse?: ((use: LiveUse) => void) | undefined;
}

export interface LiveServer {
  /** Tells every page that incidents changed. */
  notifyIncidents(): void;
}

const MAX_SUBSCRIBERS = 1_000;

/** Serves the namespace `/live` of web/api/live.ts until the lifetime ends. */
export function serveLive(io: Server, deps: LiveDeps, lifetime: Lifetime): LiveServer {
  const namespace: Namespace<LivePageToServer, LiveServerToPage> = io.of(LIVE_NAMESPACE);
  const hub = new LiveHub(deps.recorders, deps.clock, (sockets, { event, batch }) => {
    const all = namespace.to(sockets.map(({ id }) => id));
    if (event === "changes") all.emit("changes", batch);
    else all.emit("counts", batch);
  });
  const telling = { clock: deps.clock, tell: deps.onUse ?? (() => {}) };
  const sessions = new WeakMap<LiveSocket, LiveSession>();
  namespace.use((socket, next) => {
    const { headers, auth, address } = socket.handshake;
    let identity: Identity | undefined;
    try {
      if (namespace.sockets.size >= MAX_SUBSCRIBERS) throw tooMany();
      identity = deps.viewerOf(headers, isRecord(auth) && typeof auth.token === "string" ? auth.token : undefined);
      if (identity === undefined) throw tokenNeeded();
      sessions.set(socket, new LiveSession({ identity, from: address }, telling));
      next();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      new LiveSession({ identity, from: address }, telling).refuse(error.code);
      const data = { code: error.code, detail: error.message, hint: error.hint };
      next(Object.assign(new Error(error.message), { data }));
    }
  });
  namespace.on("connection", (socket: LiveSocket) => {
    socket.on("subscribe", (request: unknown, reply: unknown) => {
      if (typeof reply !== "function") socket.disconnect(true);
      else {
        const answer = hub.subscribe(socket, request);
        sessions.get(socket)?.follow(hub.viewOf(socket));
        if (answer.kind === "refused") sessions.get(socket)?.refuse(answer.code);
        reply(answer);
      }
    });
    socket.on("disconnect", () => {
      hub.unsubscribe(socket);
      sessions.get(socket)?.follow(undefined);
    });
  });
  const stops = [...deps.recorders.values()].flatMap((recorder) => [
    recorder.onRevision(({ changes, counts = [], at }) => {
      hub.changed(recorder, changes, at);
      hub.counted(recorder, counts, at);
    }),
    recorder.onVolatile(({ changes, at }) => hub.changed(recorder, changes, at)),
  ]);
  lifetime.defer("live updates", () => {
    for (const stop of stops) stop();
    hub.stop();
    namespace.disconnectSockets(true);
  });
  return { notifyIncidents: () => namespace.emit("incidents") };
}

function tokenNeeded(): OperatorError {
  return new OperatorError({
    code: "access.token_needed",
    message: "live updates need a token",
    hint: "sign in on the page, or send `auth: { token }` with the connection",
    status: 401,
  });
}

function tooMany(): OperatorError {
  return new OperatorError({
    code: "live.too_many",
    message: `${MAX_SUBSCRIBERS} pages are connected already`,
    hint: "close some of them",
    status: 503,
  });
}
