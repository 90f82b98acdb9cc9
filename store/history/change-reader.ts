import { setImmediate } from "node:timers/promises";
import type { SqlReader } from "../sql-database.ts";
import { type Sql, sql } from "../sql-text.ts";
import { type BlockIndex, entryAt, unpackBodies, unpackIndex } from "./block-format.ts";
import { blobCell, damaged, numberCell } from "./cells.ts";
import { blockCondition, type ChangeFilter, heldEntries, positionsOf, tailCondition } from "./change-filter.ts";
import { listed, MAX_LISTED } from "./conditions.ts";
import { ENTRY_COLUMNS, type Entry, entryOf } from "./stored-changes.ts";

/** Blocks unpacked in one turn of the event loop: a block takes up to half a millisecond. */
const BLOCKS_PER_TURN = 16;

/** Parts of a tail in memory that are handed out in one turn. */
const PARTS_PER_TURN = 256;

export interface BlockPlace {
  readonly block: number;
  readonly minAt: number;
  readonly maxAt: number;
}

/** The changes asked for, tail and sealed, in chunks and in no order. */
export async function* readEntries(reader: SqlReader, filter: ChangeFilter): AsyncIterable<readonly Entry[]> {
  yield* readTail(reader, filter);
  yield* readBlocks(reader, await blockPlaces(reader, filter), filter);
}

export async function* readTail(reader: SqlReader, filter: ChangeFilter): AsyncIterable<readonly Entry[]> {
  if (filter.tail !== undefined) {
    let parts = 0;
    for (const entries of heldEntries(filter.tail, filter)) {
      yield entries;
      if (++parts % PARTS_PER_TURN === 0) await setImmediate();
    }
    return;
  }
  const query = sql`SELECT ${ENTRY_COLUMNS} FROM changes WHERE ${tailCondition(filter)}`;
  for await (const rows of reader.stream(query)) {
    yield rows.map(entryOf);
  }
}

/** Blocks that may hold changes asked for. `condition` begins with AND. */
export async function blockPlaces(
  reader: SqlReader,
  filter: ChangeFilter,
  condition: Sql = sql``,
): Promise<readonly BlockPlace[]> {
  const places: BlockPlace[] = [];
  const query = sql`SELECT block, min_at_ms, max_at_ms FROM blocks WHERE ${blockCondition(filter)} ${condition}`;
  for await (const rows of reader.stream(query)) {
    for (const [block, minAt, maxAt] of rows) {
      places.push({ block: numberCell(block), minAt: numberCell(minAt), maxAt: numberCell(maxAt) });
    }
  }
  return places.sort((left, right) => left.block - right.block);
}

/** A chunk for each block that holds any. */
export async function* readBlocks(
  reader: SqlReader,
  places: readonly BlockPlace[],
  filter: ChangeFilter,
): AsyncIterable<readonly Entry[]> {
  for await (const indexes of readIndexes(reader, places)) {
    const found = indexes
      .map(({ block, index }) => ({ block, index, positions: positionsOf(index, filter) }))
      .filter(({ positions }) => positions.length > 0);
    const bodies = await readData(
      reader,
      "body_data",
      found.map(({ block }) => block),
    );
    for (const { block, index, positions } of found) {
      const lines = unpackBodies(dataOf(bodies, block));
      yield positions.map((position) => entryAt(index, lines, position));
    }
  }
}

/** Indexes of blocks, a few at a time; the event loop turns between. */
export async function* readIndexes(
  reader: SqlReader,
  places: readonly BlockPlace[],
): AsyncIterable<readonly { readonly block: number; readonly index: BlockIndex }[]> {
  for (let start = 0; start < places.length; start += MAX_LISTED) {
    const blocks = places.slice(start, start + MAX_LISTED).map(({ block }) => block);
    const data = await readData(reader, "index_data", blocks);
    for (let first = 0; first < blocks.length; first += BLOCKS_PER_TURN) {
      yield blocks
        .slice(first, first + BLOCKS_PER_TURN)
        .map((block) => ({ block, index: unpackIndex(dataOf(data, block)) }));
      await setImmediate();
    }
  }
}

/** One column of `block_data`, by block. */
export async function readData(
  reader: SqlReader,
  column: "index_data" | "body_data",
  blocks: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  if (blocks.length === 0) return new Map();
  const name = column === "index_data" ? sql`index_data` : sql`body_data`;
  const rows = await reader.rows(sql`SELECT block, ${name} FROM block_data WHERE block IN ${listed(blocks)}`);
  return new Map(rows.map(([block, data]) => [numberCell(block), blobCell(data)]));
}

export function dataOf(data: ReadonlyMap<number, Uint8Array>, block: number): Uint8Array {
  const found = data.get(block);
  if (found === undefined) throw damaged("block", block);
  return found;
}
