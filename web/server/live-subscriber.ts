import type { Socket } from "socket.io";
import type { LiveChanges, LivePageToServer, LiveServerToPage } from "../api/live.ts";

export type LiveSocket = Socket<LivePageToServer, LiveServerToPage>;

/** Batches kept for a subscriber whose connection does not take them; with one more it has to start over. */
export const MAX_QUEUED_BATCHES = 64;
/** Changes in those batches. */
const MAX_QUEUED_CHANGES = 50_000;

/**
 * Hands batches to one connection no faster than it takes them, so that a slow one costs a bounded queue and then
 * nothing: its queue is dropped and it is told to subscribe again once it can be told.
 */
export class LiveSubscriber {
  readonly #socket: LiveSocket;
  #queue: LiveChanges[] = [];
  #queuedChanges = 0;
  #state: "live" | "dropped" | "over" = "live";

  constructor(socket: LiveSocket) {
    this.#socket = socket;
  }

  /** It has been told to subscribe again; nothing more will be sent. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Whether something waits for the connection. */
  get isWaiting(): boolean {
    return this.#queue.length > 0 || this.#state === "dropped";
  }

  push(batch: LiveChanges): void {
    if (this.#state !== "live") return;
    this.#queue.push(batch);
    this.#queuedChanges += batch.changes.length;
    this.flush();
    if (this.#queue.length > MAX_QUEUED_BATCHES || this.#queuedChanges > MAX_QUEUED_CHANGES) this.#drop();
  }

  /** Sends what waits, if the connection has taken what was sent before. */
  flush(): void {
    if (!this.#socket.conn.transport.writable) return;
    if (this.#state === "dropped") {
      this.#state = "over";
      this.#socket.emit("resync");
      return;
    }
    for (const batch of this.#queue.splice(0)) this.#socket.emit("changes", batch);
    this.#queuedChanges = 0;
  }

  #drop(): void {
    this.#queue = [];
    this.#queuedChanges = 0;
    this.#state = "dropped";
  }
}
