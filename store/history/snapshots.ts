import { OperatorError } from "../../core/errors.ts";
import type { Snapshot } from "../../topology/model/revision.ts";
import type { SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell, textCell, timeCell } from "./cells.ts";
import { forgotten, readHorizon } from "./horizon.ts";
import { hasPin } from "./state-sources.ts";

export async function readSnapshots(reader: SqlReader, cluster: string): Promise<readonly Snapshot[]> {
  const rows = await reader.rows(
    sql`SELECT name, at_ms, revision, created_at_ms, created_by, note FROM snapshots
      WHERE cluster = ${cluster} ORDER BY at_ms, name`,
  );
  return rows.map(([name, at, revision, createdAt, createdBy, note]) => ({
    name: textCell(name),
    cluster,
    at: timeCell(at),
    revision: numberCell(revision),
    createdAt: timeCell(createdAt),
    createdBy: textCell(createdBy),
    note: textCell(note),
  }));
}

/**
 * Runs on the one writing connection, so that between looking and writing nobody else writes.
 * Errors: `snapshot.exists`, `topology.forgotten` for a moment nothing is known of any more.
 */
export async function addSnapshot(writer: SqlWriter, snapshot: Snapshot): Promise<void> {
  const { name, cluster, at, revision, createdAt, createdBy, note } = snapshot;
  if (await exists(writer, cluster, name)) {
    throw new OperatorError({
      code: "snapshot.exists",
      message: `cluster ${cluster} already has a snapshot called ${name}`,
      hint: "choose another name, or delete the old one first",
      status: 409,
    });
  }
  const horizon = await readHorizon(writer, cluster);
  if (horizon !== undefined && at < horizon.at && !(await hasPin(writer, cluster, at))) {
    throw forgotten(cluster, horizon);
  }
  await writer.execute(
    sql`INSERT INTO snapshots SELECT ${cluster}, ${name}, ${at}, ${revision}, ${createdAt}, ${createdBy}, ${note}`,
  );
}

/** Whether there was one. A state that was written down for it goes with it. */
export async function removeSnapshot(writer: SqlWriter, cluster: string, name: string): Promise<boolean> {
  const existed = await exists(writer, cluster, name);
  if (!existed) return false;
  await writer.execute(sql`DELETE FROM snapshots WHERE cluster = ${cluster} AND name = ${name}`);
  await writer.execute(
    sql`DELETE FROM pins WHERE cluster = ${cluster}
      AND at_ms NOT IN (SELECT at_ms FROM snapshots WHERE cluster = ${cluster})`,
  );
  return true;
}

async function exists(reader: SqlReader, cluster: string, name: string): Promise<boolean> {
  const [row] = await reader.rows(sql`SELECT count(*) FROM snapshots WHERE cluster = ${cluster} AND name = ${name}`);
  return numberCell(row?.[0]) > 0;
}
