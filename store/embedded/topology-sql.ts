import type { EpochMs } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { ChangeQuery, DensityQuery, NetQuery, TopologyPart } from "../topology-store.ts";

// Questions to the topology tables, in SQL that DuckDB and PostgreSQL both take (there, ids need COLLATE "C").

export const NOTHING = sql``;

/** Every cluster with its last revision. */
export const lastRevisions = sql`SELECT cluster, max(revision) FROM changes GROUP BY cluster`;

export const lastAtByOrigin = (cluster: string): Sql =>
  sql`SELECT origin, max(at_ms) FROM changes WHERE cluster = ${cluster} GROUP BY origin`;

export const lastRevisionBy = (cluster: string, at: EpochMs): Sql =>
  sql`SELECT max(revision) FROM changes WHERE cluster = ${cluster} AND at_ms <= ${at}`;

export const revisionAt = (cluster: string, revision: number): Sql =>
  sql`SELECT min(at_ms) FROM changes WHERE cluster = ${cluster} AND revision = ${revision}`;

export const beginsAt = (cluster: string): Sql => sql`SELECT min(at_ms) FROM changes WHERE cluster = ${cluster}`;

/** Revisions whose commit was answered with an error, but reached the disk all the same. */
export const deleteAfter = (cluster: string, revision: number): Sql =>
  sql`DELETE FROM changes WHERE cluster = ${cluster} AND revision > ${revision}`;

/** The newest checkpoint that knows of nothing after `at`: revision, max_at_ms, elements. */
export const checkpointFor = (cluster: string, at: EpochMs | undefined): Sql =>
  sql`SELECT revision, max_at_ms, elements FROM checkpoints
    WHERE cluster = ${cluster} ${at === undefined ? NOTHING : sql`AND max_at_ms <= ${at}`}
    ORDER BY revision DESC LIMIT 1`;

export const checkpointElements = (cluster: string, revision: number, condition: Sql): Sql =>
  sql`SELECT element FROM checkpoint_elements
    WHERE cluster = ${cluster} AND revision = ${revision} ${condition}`;

/** What a checkpoint did not know, in the order it happened: kind, element_id, body. */
export const changesSince = (
  cluster: string,
  since: { readonly revision: number; readonly upTo?: number | undefined; readonly at?: EpochMs | undefined },
  condition: Sql,
): Sql =>
  sql`SELECT kind, element_id, body FROM changes
    WHERE cluster = ${cluster} AND revision > ${since.revision}
    ${since.upTo === undefined ? NOTHING : sql`AND revision <= ${since.upTo}`}
    ${since.at === undefined ? NOTHING : sql`AND at_ms <= ${since.at}`} ${condition}
    ORDER BY at_ms, revision, ordinal`;

/** Elements with changes in a range of revisions. */
export const touchedByRevisions = (cluster: string, after: number, upTo: number): Sql =>
  sql`SELECT element_id FROM changes WHERE cluster = ${cluster} AND revision > ${after} AND revision <= ${upTo}`;

/** Elements with changes in a span of time. */
export const touchedBetween = ({ cluster, from, to, part = {} }: Omit<NetQuery, "limit">): Sql =>
  sql`SELECT element_id FROM changes
    WHERE cluster = ${cluster} AND at_ms > ${from} AND at_ms <= ${to} ${withinPart(part)}`;

/** The changes of a span, in the order they happened: kind, element_id, body, renamed_from. */
export const changesBetween = ({ cluster, from, to, part = {} }: Omit<NetQuery, "limit">): Sql =>
  sql`SELECT kind, element_id, body, renamed_from FROM changes
    WHERE cluster = ${cluster} AND at_ms > ${from} AND at_ms <= ${to} ${withinPart(part)}
    ORDER BY at_ms, revision, ordinal`;

export const countOf = (ids: Sql): Sql =>
  sql`SELECT count(*) FROM (SELECT DISTINCT element_id FROM (${ids}) AS t) AS d`;

export const withinPart = ({ root, element }: TopologyPart): Sql =>
  sql`${root === undefined ? NOTHING : below(root)} ${element === undefined ? NOTHING : sql`AND element_id = ${element}`}`;

export const among = (ids: Sql): Sql => sql`AND element_id IN (${ids})`;

/** "0" is the character after "/". */
function below(root: ElementId): Sql {
  return sql`AND (element_id = ${root} OR (element_id >= ${`${root}/`} AND element_id < ${`${root}0`}))`;
}

/** A place in the change log, for paging. */
export interface Cursor {
  readonly at: number;
  readonly revision: number;
  readonly ordinal: number;
}

/** One row more than the limit, which tells whether there is a next page. */
export function changeRows(query: ChangeQuery, after: Cursor | undefined): Sql {
  const { cluster, from, to, limit, newestFirst } = query;
  const order = newestFirst === true ? sql`at_ms DESC, revision DESC, ordinal DESC` : sql`at_ms, revision, ordinal`;
  return sql`SELECT revision, ordinal, at_ms, known_at_ms, origin, kind, element_id, body, renamed_from FROM changes
    WHERE cluster = ${cluster} AND at_ms > ${from} AND at_ms <= ${to} ${withinPart(query)}
    ${after === undefined ? NOTHING : beyond(after, newestFirst === true)}
    ORDER BY ${order} LIMIT ${limit + 1}`;
}

function beyond({ at, revision, ordinal }: Cursor, newestFirst: boolean): Sql {
  const place = sql`(${at}, ${revision}, ${ordinal})`;
  const key = sql`(at_ms, revision, CAST(ordinal AS BIGINT))`;
  return newestFirst ? sql`AND ${key} < ${place}` : sql`AND ${key} > ${place}`;
}

/** Bucket number, kind and count; in whole numbers, so that both engines cut at the same millisecond. */
export function densityRows({ cluster, from, to, buckets, root }: DensityQuery): Sql {
  const scaled = sql`((at_ms - ${from}) * ${buckets})`;
  const span = to - from;
  return sql`SELECT bucket, kind, count(*) FROM (
      SELECT CAST((${scaled} - mod(${scaled}, ${span})) / ${span} AS BIGINT) AS bucket, kind FROM changes
      WHERE cluster = ${cluster} AND at_ms >= ${from} AND at_ms < ${to} ${withinPart({ root })}
    ) AS t GROUP BY bucket, kind`;
}

export const snapshotRows = (cluster: string): Sql =>
  sql`SELECT name, at_ms, revision, created_at_ms, created_by, note FROM snapshots
    WHERE cluster = ${cluster} ORDER BY at_ms, name`;

export const snapshotCount = (cluster: string, name: string): Sql =>
  sql`SELECT count(*) FROM snapshots WHERE cluster = ${cluster} AND name = ${name}`;
