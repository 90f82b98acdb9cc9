import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { AsOf } from "../topology-store.ts";
import { blobCell, numberCell, optionalTimeCell, textCell, timeCell } from "./cells.ts";
import { NOTHING } from "./conditions.ts";
import { readHorizon } from "./horizon.ts";
import { type RevisionTimes, unpackRevisions } from "./segment-format.ts";

/** Every cluster with its last revision, but for those whose import is under way. */
export async function lastRevisions(reader: SqlReader): Promise<ReadonlyMap<string, number>> {
  const rows = await reader.rows(
    sql`SELECT cluster, max(revision) FROM (
      SELECT cluster, revision FROM changes
      UNION ALL SELECT cluster, last_revision FROM segments
      UNION ALL SELECT cluster, dropped_revision FROM horizons
      UNION ALL SELECT cluster, revision FROM horizons) AS known
      WHERE cluster NOT IN (SELECT cluster FROM horizons WHERE is_complete = 0) GROUP BY cluster`,
  );
  return new Map(rows.map(([cluster, revision]) => [textCell(cluster), numberCell(revision)]));
}

export async function lastKnownRevision(reader: SqlReader, cluster: string): Promise<number> {
  const [tail] = await reader.rows(sql`SELECT max(revision) FROM changes WHERE cluster = ${cluster}`);
  if (tail?.[0] !== null && tail?.[0] !== undefined) return numberCell(tail[0]);
  const [sealed] = await reader.rows(sql`SELECT max(last_revision) FROM segments WHERE cluster = ${cluster}`);
  const horizon = await readHorizon(reader, cluster);
  return Math.max(numberCell(sealed?.[0] ?? 0), horizon?.droppedRevision ?? 0, horizon?.revision ?? 0);
}

/** The last revision that happened, and was known, by a moment; 0 when there was none. Those past `acknowledged` do not count. */
export async function lastRevisionWithin(
  reader: SqlReader,
  cluster: string,
  moment: AsOf,
  acknowledged = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  const { at, knownAt } = moment;
  const horizon = await readHorizon(reader, cluster);
  if (horizon !== undefined && at < horizon.at) return revisionOfSnapshot(reader, cluster, at);
  const begin = horizon?.revision ?? 0;
  const known = knownAt === undefined ? NOTHING : sql`AND known_at_ms <= ${knownAt}`;
  const [tail] = await reader.rows(
    sql`SELECT max(revision) FROM changes WHERE cluster = ${cluster} AND at_ms <= ${at} ${known}
      AND revision <= ${acknowledged}`,
  );
  const inTail = tail?.[0] ?? undefined;
  if (inTail !== undefined) return Math.max(begin, numberCell(inTail));
  const segments = await reader.rows(
    sql`SELECT last_revision FROM segments WHERE cluster = ${cluster} AND min_at_ms <= ${at}
      ${knownAt === undefined ? NOTHING : sql`AND min_known_at_ms <= ${knownAt}`} ORDER BY last_revision DESC`,
  );
  const fits = (times: RevisionTimes) => times.at <= at && (knownAt === undefined || times.knownAt <= knownAt);
  for (const [segment] of segments) {
    const found = (await revisionsOf(reader, cluster, numberCell(segment))).findLast(fits);
    if (found !== undefined) return Math.max(begin, found.revision);
  }
  return begin;
}

/** See `TopologyStore.revisionAt`. */
export async function timeOfRevision(
  reader: SqlReader,
  cluster: string,
  revision: number,
): Promise<EpochMs | undefined> {
  // Revision 0 is the state an imported history begins with.
  const at = revision < 1 ? undefined : await keptTimeOf(reader, cluster, revision);
  if (at === undefined) return undefined;
  // Of what is forgotten, something is still there until the rest of its segment can be dropped too.
  const horizon = await readHorizon(reader, cluster);
  return horizon === undefined || at > horizon.at ? at : undefined;
}

async function keptTimeOf(reader: SqlReader, cluster: string, revision: number): Promise<EpochMs | undefined> {
  const [tail] = await reader.rows(
    sql`SELECT min(at_ms) FROM changes WHERE cluster = ${cluster} AND revision = ${revision}`,
  );
  const inTail = optionalTimeCell(tail?.[0]);
  if (inTail !== undefined) return inTail;
  const [segment] = await reader.rows(
    sql`SELECT last_revision FROM segments
      WHERE cluster = ${cluster} AND first_revision <= ${revision} AND last_revision >= ${revision}`,
  );
  if (segment === undefined) return undefined;
  const found = (await revisionsOf(reader, cluster, numberCell(segment[0]))).find((one) => one.revision === revision);
  return found === undefined ? undefined : epochMsOf(found.at);
}

/** When the history of a cluster begins. */
export async function beginOf(reader: SqlReader, cluster: string): Promise<EpochMs | undefined> {
  const horizon = await readHorizon(reader, cluster);
  if (horizon !== undefined) return horizon.at;
  const [row] = await reader.rows(
    sql`SELECT min(at_ms) FROM (
      SELECT at_ms FROM changes WHERE cluster = ${cluster}
      UNION ALL SELECT min_at_ms FROM segments WHERE cluster = ${cluster}) AS times`,
  );
  return optionalTimeCell(row?.[0]);
}

/** The latest `at` of each origin. */
export async function lastTimes(reader: SqlReader, cluster: string): Promise<ReadonlyMap<string, EpochMs>> {
  const rows = await reader.rows(
    sql`SELECT origin, max(at_ms) FROM (
      SELECT origin, at_ms FROM changes WHERE cluster = ${cluster} AND revision > 0
      UNION ALL SELECT origin, at_ms FROM origins WHERE cluster = ${cluster}) AS told GROUP BY origin`,
  );
  return new Map(rows.map(([origin, at]) => [textCell(origin), timeCell(at)]));
}

/** Of a moment that is forgotten but for its snapshot. */
async function revisionOfSnapshot(reader: SqlReader, cluster: string, at: EpochMs): Promise<number> {
  const [row] = await reader.rows(
    sql`SELECT max(revision) FROM snapshots WHERE cluster = ${cluster} AND at_ms = ${at}`,
  );
  return numberCell(row?.[0] ?? 0);
}

async function revisionsOf(reader: SqlReader, cluster: string, segment: number): Promise<readonly RevisionTimes[]> {
  const [row] = await reader.rows(
    sql`SELECT revision_data FROM segments WHERE cluster = ${cluster} AND last_revision = ${segment}`,
  );
  return unpackRevisions(blobCell(row?.[0]));
}
