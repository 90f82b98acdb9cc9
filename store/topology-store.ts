import type { EpochMs } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { Change } from "../topology/model/change.ts";
import type { CountDelta, PlaceCounts } from "../topology/model/place-counts.ts";
import type { RecordedChange, Revision, Snapshot } from "../topology/model/revision.ts";

/**
 * Keeps every version of the topology. Errors: OperatorError `store.unavailable`, `store.busy`, `store.full`,
 * `store.damaged`.
 */
export interface TopologyStore {
  /**
   * Durable when it resolves: all revisions given or none of them. Revisions must follow `lastRevision` without gaps,
   * each with at least one change, and for one element `at` never goes back from one revision to the next.
   */
  append(revisions: readonly Revision[]): Promise<void>;
  /** The number of the last durable revision of a cluster; 0 when there is none. */
  lastRevision(cluster: string): Promise<number>;
  clusters(): Promise<readonly string[]>;
  /** All that is known now, in chunks: each element once. */
  latest(cluster: string): AsyncIterable<readonly Element[]>;
  /** The latest `at` each origin has told. */
  lastAtByOrigin(cluster: string): Promise<ReadonlyMap<string, EpochMs>>;
  /**
   * The state at a moment, in chunks: each element once, in no order. All chunks are as of one commit, and no more than a
   * few parts of it are in memory at a time. Errors: `topology.forgotten` (410) when retention has dropped that moment.
   */
  stateAt(cluster: string, moment: AsOf, part?: TopologyPart): AsyncIterable<readonly Element[]>;
  /** The same with its revision and the begin of the history, all as of one commit. */
  momentAt(cluster: string, moment: AsOf, part?: TopologyPart): Promise<StoredMoment>;
  /**
   * What happened in `from < at <= to`, folded: for each element the changes that turn its earlier state into its later
   * one, at most two (`netOf`). Elements that end as they began are left out. Costs what changed, not what exists.
   * Errors: `topology.too_many_changes` (422) past the query's limit, `topology.forgotten` (410).
   */
  netChanges(query: NetQuery): Promise<readonly Change[]>;
  /**
   * The change log, oldest first by (`at`, revision, ordinal), with `from < at <= to`.
   * Errors: `topology.cursor_unknown` (400) for an `after` that is none of ours.
   */
  changes(query: ChangeQuery): Promise<ChangePage>;
  /**
   * Counts of changes, exact for the bounds it returns. Buckets of two minutes and more of a whole cluster have whole minutes
   * for their inner bounds.
   */
  density(query: DensityQuery): Promise<readonly DensityBucket[]>;
  /** The last revision that happened at or before a moment; 0 before the first. */
  lastRevisionBy(cluster: string, at: EpochMs): Promise<number>;
  /**
   * The `at` of a revision; undefined when there is no such revision, or when it is not in the log any more: once a history was
   * cut short by retention, or came from elsewhere, that is every one that happened by its begin, whenever it was learned.
   */
  revisionAt(cluster: string, revision: number): Promise<EpochMs | undefined>;
  /** When the history of a cluster begins; undefined when it is empty. */
  beginsAt(cluster: string): Promise<EpochMs | undefined>;
  /** The counters of all places at a moment. Errors: `topology.forgotten` (410), for moments of snapshots too. */
  countsAt(cluster: string, moment: AsOf): Promise<PlaceCounts>;

  snapshots(cluster: string): Promise<readonly Snapshot[]>;
  /** Errors: `snapshot.exists` (409), `topology.forgotten` (410) for a moment nothing is known of any more. */
  addSnapshot(snapshot: Snapshot): Promise<void>;
  /** Whether there was one. */
  removeSnapshot(cluster: string, name: string): Promise<boolean>;
  /**
   * Elements that had one of these identifiers (`identifiersOf`) and do not have it now, the latest loss first, each
   * element once for each identifier. What retention has dropped is not told.
   */
  pastIdentifiers(query: PastIdentifierQuery): Promise<readonly PastIdentifier[]>;
  /**
   * Forgets what was before a moment: `beginsAt` is that moment then, the log and the losses of identifiers begin after it.
   * Moments before it are refused as `topology.forgotten`, but for those of snapshots: their states are written down
   * first, as they are known now, and `stateAt` and `netChanges` go on to answer for them. A change that is learned
   * later of a time before is in every state, and not in the log. A moment that is no later than the present begin
   * changes nothing.
   */
  retain(cluster: string, retention: { readonly before: EpochMs }): Promise<void>;
  /**
   * Takes in a history from elsewhere, whole or not at all: within its span every question has the answer it had there,
   * but `knownAt` before `base.knownAt` is forgotten. Errors: `topology.cluster_exists` (409).
   */
  importHistory(cluster: string, history: ImportedHistory): Promise<void>;
  close(): Promise<void>;
}

export interface StoredMoment {
  readonly elements: AsyncIterable<readonly Element[]>;
  /** As `lastRevisionBy`. */
  readonly revision: number;
  /** As `beginsAt`. */
  readonly beginsAt: EpochMs | undefined;
}

/** A moment by the time things happened and, left out for now, by the time they were known. */
export interface AsOf {
  readonly at: EpochMs;
  readonly knownAt?: EpochMs | undefined;
}

/** Left out means no bound. */
export interface TopologyPart {
  /** This element and what stands below it, by its id. */
  readonly root?: ElementId | undefined;
  /** Only this very element. */
  readonly element?: ElementId | undefined;
  /** Only what agents on these hosts own. */
  readonly hosts?: readonly string[] | undefined;
}

export interface ImportedHistory {
  /** The state the history begins with. */
  readonly base: {
    readonly at: EpochMs;
    /** The last revision that happened by `at`. */
    readonly revision: number;
    /** By when all of the base was known: the time of the export, if nothing better is known. */
    readonly knownAt: EpochMs;
    readonly elements: AsyncIterable<readonly Element[]>;
    readonly counts: readonly CountDelta[];
  };
  /** What happened after `base.at`, in any order, with the numbers it had; gaps are allowed. */
  readonly revisions: AsyncIterable<readonly Revision[]>;
}

export interface PastIdentifierQuery {
  readonly cluster: string;
  /** As `identifiersOf` writes them. */
  readonly tokens: readonly string[];
  readonly limit: number;
}

export interface PastIdentifier {
  readonly token: string;
  readonly id: ElementId;
  readonly kind: string;
  /** Undefined for links. */
  readonly name?: string | undefined;
  /** When it was lost. */
  readonly until: EpochMs;
}

export interface NetQuery {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly part?: TopologyPart | undefined;
  /** Elements at most. */
  readonly limit: number;
}

export interface ChangeQuery {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Only this element and what stands below it. */
  readonly root?: ElementId | undefined;
  /** Only this very element (its history). */
  readonly element?: ElementId | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst?: boolean | undefined;
}

export interface ChangePage {
  readonly changes: readonly RecordedChange[];
  /** Opaque; undefined on the last page. */
  readonly next?: string | undefined;
}

export interface DensityQuery {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly buckets: number;
  readonly root?: ElementId | undefined;
}

/** Counts of changes with `from <= at < to`. */
export interface DensityBucket {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
}
