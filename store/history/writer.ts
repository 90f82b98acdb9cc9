import { OperatorError } from "../../core/errors.ts";
import type { Revision } from "../../topology/model/revision.ts";
import type { SqlCell, SqlDatabase, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { lostIdentifierRows } from "./past-identifiers.ts";
import { changeRow, type Entry, storedEntry } from "./stored-changes.ts";
import { CHANGES, COUNT_DELTAS, PAST_IDENTIFIERS } from "./tables.ts";

/** Appends that wait for one under way; past this they are refused with `store.busy`. */
const MAX_WAITING = 64;

/** Told of each commit before whoever asked for it is. */
export interface CommitListener {
  committed(cluster: string, entries: readonly Entry[]): void;
  /** A cluster was written by other means. */
  adopted(cluster: string): void;
  /** The last revisions after a commit. */
  acknowledged(last: ReadonlyMap<string, number>): void;
}

/** Appends revisions, several to a commit, and sees to it that a refused append leaves nothing behind. */
export class HistoryWriter {
  readonly #database: SqlDatabase;
  readonly #last: Map<string, number>;
  readonly #listener: CommitListener;
  #work: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** Clusters whose last commit was answered with an error: what of it reached the disk is taken back before anything else happens. */
  readonly #inDoubt = new Set<string>();

  constructor(database: SqlDatabase, stored: ReadonlyMap<string, number>, listener: CommitListener) {
    this.#database = database;
    this.#last = new Map(stored);
    this.#listener = listener;
  }

  /** The last acknowledged revision of each cluster. */
  get last(): ReadonlyMap<string, number> {
    return this.#last;
  }

  async append(revisions: readonly Revision[]): Promise<void> {
    if (revisions.length === 0) return;
    return this.#inTurn(async () => {
      const last = continued(this.#last, revisions);
      const entries = new Map([...last.keys()].map((cluster): [string, Entry[]] => [cluster, []]));
      const took = (cluster: string, entry: Entry) => entries.get(cluster)?.push(entry);
      await this.#write(last.keys(), (writer) => writeRevisions(writer, revisions, took));
      for (const [cluster, revision] of last) {
        this.#last.set(cluster, revision);
        this.#listener.committed(cluster, entries.get(cluster) ?? []);
      }
      this.#listener.acknowledged(this.#last);
    });
  }

  /** Takes note of a cluster that was written by other means, which nobody has appended to. */
  adopt(cluster: string, revision: number): void {
    this.#last.set(cluster, revision);
    this.#listener.adopted(cluster);
    this.#listener.acknowledged(this.#last);
  }

  /** Until no commit is in doubt. */
  async settled(): Promise<void> {
    if (this.#inDoubt.size > 0) await this.#inTurn(() => this.#write([], async () => undefined));
  }

  async #write(clusters: Iterable<string>, work: (writer: SqlWriter) => Promise<void>): Promise<void> {
    try {
      await this.#database.write("write", async (writer) => {
        await this.#takeBack(writer);
        await work(writer);
      });
      this.#inDoubt.clear();
    } catch (cause) {
      for (const cluster of clusters) this.#inDoubt.add(cluster);
      throw cause;
    }
  }

  async #takeBack(writer: SqlWriter): Promise<void> {
    for (const cluster of this.#inDoubt) {
      const after = sql`cluster = ${cluster} AND revision > ${this.#last.get(cluster) ?? 0}`;
      await writer.execute(sql`DELETE FROM changes WHERE ${after}`);
      await writer.execute(sql`DELETE FROM count_deltas WHERE ${after}`);
      await writer.execute(sql`DELETE FROM past_identifiers WHERE ${after}`);
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw busy();
    this.#waiting++;
    const result = this.#work.then(work).finally(() => this.#waiting--);
    // Whoever asked is told of a failure; who comes next only waits for the end.
    this.#work = result.catch(() => undefined);
    return result;
  }
}

/** Rows are made as the database takes them, so that the event loop turns in a storm; `took` is told of each change. */
export async function writeRevisions(
  writer: SqlWriter,
  revisions: readonly Revision[],
  took: (cluster: string, entry: Entry) => void = () => undefined,
): Promise<void> {
  await writer.append(CHANGES, changeRows(revisions, took));
  await writer.append(COUNT_DELTAS, deltaRows(revisions));
  await writer.append(PAST_IDENTIFIERS, lostRows(revisions));
}

function* changeRows(
  revisions: readonly Revision[],
  took: (cluster: string, entry: Entry) => void,
): Iterable<readonly SqlCell[]> {
  for (const revision of revisions) {
    for (const [ordinal, change] of revision.changes.entries()) {
      const entry = storedEntry(revision, ordinal, change);
      took(revision.cluster, entry);
      yield changeRow(revision.cluster, entry);
    }
  }
}

function* deltaRows(revisions: readonly Revision[]): Iterable<readonly SqlCell[]> {
  for (const { cluster, revision, at, knownAt, counts = [] } of revisions) {
    for (const { place, counter, delta } of counts) yield [cluster, revision, at, knownAt, place, counter, delta];
  }
}

function* lostRows(revisions: readonly Revision[]): Iterable<readonly SqlCell[]> {
  for (const revision of revisions) yield* lostIdentifierRows(revision);
}

/** The last revision of each cluster after these. Throws a RangeError when one does not follow the one before it. */
function continued(last: ReadonlyMap<string, number>, revisions: readonly Revision[]): ReadonlyMap<string, number> {
  const result = new Map<string, number>();
  for (const { cluster, revision, changes } of revisions) {
    const expected = (result.get(cluster) ?? last.get(cluster) ?? 0) + 1;
    if (revision !== expected) throw new RangeError(`revision ${revision} of ${cluster} should be ${expected}`);
    if (changes.length === 0) throw new RangeError(`revision ${revision} of ${cluster} has no changes`);
    result.set(cluster, revision);
  }
  return result;
}

function busy(): OperatorError {
  return new OperatorError({
    code: "store.busy",
    message: "too many commits are waiting for the topology store",
    hint: "look at the disk it lies on: commits take too long",
    status: 503,
  });
}
