import type { Json } from "../core/json.ts";

/**
 * Small durable state: alert state, incidents, the outbox, journals, tokens, map positions.
 * JSON documents in named collections; a commit is atomic and durable when it returns.
 */
export interface StateStore {
  get(collection: string, key: string): Json | undefined;
  /** All documents of a collection, by key. */
  all(collection: string): ReadonlyMap<string, Json>;
  /** Some documents of a collection, in the order of their keys as bytes. */
  page(collection: string, range: KeyRange): readonly (readonly [key: string, document: Json])[];
  /** How many documents a collection has. */
  size(collection: string): number;
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

export interface KeyRange {
  readonly from?: string | undefined;
  /** Itself left out. */
  readonly before?: string | undefined;
  readonly limit: number;
  /** `descending`: the last of the range. */
  readonly order: "ascending" | "descending";
}
