import type { DuckDBConnection } from "@duckdb/node-api";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Revision } from "../../topology/model/revision.ts";
import type { AcknowledgedMark } from "./acknowledged-mark.ts";
import { type CheckpointSchedule, createCheckpointSchedule } from "./checkpoint-schedule.ts";
import { isDurableAllTheSame } from "./duckdb.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { appendRows, execute, rowsOf } from "./duckdb-rows.ts";
import { changeRow, numberCell, textCell } from "./topology-rows.ts";
import { deleteAfter, lastRevisions } from "./topology-sql.ts";

export interface WriterParts {
  readonly file: DuckDbFile;
  readonly mark: AcknowledgedMark;
  /** The last revision of each cluster in the file. */
  readonly stored: ReadonlyMap<string, number>;
  readonly deps: { readonly log: Log; readonly checkpointEveryChanges?: number | undefined };
}

/** Appends revisions, several to a commit, and sees to it that a refused append leaves nothing behind. */
export class TopologyWriter {
  readonly #file: DuckDbFile;
  readonly #mark: AcknowledgedMark;
  readonly #log: Log;
  readonly #checkpoints: CheckpointSchedule;
  readonly #last: Map<string, number>;
  /** A commit was answered with an error: what of it reached the disk is taken back before anything else happens. */
  #isInDoubt = false;

  constructor({ file, mark, stored, deps }: WriterParts) {
    this.#file = file;
    this.#mark = mark;
    this.#log = deps.log;
    this.#last = new Map(stored);
    this.#checkpoints = createCheckpointSchedule(file, deps.log, deps.checkpointEveryChanges);
  }

  /** The last acknowledged revision of each cluster. */
  get last(): ReadonlyMap<string, number> {
    return this.#last;
  }

  async append(revisions: readonly Revision[]): Promise<void> {
    if (revisions.length === 0) return;
    await this.#file.use("write", async (connection) => {
      await this.#settle(connection);
      const last = continued(this.#last, revisions);
      await this.#commit(connection, revisions);
      for (const [cluster, revision] of last) this.#last.set(cluster, revision);
      this.#markAcknowledged();
    });
    for (const { cluster, revision, changes } of revisions) {
      this.#checkpoints.committed(cluster, revision, changes.length);
    }
  }

  /** Until no commit is in doubt. */
  async settled(): Promise<void> {
    if (this.#isInDoubt) await this.#file.use("write", (connection) => this.#settle(connection));
  }

  async close(): Promise<void> {
    await this.#checkpoints.settled();
    await this.#file.close();
    this.#mark.close();
  }

  async #commit(connection: DuckDBConnection, revisions: readonly Revision[]): Promise<void> {
    const rows = revisions.flatMap((revision) =>
      revision.changes.map((change, ordinal) => changeRow(revision, ordinal, change)),
    );
    try {
      await connection.run("BEGIN");
      await appendRows(connection, "changes", rows);
      await connection.run("COMMIT");
    } catch (cause) {
      if (!isDurableAllTheSame(cause)) {
        this.#isInDoubt = true;
        throw cause;
      }
      this.#log.warn({ path: this.#file.path, error: messageOf(cause) }, "topology store is opened again");
      this.#file.reopenBeforeNextUse();
    }
  }

  /** The commit stands without its mark; what is missed is a warning should the log be damaged later. */
  #markAcknowledged(): void {
    try {
      this.#mark.write(this.#last);
    } catch (error) {
      this.#log.warn({ path: this.#mark.path, error: messageOf(error) }, "acknowledged mark not written");
    }
  }

  async #settle(connection: DuckDBConnection): Promise<void> {
    if (!this.#isInDoubt) return;
    for (const [cluster, revision] of await rowsOf(connection, lastRevisions)) {
      const acknowledged = this.#last.get(textCell(cluster)) ?? 0;
      if (numberCell(revision) > acknowledged) await execute(connection, deleteAfter(textCell(cluster), acknowledged));
    }
    this.#isInDoubt = false;
  }
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
