import type { EpochMs } from "../../core/clock.ts";
import type { Change } from "./change.ts";
import type { CountDelta } from "./place-counts.ts";

/**
 * One atomic set of changes of one cluster. Revisions rise by one per cluster. Per element, order is (`at`, revision).
 */
export interface Revision {
  readonly revision: number;
  /** When it happened, corrected by the clock offset measured for the agent's session. */
  readonly at: EpochMs;
  /** When we learned it. */
  readonly knownAt: EpochMs;
  readonly cluster: string;
  /** Who said so: `agent/<host>`, `recorder/<host>` (about an agent's session), `openstack/<cluster>`. */
  readonly origin: string;
  readonly changes: readonly Change[];
  /** What they do to the counters of places. */
  readonly counts?: readonly CountDelta[] | undefined;
}

/** One change with the revision it belongs to, as the change log and an element's history list them. */
export interface RecordedChange {
  readonly revision: number;
  /** Position within its revision, from 0. */
  readonly ordinal: number;
  readonly at: EpochMs;
  readonly knownAt: EpochMs;
  readonly cluster: string;
  readonly origin: string;
  readonly change: Change;
}

/** A moment somebody gave a name to. */
export interface Snapshot {
  readonly name: string;
  readonly cluster: string;
  readonly at: EpochMs;
  readonly revision: number;
  readonly createdAt: EpochMs;
  readonly createdBy: string;
  readonly note: string;
}
