import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { AsOf } from "../topology-store.ts";
import { numberCell, timeCell } from "./cells.ts";

/** Where a history begins that was cut short, or imported: see the table `horizons`. */
export interface Horizon {
  readonly at: EpochMs;
  /** The last revision that happened by `at`, as far as it was known when the history was cut. */
  readonly revision: number;
  /** The last revision that was dropped. */
  readonly droppedRevision: number;
  /** When the last of what happened by `at` was known. */
  readonly knownAt: number;
}

export async function readHorizon(reader: SqlReader, cluster: string): Promise<Horizon | undefined> {
  const [row] = await reader.rows(
    sql`SELECT at_ms, revision, dropped_revision, known_at_ms FROM horizons WHERE cluster = ${cluster}`,
  );
  if (row === undefined) return undefined;
  const [at, revision, droppedRevision, knownAt] = row;
  return {
    at: timeCell(at),
    revision: numberCell(revision),
    droppedRevision: numberCell(droppedRevision),
    knownAt: numberCell(knownAt),
  };
}

/** Whether the changes since the horizon tell this moment. */
export function isTold(horizon: Horizon | undefined, { at, knownAt }: AsOf): boolean {
  return horizon === undefined || (at >= horizon.at && (knownAt === undefined || knownAt >= horizon.knownAt));
}

export function forgotten(cluster: string, horizon: Horizon): OperatorError {
  const begin = toRfc3339(horizon.at);
  return new OperatorError({
    code: "topology.forgotten",
    message: `the history of cluster ${cluster} begins at ${begin}; what was before is forgotten, but for its snapshots`,
    hint: `ask for ${begin} or later, or for a snapshot by its name; how long history is kept is set by its retention`,
    status: 410,
  });
}
