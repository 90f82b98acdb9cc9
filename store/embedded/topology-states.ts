import type { DuckDBConnection } from "@duckdb/node-api";
import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { applyToElement, type Change, changedId } from "../../topology/model/change.ts";
import { netOf } from "../../topology/model/net-change.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { NetQuery } from "../topology-store.ts";
import { chunksOf, execute, rowsOf } from "./duckdb-rows.ts";
import { numberCell, parseChange, parseStoredElement } from "./topology-rows.ts";
import {
  changesBetween,
  changesSince,
  checkpointElements,
  checkpointFor,
  countOf,
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

/** What changed in the span, folded per element; to be run `inOneSnapshot`. */
export async function readNetChanges(connection: DuckDBConnection, query: NetQuery): Promise<readonly Change[]> {
  const { cluster, from, to, part = {}, limit } = query;
  const [counted] = await rowsOf(connection, countOf(touchedBetween({ cluster, from, to, part })));
  const count = numberCell(counted?.[0]);
  if (count > limit) throw tooMany(count, limit);
  const byElement = new Map<ElementId, Change[]>();
  for await (const rows of chunksOf(connection, changesBetween({ cluster, from, to, part }))) {
    for (const row of rows) {
      const change = parseChange(row);
      const known = byElement.get(changedId(change));
      if (known === undefined) byElement.set(changedId(change), [change]);
      else known.push(change);
    }
  }
  return [...byElement.values()].flatMap(netOf);
}

function tooMany(count: number, limit: number): OperatorError {
  return new OperatorError({
    code: "topology.too_many_changes",
    message: `${count} elements changed between the two moments, the limit is ${limit}`,
    hint: "choose moments closer together, or give `root` to look at a part",
    status: 422,
  });
}
