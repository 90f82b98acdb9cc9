import type { EpochMs } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import type { Revision } from "./model/revision.ts";

/** What the recorder asks of the durable store; `TopologyStore` is one. */
export interface RevisionLog {
  /** All revisions or none; durable when it resolves. */
  append(revisions: readonly Revision[]): Promise<void>;
  lastRevision(cluster: string): Promise<number>;
  /** In chunks, each element once. */
  latest(cluster: string): AsyncIterable<readonly Element[]>;
  /** The latest `at` each origin has told. */
  lastAtByOrigin(cluster: string): Promise<ReadonlyMap<string, EpochMs>>;
}
