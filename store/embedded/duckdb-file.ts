import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { OperatorError } from "../../core/errors.ts";
import { connectTo, type DuckDbLimits, isInvalidated, isOutOfMemory, openDuckDb, storeError } from "./duckdb.ts";

/** Work of one lane never waits for another's: a long read does not hold up a commit. */
export type Lane = "read" | "write" | "background";

const CONNECTIONS: { readonly [lane in Lane]: number } = { read: 3, write: 1, background: 1 };
/** Callers waiting for a connection of a lane; past this they are refused with `store.busy`. */
const MAX_WAITING = 64;

/** The lock of the operating system holds between processes only; this one holds within ours. */
const openPaths = new Set<string>();

/**
 * An open database file with a bounded number of connections. When DuckDB gives the open database up (a full disk
 * while it folds its log into the file), or a write has no memory left, it is closed and opened again before the next use.
 */
export class DuckDbFile {
  readonly path: string;
  readonly #limits: DuckDbLimits;
  readonly #lanes: { readonly [lane in Lane]: LaneState };
  #instance: DuckDBInstance | undefined;
  #reopening: Promise<DuckDBInstance> | undefined;
  #active = 0;
  #whenIdle: (() => void)[] = [];
  /** While it is there, new work waits for it. */
  #closedTo: Promise<void> | undefined;
  /** Callers of `use`, those that wait for a connection among them. */
  #users = 0;
  #whenUnused: (() => void) | undefined;
  #isBroken = false;
  #isClosed = false;

  /** Errors: those of `openDuckDb`. */
  static async open(path: string, limits: DuckDbLimits): Promise<DuckDbFile> {
    const key = resolve(path);
    if (openPaths.has(key)) throw storeError(path, new Error("Conflicting lock is held by this very process"));
    openPaths.add(key);
    try {
      return new DuckDbFile(path, limits, await openDuckDb(path, limits));
    } catch (error) {
      openPaths.delete(key);
      throw error;
    }
  }

  private constructor(path: string, limits: DuckDbLimits, instance: DuckDBInstance) {
    this.path = path;
    this.#limits = limits;
    this.#instance = instance;
    this.#lanes = { read: newLane("read"), write: newLane("write"), background: newLane("background") };
  }

  /** Runs `work` alone on one connection. What the database throws comes out as an OperatorError `store.…`. */
  async use<T>(lane: Lane, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const state = this.#lanes[lane];
    while (this.#closedTo !== undefined) await this.#closedTo;
    this.#users++;
    try {
      await this.#enter(state);
      return await this.#inTurn(state, work);
    } finally {
      this.#users--;
      if (this.#users === 0) this.#whenUnused?.();
    }
  }

  async #inTurn<T>(state: LaneState, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    try {
      return await this.#runOn(state, work);
    } catch (cause) {
      if (cause instanceof TypeError || cause instanceof RangeError) throw cause;
      throw storeError(this.path, cause);
    } finally {
      const next = state.waiting.shift();
      if (next === undefined) state.free++;
      else next();
    }
  }

  /**
   * Folds the write-ahead log into the file while nobody else is at work: only then does DuckDB give back the room of what was deleted.
   * New work waits meanwhile. Not done, and false, when work under way takes longer than `patienceMs`: next time, then.
   */
  async checkpointAlone(patienceMs: number): Promise<boolean> {
    if (this.#closedTo !== undefined) return false;
    const open = Promise.withResolvers<void>();
    this.#closedTo = open.promise;
    const unused = Promise.withResolvers<void>();
    this.#whenUnused = unused.resolve;
    try {
      if (this.#users > 0) await Promise.race([unused.promise, delay(patienceMs, undefined, { ref: false })]);
      if (this.#users > 0 || this.#isClosed) return false;
      await this.#runOn(this.#lanes.background, (connection) => connection.run("CHECKPOINT"));
      return true;
    } catch (cause) {
      throw storeError(this.path, cause);
    } finally {
      this.#whenUnused = undefined;
      this.#closedTo = undefined;
      open.resolve();
    }
  }

  /** For whoever learns that the open database is of no more use, in spite of having been answered. */
  reopenBeforeNextUse(): void {
    this.#isBroken = true;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A failed reopening has been told to whoever asked for it; here it only must be over.
    await this.#reopening?.catch(() => undefined);
    await this.#idle();
    this.#disconnect();
    openPaths.delete(resolve(this.path));
  }

  async #enter(state: LaneState): Promise<void> {
    if (state.free > 0) {
      state.free--;
      return;
    }
    if (state.waiting.length >= MAX_WAITING) throw busy(this.path);
    const turn = Promise.withResolvers<void>();
    state.waiting.push(turn.resolve);
    await turn.promise;
  }

  async #runOn<T>(state: LaneState, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const instance = this.#healthyInstance() ?? (await this.#reopened());
    this.#active++;
    let connection: DuckDBConnection | undefined;
    try {
      connection = state.idle.pop() ?? (await connectTo(instance, this.#limits));
      const result = await work(connection);
      state.idle.push(connection);
      return result;
    } catch (cause) {
      // A connection that failed may be inside a transaction: closing it rolls that back.
      connection?.closeSync();
      if (isInvalidated(cause) || (state !== this.#lanes.read && isOutOfMemory(cause))) this.#isBroken = true;
      throw cause;
    } finally {
      this.#active--;
      if (this.#active === 0) for (const resume of this.#whenIdle.splice(0)) resume();
    }
  }

  #healthyInstance(): DuckDBInstance | undefined {
    if (this.#isClosed) throw closed(this.path);
    return this.#isBroken ? undefined : this.#instance;
  }

  #reopened(): Promise<DuckDBInstance> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  async #reopen(): Promise<DuckDBInstance> {
    await this.#idle();
    this.#disconnect();
    const instance = await openDuckDb(this.path, this.#limits);
    this.#instance = instance;
    this.#isBroken = false;
    return instance;
  }

  #disconnect(): void {
    for (const { idle } of Object.values(this.#lanes)) {
      for (const connection of idle.splice(0)) connection.closeSync();
    }
    this.#instance?.closeSync();
    this.#instance = undefined;
  }

  /** Until no work is under way. */
  async #idle(): Promise<void> {
    if (this.#active === 0) return;
    const idle = Promise.withResolvers<void>();
    this.#whenIdle.push(idle.resolve);
    await idle.promise;
  }
}

interface LaneState {
  free: number;
  readonly idle: DuckDBConnection[];
  readonly waiting: (() => void)[];
}

function newLane(lane: Lane): LaneState {
  return { free: CONNECTIONS[lane], idle: [], waiting: [] };
}

function busy(path: string): OperatorError {
  return new OperatorError({
    code: "store.busy",
    message: `too many questions are waiting for the database ${path}`,
    hint: "ask again in a few seconds, for a shorter span or a smaller part",
    status: 503,
  });
}

function closed(path: string): OperatorError {
  return new OperatorError({
    code: "store.unavailable",
    message: `the database ${path} is closed`,
    hint: "the server is stopping; ask again when it is back",
    status: 503,
  });
}
