import { setImmediate } from "node:timers/promises";
import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { type BlockIndex, entryAt, unpackBodies, unpackIndex } from "./block-format.ts";
import { blobCell, damaged, numberCell } from "./cells.ts";
import { blockCondition, type ChangeFilter, heldEntries, positionsOf, tailCondition } from "./change-filter.ts";
import { listed, MAX_LISTED } from "./conditions.ts";
import { type BlockPlace, PLACE_COLUMNS, placeOf, usableDirectory } from "./directory.ts";
import { ENTRY_COLUMNS, type Entry, entryOf } from "./stored-changes.ts";

/** Blocks unpacked in one turn of the event loop: a block takes up to half a millisecond. */
const BLOCKS_PER_TURN = 16;

/** Blocks that are in memory together: some kilobytes each, packed. */
const BLOCKS_AT_ONCE = 128;

/** Parts of a tail in memory that are handed out in one turn. */
const PARTS_PER_TURN = 256;

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

/** Blocks that may hold changes asked for, rising. */
export async function blockPlaces(reader: SqlReader, filter: ChangeFilter): Promise<readonly BlockPlace[]> {
  const directory = usableDirectory(filter);
  if (directory !== undefined) return directory.blocks(filter);
  const places: BlockPlace[] = [];
  for await (const rows of reader.stream(sql`SELECT ${PLACE_COLUMNS} FROM blocks WHERE ${blockCondition(filter)}`)) {
    places.push(...rows.map(placeOf));
  }
  return places.sort((left, right) => left.block - right.block);
}

/**
 * A chunk for each block that holds any. Index and bodies come together: nearly every block that overlaps what is asked for
 * holds some of it, and a question costs the database more than a blob.
 */
export async function* readBlocks(
  reader: SqlReader,
  places: readonly BlockPlace[],
  filter: ChangeFilter,
): AsyncIterable<readonly Entry[]> {
  for (let start = 0; start < places.length; start += BLOCKS_AT_ONCE) {
    const blocks = places.slice(start, start + BLOCKS_AT_ONCE).map(({ block }) => block);
    const rows = await reader.rows(
      sql`SELECT block, index_data, body_data FROM block_data WHERE block IN ${listed(blocks)}`,
    );
    if (rows.length !== blocks.length) throw damaged(`${blocks.length} blocks`, blocks);
    for (const [count, [, indexData, bodyData]] of rows.entries()) {
      const index = unpackIndex(blobCell(indexData));
      const positions = positionsOf(index, filter);
      if (positions.length > 0) {
        const bodies = unpackBodies(
          blobCell(bodyData),
          positions.map(({ position }) => position),
        );
        yield positions.map(({ part, position }, number) => entryAt(index, bodies[number] ?? "", part, position));
      }
      if (count % BLOCKS_PER_TURN === BLOCKS_PER_TURN - 1) await setImmediate();
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
