import type { DuckDBConnection } from "@duckdb/node-api";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { applyToElement, changedId } from "../../topology/model/change.ts";
import { sql } from "../sql-text.ts";
import { appendRows, chunksOf, execute, rowsOf } from "./duckdb-rows.ts";
import { numberCell, parseChange, parseStoredElement } from "./topology-rows.ts";
import { among, changesSince, checkpointElements, checkpointFor, touchedByRevisions } from "./topology-sql.ts";

export interface CheckpointInfo {
  readonly revision: number;
  readonly elements: number;
}

/** The newest checkpoint of a cluster; revision 0 without elements when there is none. */
export async function newestCheckpoint(connection: DuckDBConnection, cluster: string): Promise<CheckpointInfo> {
  const [row] = await rowsOf(connection, checkpointFor(cluster, undefined));
  return row === undefined
    ? { revision: 0, elements: 0 }
    : { revision: numberCell(row[0]), elements: numberCell(row[2]) };
}

/**
 * Writes what is known at `revision` as a checkpoint: the elements of the one before, copied inside the database,
 * and those that changed since, computed here. One transaction.
 */
export async function writeCheckpoint(
  connection: DuckDBConnection,
  cluster: string,
  revision: number,
): Promise<CheckpointInfo> {
  const previous = await newestCheckpoint(connection, cluster);
  const touched = await touchedElements(connection, cluster, previous.revision, revision);
  const ids = touchedByRevisions(cluster, previous.revision, revision);
  await connection.run("BEGIN");
  await execute(
    connection,
    sql`INSERT INTO checkpoint_elements
      SELECT cluster, CAST(${revision} AS BIGINT), element_id, element FROM checkpoint_elements
      WHERE cluster = ${cluster} AND revision = ${previous.revision} AND element_id NOT IN (${ids})`,
  );
  const present = [...touched.values()].filter((element) => element !== undefined);
  await appendRows(
    connection,
    "checkpoint_elements",
    present.values().map((element) => [cluster, BigInt(revision), element.id, JSON.stringify(element)]),
  );
  await execute(
    connection,
    sql`INSERT INTO checkpoints SELECT ${cluster}, ${revision},
      (SELECT max(at_ms) FROM changes WHERE cluster = ${cluster} AND revision <= ${revision}),
      (SELECT count(*) FROM checkpoint_elements WHERE cluster = ${cluster} AND revision = ${revision})`,
  );
  await connection.run("COMMIT");
  return newestCheckpoint(connection, cluster);
}

/** The elements with changes in `after < revision <= upTo`, as they are then; undefined for those that are gone. */
async function touchedElements(
  connection: DuckDBConnection,
  cluster: string,
  after: number,
  upTo: number,
): Promise<ReadonlyMap<ElementId, Element | undefined>> {
  const touched = new Map<ElementId, Element | undefined>();
  const known = checkpointElements(cluster, after, among(touchedByRevisions(cluster, after, upTo)));
  for await (const rows of chunksOf(connection, known)) {
    for (const [text] of rows) {
      const element = parseStoredElement(text);
      touched.set(element.id, element);
    }
  }
  for await (const rows of chunksOf(connection, changesSince(cluster, { revision: after, upTo }, sql``))) {
    for (const row of rows) {
      const change = parseChange(row);
      touched.set(changedId(change), applyToElement(touched.get(changedId(change)), change));
    }
  }
  return touched;
}
