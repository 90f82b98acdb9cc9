import type { DuckDBConnection } from "@duckdb/node-api";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { RecordedChange } from "../../topology/model/revision.ts";
import type { ChangePage, ChangeQuery, DensityBucket, DensityQuery } from "../topology-store.ts";
import { rowsOf } from "./duckdb-rows.ts";
import { numberCell, parseRecordedChange } from "./topology-rows.ts";
import { type Cursor, changeRows, densityRows } from "./topology-sql.ts";

/** One page of the change log. */
export async function readChangePage(connection: DuckDBConnection, query: ChangeQuery): Promise<ChangePage> {
  const after = query.after === undefined ? undefined : parseCursor(query.after);
  const rows = await rowsOf(connection, changeRows(query, after));
  const changes = rows.slice(0, query.limit).map((row) => parseRecordedChange(query.cluster, row));
  const last = changes.at(-1);
  return rows.length > query.limit && last !== undefined ? { changes, next: cursorText(last) } : { changes };
}

export async function readDensity(
  connection: DuckDBConnection,
  query: DensityQuery,
): Promise<readonly DensityBucket[]> {
  const counts = Array.from({ length: query.buckets }, () => ({ add: 0, update: 0, remove: 0 }));
  if (query.to > query.from) {
    for (const [bucket, kind, count] of await rowsOf(connection, densityRows(query))) {
      const found = counts[numberCell(bucket)];
      if (found === undefined) continue;
      if (kind === "add" || kind === "update" || kind === "remove") found[kind] = numberCell(count);
    }
  }
  return counts.map(({ add, update, remove }, index) => ({
    from: boundary(query, index),
    to: boundary(query, index + 1),
    added: add,
    updated: update,
    removed: remove,
  }));
}

/** The first millisecond of a bucket: bucket b holds x when floor((x - from) · buckets / span) is b. */
function boundary({ from, to, buckets }: DensityQuery, index: number): EpochMs {
  return epochMsOf(from + Math.ceil(((to - from) * index) / buckets));
}

function cursorText({ at, revision, ordinal }: RecordedChange): string {
  return `${at}.${revision}.${ordinal}`;
}

function parseCursor(text: string): Cursor {
  const match = /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})$/.exec(text);
  if (match === null) {
    throw new OperatorError({
      code: "topology.cursor_unknown",
      message: "`after` is not the `next` of an earlier page",
      hint: "leave `after` out to begin with the first page",
      status: 400,
    });
  }
  return { at: Number(match[1]), revision: Number(match[2]), ordinal: Number(match[3]) };
}
