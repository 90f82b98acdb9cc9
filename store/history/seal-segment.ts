import { setImmediate } from "node:timers/promises";
import type { SqlDatabase, SqlReader, SqlWriter } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { damaged, numberCell } from "./cells.ts";
import type { BlockPlace } from "./directory.ts";
import { emptyKeyframe, type Keyframe, keyframeRow } from "./keyframes.ts";
import { writeSums } from "./place-counts.ts";
import { SegmentDraft, spanOf } from "./segment-draft.ts";
import { packMinutes, packPartCounts, packRevisions } from "./segment-format.ts";
import { ENTRY_COLUMNS, type Entry, entryOf, inOrder } from "./stored-changes.ts";
import { BLOCK_DATA, BLOCKS, KEYFRAMES, SEGMENTS } from "./tables.ts";
import type { Tail } from "./tails.ts";

/** Blocks packed in one turn of the event loop. */
const BLOCKS_PER_TURN = 2;
/** Parts looked through in one turn. */
const PARTS_PER_TURN = 500;

export interface Sealing {
  readonly cluster: string;
  /** All of the tail up to this revision is sealed. */
  readonly upToRevision: number;
  readonly blockChanges: number;
  /** Parts that have been sealed before. */
  readonly knownParts: { has(part: string): boolean };
  /** When it is in memory. */
  readonly tail: Tail | undefined;
}

export interface SealedSegment {
  readonly firstRevision: number;
  readonly lastRevision: number;
  readonly partCounts: ReadonlyMap<string, number>;
  readonly blocks: readonly BlockPlace[];
  /** Of parts that were not sealed before: they were empty. */
  readonly keyframes: readonly Keyframe[];
}

/**
 * Moves the older part of the tail into blocks; undefined when there is nothing to move. One transaction takes rows away and adds blocks: whoever
 * reads, or opens the database after this process was killed, finds each change in one of the two.
 */
export async function sealSegment(database: SqlDatabase, sealing: Sealing): Promise<SealedSegment | undefined> {
  const { tail } = sealing;
  const draft =
    tail === undefined
      ? await database.read("background", (reader) => drafted(storedEntries(reader, sealing), sealing))
      : await drafted(heldEntries(tail, sealing), sealing);
  if (draft.changes === 0) return undefined;
  return database.write("background", (writer) => writeSegment(writer, draft, sealing));
}

/** Takes chunks of entries in the order (part, at, revision, ordinal). */
async function drafted(chunks: AsyncIterable<readonly Entry[]>, { blockChanges }: Sealing): Promise<SegmentDraft> {
  const draft = new SegmentDraft(blockChanges);
  for await (const entries of chunks) {
    for (const entry of entries) {
      const isPacked = draft.add(entry);
      if (isPacked && draft.blocks.length % BLOCKS_PER_TURN === 0) await setImmediate();
    }
  }
  draft.finish();
  return draft;
}

async function* storedEntries(reader: SqlReader, { cluster, upToRevision }: Sealing): AsyncIterable<readonly Entry[]> {
  const rows = reader.stream(
    sql`SELECT ${ENTRY_COLUMNS} FROM changes WHERE cluster = ${cluster} AND revision <= ${upToRevision}
      ORDER BY part, at_ms, revision, ordinal`,
  );
  for await (const chunk of rows) yield chunk.map(entryOf);
}

async function* heldEntries({ parts }: Tail, { upToRevision }: Sealing): AsyncIterable<readonly Entry[]> {
  for (const [count, part] of [...parts.keys()].sort().entries()) {
    yield (parts.get(part) ?? []).filter(({ revision }) => revision <= upToRevision).sort(inOrder);
    if (count % PARTS_PER_TURN === PARTS_PER_TURN - 1) await setImmediate();
  }
}

async function writeSegment(writer: SqlWriter, draft: SegmentDraft, sealing: Sealing): Promise<SealedSegment> {
  const { cluster, upToRevision, knownParts } = sealing;
  const sealed = sql`cluster = ${cluster} AND revision <= ${upToRevision}`;
  const [stored] = await writer.rows(sql`SELECT count(*) FROM changes WHERE ${sealed}`);
  // What leaves the tail is what was put into blocks, be it read from memory or from its table.
  if (numberCell(stored?.[0]) !== draft.changes) throw damaged(`tail of ${draft.changes} changes`, stored);
  const revisions = spanOf(draft.revisions.map(({ revision }) => revision));
  const blocks = await writeBlocks(writer, draft, { cluster, segment: revisions.max });
  const times = spanOf(draft.revisions.map(({ at }) => at));
  const known = spanOf(draft.revisions.map(({ knownAt }) => knownAt));
  // Revision 0 is the state an imported history begins with: nobody asks for its time.
  const told = draft.revisions.filter(({ revision }) => revision > 0);
  await writer.append(SEGMENTS, [
    [
      ...[cluster, revisions.min, revisions.max, times.min, times.max, known.min, known.max, draft.changes],
      ...[packRevisions(told), packPartCounts(draft.partCounts), packMinutes(draft.minutes)],
    ],
  ]);
  const newParts = [...draft.partCounts.keys()].filter((part) => !knownParts.has(part));
  const keyframes = newParts.map((part) => emptyKeyframe(part, revisions.min - 1));
  await writer.append(KEYFRAMES, keyframes.values().map(keyframeRow(cluster)));
  await writeOrigins(writer, cluster, upToRevision);
  await writeSums(writer, { cluster, revision: upToRevision, isDue: false });
  await writer.execute(sql`DELETE FROM changes WHERE ${sealed}`);
  const { min: firstRevision, max: lastRevision } = revisions;
  return { firstRevision, lastRevision, partCounts: draft.partCounts, blocks, keyframes };
}

async function writeBlocks(
  writer: SqlWriter,
  { blocks }: SegmentDraft,
  { cluster, segment }: { readonly cluster: string; readonly segment: number },
): Promise<readonly BlockPlace[]> {
  const [row] = await writer.rows(sql`SELECT max(block) FROM blocks`);
  const next = numberCell(row?.[0] ?? 0) + 1;
  const places = blocks.map(({ firstPart, lastPart, revisions, times }, number) => ({
    ...{ block: next + number, firstPart, lastPart, segment },
    ...{ firstRevision: revisions.min, lastRevision: revisions.max, minAt: times.min, maxAt: times.max },
  }));
  await writer.append(
    BLOCKS,
    places
      .values()
      .map(({ block, firstPart, lastPart, firstRevision, lastRevision, minAt, maxAt }, number) => [
        ...[block, cluster, firstPart, lastPart, segment, firstRevision, lastRevision, minAt, maxAt],
        blocks[number]?.changes ?? 0,
      ]),
  );
  await writer.append(
    BLOCK_DATA,
    blocks.values().map(({ index, bodies }, number) => [next + number, index, bodies]),
  );
  return places;
}

/** The latest times with those of the changes that leave the tail. */
async function writeOrigins(writer: SqlWriter, cluster: string, upToRevision: number): Promise<void> {
  await writer.execute(
    sql`INSERT INTO origins SELECT ${cluster}, origin, max(at_ms), CAST(${upToRevision} AS BIGINT) FROM (
      SELECT origin, at_ms FROM changes WHERE cluster = ${cluster} AND revision > 0 AND revision <= ${upToRevision}
      UNION ALL SELECT origin, at_ms FROM origins WHERE cluster = ${cluster}) AS told GROUP BY origin`,
  );
  await writer.execute(sql`DELETE FROM origins WHERE cluster = ${cluster} AND revision < ${upToRevision}`);
}
