import type { Json } from "../core/json.ts";

/**
 * Small durable state: alert state, incidents, the outbox, journals, tokens, map positions.
 * JSON documents in named collections; a commit is atomic and durable when it returns.
 */
export interface StateStore {
  get(collection: string, key: string): Json | undefined;
  /** All documents of a collection, by key. */
  all(collection: string): ReadonlyMap<string, Json>;
  /** Errors: OperatorError `store.full`, `store.unavailable`. */
  commit(writes: readonly StateWrite[]): void;
  close(): void;
}

/** `document` undefined deletes. */
export interface StateWrite {
  readonly collection: string;
  readonly key: string;
  readonly document: Json | undefined;
}
