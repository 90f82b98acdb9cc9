import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { SqlDatabase, SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell, textCell, timeCell } from "./cells.ts";
import { readHorizon } from "./horizon.ts";
import { writeKeyframes } from "./keyframe-writer.ts";
import { newestKeyframes, packElements } from "./keyframes.ts";
import { partOf } from "./part.ts";
import { newestSums, writeSums } from "./place-counts.ts";
import { beginOf, lastRevisionWithin } from "./revisions.ts";
import type { Sealer } from "./sealer.ts";
import { slicesOf } from "./slices.ts";
import { hasPin, toldState } from "./state-sources.ts";
import { HORIZONS, PINS } from "./tables.ts";

interface Retention {
  readonly cluster: string;
  readonly before: EpochMs;
  /** The last acknowledged revision: what lies behind it may yet be taken back. */
  readonly acknowledged: number;
}

/**
 * Forgets what was before a moment, see `TopologyStore.retain`. Killed between its steps it has written states and
 * keyframes that nobody needs yet, or all of it; the last step is one transaction.
 */
export async function retain(database: SqlDatabase, sealer: Sealer, retention: Retention): Promise<void> {
  const { cluster, before } = retention;
  const begin = await database.read("background", (reader) => beginOf(reader, cluster));
  if (begin === undefined || begin >= before) return;
  await pinSnapshots(database, retention);
  const last = await database.read("background", (reader) => lastDroppable(reader, retention));
  await sealer.sealUpTo(cluster, last);
  sealer.forget(cluster);
  await writeBase(database, cluster, last);
  await database.write("background", (writer) => drop(writer, retention, last));
  await sealer.reclaim();
}

/** The last revision of those that all happened by the horizon. */
async function lastDroppable(reader: SqlReader, { cluster, before, acknowledged }: Retention): Promise<number> {
  const [segment] = await reader.rows(
    sql`SELECT min(first_revision) FROM segments WHERE cluster = ${cluster} AND max_at_ms > ${before}`,
  );
  const [tail] = await reader.rows(
    sql`SELECT min(revision) FROM changes WHERE cluster = ${cluster} AND at_ms > ${before}`,
  );
  const kept = segment?.[0] ?? tail?.[0] ?? undefined;
  return kept === undefined ? acknowledged : Math.min(acknowledged, numberCell(kept) - 1);
}

/** Gives each part that has changed since its newest keyframe one at the last revision that is dropped. */
async function writeBase(database: SqlDatabase, cluster: string, revision: number): Promise<void> {
  const keyframes = await database.read("background", (reader) =>
    newestKeyframes(reader, { cluster, upToRevision: revision }),
  );
  const stale = [...keyframes.values()].filter((keyframe) => keyframe.revision < revision);
  const parts = new Map(stale.map(({ part, elements }) => [part, elements]));
  for await (const _written of writeKeyframes(database, { cluster, revision, parts }));
}

async function drop(writer: SqlWriter, { cluster, before, acknowledged }: Retention, last: number): Promise<void> {
  const previous = await readHorizon(writer, cluster);
  const revision = await lastRevisionWithin(writer, cluster, { at: before }, acknowledged);
  const [known] = await writer.rows(
    sql`SELECT max(max_known_at_ms) FROM segments WHERE cluster = ${cluster} AND last_revision <= ${last}`,
  );
  const knownAt = Math.max(numberCell(known?.[0] ?? 0), previous?.knownAt ?? 0);
  await writeSums(writer, { cluster, revision: last, isDue: true });
  const sums = await newestSums(writer, sql`cluster = ${cluster} AND revision <= ${last}`);
  const sealed = sql`SELECT block FROM blocks WHERE cluster = ${cluster} AND last_revision <= ${last}`;
  await writer.execute(sql`DELETE FROM block_data WHERE block IN (${sealed})`);
  for (const table of [sql`blocks`, sql`segments`]) {
    await writer.execute(sql`DELETE FROM ${table} WHERE cluster = ${cluster} AND last_revision <= ${last}`);
  }
  await dropKeyframes(writer, cluster, last);
  await writer.execute(sql`DELETE FROM count_deltas WHERE cluster = ${cluster} AND revision <= ${sums}`);
  await writer.execute(sql`DELETE FROM count_sums WHERE cluster = ${cluster} AND revision < ${sums}`);
  await writer.execute(sql`DELETE FROM past_identifiers WHERE cluster = ${cluster} AND until_ms <= ${before}`);
  await writer.execute(sql`DELETE FROM horizons WHERE cluster = ${cluster}`);
  const dropped = Math.max(last, previous?.droppedRevision ?? 0);
  await writer.append(HORIZONS, [[cluster, before, Math.max(revision, previous?.revision ?? 0), dropped, knownAt, 1]]);
}

/** Those that another of the same part, at the last dropped revision or before it, has taken the place of. */
async function dropKeyframes(writer: SqlWriter, cluster: string, last: number): Promise<void> {
  await writer.execute(
    sql`DELETE FROM keyframes WHERE cluster = ${cluster} AND revision < ${last} AND part IN (
      SELECT part FROM keyframes WHERE cluster = ${cluster} AND revision = ${last})`,
  );
  // Not `NOT IN`: PostgreSQL reads the whole list anew for every row when it is too long for its memory.
  await writer.execute(
    sql`DELETE FROM keyframe_data WHERE NOT EXISTS (
      SELECT 1 FROM keyframes WHERE keyframes.body = keyframe_data.body)`,
  );
}

/** Writes down the states of snapshots that are about to be forgotten. */
async function pinSnapshots(database: SqlDatabase, { cluster, before, acknowledged }: Retention): Promise<void> {
  const rows = await database.read("background", (reader) =>
    reader.rows(sql`SELECT DISTINCT at_ms FROM snapshots WHERE cluster = ${cluster} AND at_ms < ${before}`),
  );
  for (const at of rows.map(([cell]) => timeCell(cell))) {
    await database.write("background", async (writer) => {
      if (await hasPin(writer, cluster, at)) return;
      const source = toldState({ cluster, upToRevision: acknowledged, upTo: at }, undefined);
      // Says that the moment is written down, be there elements or not.
      await writer.append(PINS, [[cluster, at, "", 0, packElements([])]]);
      for (const slice of slicesOf(await source.parts(writer), true)) {
        await writer.append(PINS, pinRows(cluster, at, [...(await source.read(writer, slice)).values()]));
      }
    });
  }
}

function* pinRows(cluster: string, at: number, elements: readonly Element[]) {
  const byPart = Map.groupBy(elements, ({ id }) => partOf(id));
  for (const [part, held] of byPart) yield [cluster, at, textCell(part), held.length, packElements(held)];
}
