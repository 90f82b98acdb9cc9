import { io, type Socket } from "socket.io-client";
import type { Clock } from "../../../core/clock.ts";
import { topologyOf } from "../../../topology/model/topology.ts";
import {
  LIVE_NAMESPACE,
  type LiveChanges,
  type LivePageToServer,
  type LiveServerToPage,
  type SubscribeReply,
} from "../../api/live.ts";
import { parseChange, parseElement, parseInstant } from "../api/parse.ts";
import { type LiveEvent, type LiveState, type LiveTopology, NOT_CONNECTED, step } from "./live-state.ts";

export interface FeedOptions {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly cluster: string | undefined;
  /** Only this element and what stands below it. */
  readonly root: string | undefined;
  readonly clock: Clock;
  onState(state: LiveState): void;
  onIncidents(): void;
}

const REPLY_LIMIT_MS = 10_000;
const RECONNECT_AT_MOST_MS = 3_000;

type LiveSocket = Socket<LiveServerToPage, LivePageToServer>;

/** Follows the live topology until the returned function is called. Reconnects for as long as it takes. */
export function openFeed(options: FeedOptions): () => void {
  let state: LiveState = NOT_CONNECTED;
  const socket: LiveSocket = io(`${options.origin}${LIVE_NAMESPACE}`, {
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelayMax: RECONNECT_AT_MOST_MS,
    forceNew: true,
  });
  const take = (event: LiveEvent): void => {
    const next = step(state, event, options.clock);
    if (next.state !== state) options.onState(next.state);
    state = next.state;
    if (next.resubscribe) void subscribe();
  };
  let asking = false;
  /** One request at a time: more gaps seen while waiting are healed by the same answer. */
  const subscribe = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      const { cluster, root } = options;
      take(eventOf(await socket.timeout(REPLY_LIMIT_MS).emitWithAck("subscribe", { cluster, root, at: "live" })));
    } catch {
      // No answer in time, or one this page cannot read: connect anew after a while, which subscribes again.
      take({ kind: "lost" });
      socket.disconnect();
      tryLater();
    } finally {
      asking = false;
    }
  };
  socket.on("connect", () => void subscribe());
  socket.on("changes", (batch) => take({ kind: "batch", batch: batchOf(batch) }));
  socket.on("resync", () => void subscribe());
  socket.on("incidents", options.onIncidents);
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** When the server ended or refused the connection, socket.io leaves it to us to try again. */
  const tryLater = (): void => {
    clearTimeout(retry);
    if (!socket.active) retry = setTimeout(() => socket.connect(), RECONNECT_AT_MOST_MS);
  };
  socket.on("disconnect", () => {
    take({ kind: "lost" });
    tryLater();
  });
  socket.on("connect_error", (error) => {
    if (socket.active) take({ kind: "lost" });
    else take({ kind: "refused", code: "live.refused", detail: error.message, hint: "sign in again" });
    tryLater();
  });
  return () => {
    clearTimeout(retry);
    socket.off();
    socket.disconnect();
  };
}

function eventOf(reply: SubscribeReply): LiveEvent {
  if (reply.kind === "refused") return reply;
  const { sequence, cluster, revision, at, elements } = reply;
  const topology = topologyOf(elements.map(parseElement));
  return { kind: "full", state: { topology, cluster, sequence, revision, at: parseInstant(at) } };
}

function batchOf(batch: LiveChanges): Omit<LiveTopology, "topology"> {
  return { ...batch, at: parseInstant(batch.at), changes: batch.changes.map(parseChange) };
}
