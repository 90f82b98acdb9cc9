import type { Socket } from "socket.io";
import type { LiveChanges, LiveCounts, LivePageToServer, LiveServerToPage } from "../api/live.ts";

export type LiveSocket = Socket<LivePageToServer, LiveServerToPage>;

/** What is sent to all who follow a view. */
export type LiveBatch =
  | { readonly event: "changes"; readonly batch: LiveChanges }
  | { readonly event: "counts"; readonly batch: LiveCounts };

/** Batches kept for a subscriber whose connection does not take them; with one more it has to start over. */
export const MAX_QUEUED_BATCHES = 64;
/** Changes in those batches. */
const MAX_QUEUED_CHANGES = 50_000;

/**
 * Hands batches to one connection no faster than it takes them, so that a slow one costs a bounded queue and then
 * nothing: its queue is dropped and it is told to subscribe again once it can be told.
 */
export class LiveSubscriber {
  readonly socket: LiveSocket;
  #queue: LiveBatch[] = [];
  #queuedChanges = 0;
  #state: "live" | "dropped" | "over" = "live";

  constructor(socket: LiveSocket) {
    this.socket = socket;
  }

  /** It has been told to subscribe again; nothing more will be sent. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Whether something waits for the connection. */
  get isWaiting(): boolean {
    return this.#queue.length > 0 || this.#state === "dropped";
  }

  /** Nothing waits, and the connection takes the next batch: it may be sent together with others'. */
  get isCaughtUp(): boolean {
    return this.#state === "live" && this.#queue.length === 0 && this.socket.conn.transport.writable;
  }

  push(batch: LiveBatch): void {
    if (this.#state !== "live") return;
    this.#queue.push(batch);
    this.#queuedChanges += sizeOf(batch);
    this.flush();
    if (this.#queue.length > MAX_QUEUED_BATCHES || this.#queuedChanges > MAX_QUEUED_CHANGES) this.#drop();
  }

  /** Sends what waits, if the connection has taken what was sent before. */
  flush(): void {
    if (!this.socket.conn.transport.writable) return;
    if (this.#state === "dropped") {
      this.#state = "over";
      this.socket.emit("resync");
      return;
    }
    for (const waiting of this.#queue.splice(0)) {
      if (waiting.event === "changes") this.socket.emit("changes", waiting.batch);
      else this.socket.emit("counts", waiting.batch);
    }
    this.#queuedChanges = 0;
  }

  #drop(): void {
    this.#queue = [];
    this.#queuedChanges = 0;
    this.#state = "dropped";
  }
}

function sizeOf(batch: LiveBatch): number {
  return batch.event === "changes" ? batch.batch.changes.length : batch.batch.deltas.length;
}
