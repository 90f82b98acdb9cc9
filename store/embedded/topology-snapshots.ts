import type { DuckDBConnection } from "@duckdb/node-api";
import { OperatorError } from "../../core/errors.ts";
import type { Snapshot } from "../../topology/model/revision.ts";
import { sql } from "../sql-text.ts";
import { execute, rowsOf } from "./duckdb-rows.ts";
import { numberCell } from "./topology-rows.ts";
import { snapshotCount } from "./topology-sql.ts";

/** Runs on the one writing connection, so that between looking and writing nobody else writes. */
export async function addSnapshot(connection: DuckDBConnection, snapshot: Snapshot): Promise<void> {
  const { name, cluster, at, revision, createdAt, createdBy, note } = snapshot;
  if (await exists(connection, cluster, name)) {
    throw new OperatorError({
      code: "snapshot.exists",
      message: `cluster ${cluster} already has a snapshot called ${name}`,
      hint: "choose another name, or delete the old one first",
      status: 409,
    });
  }
  await execute(
    connection,
    sql`INSERT INTO snapshots SELECT ${cluster}, ${name}, ${at}, ${revision}, ${createdAt}, ${createdBy}, ${note}`,
  );
}

/** Whether there was one. */
export async function removeSnapshot(connection: DuckDBConnection, cluster: string, name: string): Promise<boolean> {
  const existed = await exists(connection, cluster, name);
  if (existed) await execute(connection, sql`DELETE FROM snapshots WHERE cluster = ${cluster} AND name = ${name}`);
  return existed;
}

async function exists(connection: DuckDBConnection, cluster: string, name: string): Promise<boolean> {
  const [row] = await rowsOf(connection, snapshotCount(cluster, name));
  return numberCell(row?.[0]) > 0;
}
