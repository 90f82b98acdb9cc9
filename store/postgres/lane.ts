import { OperatorError } from "../../core/errors.ts";

/** What a lane needs of a connection; `PostgresSession` is one. */
export interface LaneSession {
  /** It is not used again. */
  readonly isBroken: boolean;
  /** Closes it at once. */
  destroy(): void;
  close(): Promise<void>;
}

export interface LaneOptions<S extends LaneSession> {
  /** Connections at most. */
  readonly size: number;
  /** What it is called in errors. */
  readonly place: string;
  readonly open: () => Promise<S>;
}

/** Callers waiting for a connection; past this they are refused with `store.busy`. */
const MAX_WAITING = 64;
const WAIT_LIMIT_MS = 60_000;
const CLOSE_WITHIN_MS = 30_000;

interface Turn {
  take(): void;
}

/** A bounded number of connections for one purpose, opened when needed; one that broke is replaced at the next use. */
export class Lane<S extends LaneSession> {
  readonly #options: LaneOptions<S>;
  readonly #idle: S[] = [];
  readonly #active = new Set<S>();
  #waiting: Turn[] = [];
  #busy = 0;
  #isClosed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: LaneOptions<S>) {
    this.#options = options;
  }

  /**
   * Runs `work` alone on one connection, after `begin`; it leaves the connection as it found it, or broken. A connection that turns out to have broken while it was idle is
   * replaced: `begin` has no effect that lasts, so it is tried once more on a new one.
   */
  async use<T>(begin: (session: S) => Promise<unknown>, work: (session: S) => Promise<T>): Promise<T> {
    await this.#enter();
    let session: S | undefined;
    try {
      session = await this.#begun(begin);
      this.#active.add(session);
      return await work(session);
    } finally {
      if (session !== undefined) this.#release(session);
      this.#leave();
    }
  }

  /** Waits for work under way, though not for long: then its connection is closed and it fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const timer = setTimeout(() => {
      for (const session of this.#active) session.destroy();
    }, CLOSE_WITHIN_MS);
    if (this.#busy > 0) {
      const idle = Promise.withResolvers<void>();
      this.#whenIdle.push(idle.resolve);
      await idle.promise;
    }
    clearTimeout(timer);
    for (const session of this.#idle.splice(0)) await session.close();
  }

  #release(session: S): void {
    this.#active.delete(session);
    if (!session.isBroken) this.#idle.push(session);
  }

  async #begun(begin: (session: S) => Promise<unknown>): Promise<S> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isBroken) continue;
      try {
        await begin(idle);
        return idle;
      } catch (error) {
        if (!idle.isBroken) {
          idle.destroy();
          throw error;
        }
      }
    }
    const session = await this.#options.open();
    try {
      await begin(session);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  async #enter(): Promise<void> {
    if (this.#isClosed) throw closed(this.#options.place);
    if (this.#busy < this.#options.size) {
      this.#busy++;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw busy(this.#options.place);
    const turn = Promise.withResolvers<void>();
    const waiting: Turn = { take: turn.resolve };
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      turn.reject(busy(this.#options.place));
    }, WAIT_LIMIT_MS);
    this.#waiting.push(waiting);
    await turn.promise.finally(() => clearTimeout(timer));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.take();
      return;
    }
    this.#busy--;
    if (this.#busy === 0) for (const resume of this.#whenIdle.splice(0)) resume();
  }
}

function busy(place: string): OperatorError {
  return new OperatorError({
    code: "store.busy",
    message: `too many questions are waiting for the ${place}`,
    hint: "ask again in a few seconds, for a shorter span or a smaller part",
    status: 503,
  });
}

function closed(place: string): OperatorError {
  return new OperatorError({
    code: "store.unavailable",
    message: `the ${place} is closed`,
    hint: "the server is stopping; ask again when it is back",
    status: 503,
  });
}
