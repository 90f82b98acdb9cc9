import type { ElementId } from "../../core/element-id.ts";
import type { PlaceCounts } from "../../topology/model/place-counts.ts";
import type { SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { AsOf } from "../topology-store.ts";
import { idCell, numberCell, textCell } from "./cells.ts";
import { NOTHING } from "./conditions.ts";
import { forgotten, isTold, readHorizon } from "./horizon.ts";

/** Sums are written down after this many deltas, or twice as many as there are sums. */
const DELTAS_PER_CHECKPOINT = 1_000;

/** The counters at a moment: the newest sums that know of nothing beyond it, and the deltas since. */
export async function readPlaceCounts(reader: SqlReader, cluster: string, moment: AsOf): Promise<PlaceCounts> {
  const { at, knownAt } = moment;
  const horizon = await readHorizon(reader, cluster);
  if (horizon !== undefined && !isTold(horizon, moment)) throw forgotten(cluster, horizon);
  const checkpoint = await newestSums(
    reader,
    sql`cluster = ${cluster} AND max_at_ms <= ${at}
      ${knownAt === undefined ? NOTHING : sql`AND max_known_at_ms <= ${knownAt}`}`,
  );
  const rows = await reader.rows(
    sql`SELECT place, counter, CAST(sum(value) AS BIGINT) FROM (
      SELECT place, counter, total AS value FROM count_sums
        WHERE cluster = ${cluster} AND revision = ${checkpoint} AND place <> ''
      UNION ALL SELECT place, counter, delta FROM count_deltas
        WHERE cluster = ${cluster} AND revision > ${checkpoint} AND at_ms <= ${at}
        ${knownAt === undefined ? NOTHING : sql`AND known_at_ms <= ${knownAt}`}
      ) AS known GROUP BY place, counter HAVING sum(value) <> 0 ORDER BY place, counter`,
  );
  const counts = new Map<ElementId, { [counter: string]: number }>();
  for (const [place, counter, value] of rows) {
    const id = idCell(place);
    const counters = counts.get(id) ?? {};
    counters[textCell(counter)] = numberCell(value);
    counts.set(id, counters);
  }
  return counts;
}

/** Writes down the sums as known at `revision` when enough deltas have come since the last time, or `isDue` says so. */
export async function writeSums(
  writer: SqlWriter,
  { cluster, revision, isDue }: { readonly cluster: string; readonly revision: number; readonly isDue: boolean },
): Promise<void> {
  const last = await newestSums(writer, sql`cluster = ${cluster} AND revision <= ${revision}`);
  if (last === revision) return;
  const since = sql`cluster = ${cluster} AND revision > ${last} AND revision <= ${revision}`;
  const [deltas] = await writer.rows(sql`SELECT count(*) FROM count_deltas WHERE ${since}`);
  const [sums] = await writer.rows(
    sql`SELECT count(*), max(max_at_ms), max(max_known_at_ms) FROM count_sums
      WHERE cluster = ${cluster} AND revision = ${last}`,
  );
  const count = numberCell(deltas?.[0]);
  if (count === 0 || (!isDue && count < Math.max(DELTAS_PER_CHECKPOINT, 2 * numberCell(sums?.[0])))) return;
  const [times] = await writer.rows(sql`SELECT max(at_ms), max(known_at_ms) FROM count_deltas WHERE ${since}`);
  const maxAt = Math.max(numberCell(sums?.[1] ?? 0), numberCell(times?.[0]));
  const maxKnownAt = Math.max(numberCell(sums?.[2] ?? 0), numberCell(times?.[1]));
  const columns = sql`${cluster}, CAST(${revision} AS BIGINT), CAST(${maxAt} AS BIGINT), CAST(${maxKnownAt} AS BIGINT)`;
  await writer.execute(sql`INSERT INTO count_sums SELECT ${columns}, '', '', 0`);
  await writer.execute(
    sql`INSERT INTO count_sums SELECT ${columns}, place, counter, CAST(sum(value) AS BIGINT) FROM (
      SELECT place, counter, total AS value FROM count_sums
        WHERE cluster = ${cluster} AND revision = ${last} AND place <> ''
      UNION ALL SELECT place, counter, delta FROM count_deltas WHERE ${since}
      ) AS known GROUP BY place, counter HAVING sum(value) <> 0`,
  );
}

/** The revision of the newest sums; -1 when there are none. */
export async function newestSums(reader: SqlReader, condition: ReturnType<typeof sql>): Promise<number> {
  const [row] = await reader.rows(sql`SELECT max(revision) FROM count_sums WHERE ${condition}`);
  return numberCell(row?.[0] ?? -1);
}
