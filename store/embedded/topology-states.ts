import type { DuckDBConnection } from "@duckdb/node-api";
import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { applyToElement, changedId } from "../../topology/model/change.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { ChangedBetween, ChangedQuery, StoredMoment } from "../topology-store.ts";
import { chunksOf, execute, rowsOf } from "./duckdb-rows.ts";
import { idCell, numberCell, parseChange, parseStoredElement, timeCell } from "./topology-rows.ts";
import {
  among,
  beginsAt,
  changesSince,
  checkpointElements,
  checkpointFor,
  countOf,
  lastRevisionBy,
  renamesBetween,
  touchedBetween,
} from "./topology-sql.ts";

/**
 * The state at a moment: the newest checkpoint that knows of nothing later, and every change it did not know that
 * happened by then, in the order (`at`, revision, ordinal). `at` undefined: all that is known.
 * `condition` picks elements; it is put after `WHERE … ` and begins with AND.
 */
export async function readState(
  connection: DuckDBConnection,
  cluster: string,
  at: EpochMs | undefined,
  condition: Sql,
): Promise<Topology> {
  const [checkpoint] = await rowsOf(connection, checkpointFor(cluster, at));
  const revision = checkpoint === undefined ? 0 : numberCell(checkpoint[0]);
  const state = new Map<ElementId, Element>();
  if (checkpoint !== undefined) {
    for await (const rows of chunksOf(connection, checkpointElements(cluster, revision, condition))) {
      for (const [text] of rows) {
        const element = parseStoredElement(text);
        state.set(element.id, element);
      }
    }
  }
  for await (const rows of chunksOf(connection, changesSince(cluster, { revision, at }, condition))) {
    for (const row of rows) {
      const change = parseChange(row);
      const after = applyToElement(state.get(changedId(change)), change);
      if (after === undefined) state.delete(changedId(change));
      else state.set(after.id, after);
    }
  }
  return state;
}

/**
 * Runs `work` in one read-only transaction, which sees the database as it is at its first question. When `work` throws, the
 * transaction is left open: whoever lent the connection closes it.
 */
export async function inOneSnapshot<T>(
  connection: DuckDBConnection,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  await execute(connection, sql`BEGIN TRANSACTION READ ONLY`);
  const result = await work(connection);
  await execute(connection, sql`COMMIT`);
  return result;
}

/** The state at a moment with its revision and the begin of the history; to be run `inOneSnapshot`. */
export async function readMoment(
  connection: DuckDBConnection,
  cluster: string,
  at: EpochMs,
  condition: Sql,
): Promise<StoredMoment> {
  const state = await readState(connection, cluster, at, condition);
  const [last] = await rowsOf(connection, lastRevisionBy(cluster, at));
  const [first] = await rowsOf(connection, beginsAt(cluster));
  return {
    state,
    revision: numberCell(last?.[0] ?? 0),
    beginsAt: first?.[0] === undefined || first[0] === null ? undefined : timeCell(first[0]),
  };
}

/** Both states of the elements that have changes in the span, and the renames told in it; to be run `inOneSnapshot`. */
export async function readChanged(connection: DuckDBConnection, query: ChangedQuery): Promise<ChangedBetween> {
  const touched = touchedBetween(query);
  const [counted] = await rowsOf(connection, countOf(touched));
  const count = numberCell(counted?.[0]);
  if (count > query.limit) throw tooMany(count, query.limit);
  if (count === 0) return { before: new Map(), after: new Map(), renames: new Map() };
  const before = await readState(connection, query.cluster, query.from, among(touched));
  const after = await readState(connection, query.cluster, query.to, among(touched));
  const renames = new Map<ElementId, ElementId>();
  for (const [id, from] of await rowsOf(connection, renamesBetween(query))) renames.set(idCell(id), idCell(from));
  return { before, after, renames };
}

function tooMany(count: number, limit: number): OperatorError {
  return new OperatorError({
    code: "topology.too_many_changes",
    message: `${count} elements changed between the two moments, the limit is ${limit}`,
    hint: "choose moments closer together, or give `root` to look at a part",
    status: 422,
  });
}
