import { setImmediate } from "node:timers/promises";
import type { RowPart } from "./parts.ts";
import type { HourSpan } from "./read-samples.ts";
import { RecentCursor } from "./recent-cursor.ts";
import { RecentRows } from "./recent-rows.ts";
import { HOUR_MS, type RowBuffer } from "./row-buffer.ts";
import { columnsOfTable } from "./shapes.ts";
import { SlabPool } from "./slab-pool.ts";

/** An address in a part has 31 bits, and a write comes before it is looked how much there is. */
const MOST_BYTES = 1_900_000_000;

/** A few milliseconds, even when many chunks are closed. */
const SAMPLES_PER_TURN = 40_000;

interface CommittedRows {
  readonly part: RowPart;
  readonly isNew: boolean;
  readonly buffer: RowBuffer;
}

/**
 * Keeps the rows of tables in memory, too, as long as they are not sealed: in their tables they lie mixed as they came, and whoever asks for
 * some reads all. A part is here with all of its rows or not at all. In memory of a bounded size: past it the largest part is given up,
 * and read from its table until it is sealed.
 */
export class RecentParts {
  readonly #maxBytes: number;
  readonly #rows = new Map<RowPart, RecentRows>();
  readonly #pool = new SlabPool();

  constructor(maxBytes: number) {
    this.#maxBytes = Math.min(maxBytes, MOST_BYTES);
  }

  get bytes(): number {
    let bytes = 0;
    for (const rows of this.#rows.values()) bytes += rows.bytes;
    return bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** 0 of a part that is not here. */
  bytesOf(part: RowPart): number {
    return this.#rows.get(part)?.bytes ?? 0;
  }

  /** No rows come to the part any more: it is made smaller. */
  async finish(part: RowPart): Promise<void> {
    await this.#rows.get(part)?.finish();
  }

  has(part: RowPart): boolean {
    return this.#rows.has(part);
  }

  /** Whether it has rows from before the start, or was given up: it would be better sealed. */
  lacks(part: RowPart): boolean {
    return this.#maxBytes > 0 && !this.#rows.has(part);
  }

  /**
   * Rows that are in the table of the part since now; when it is new, there are no others. In turns, in which whoever reads the part finds
   * some of them; until they are all there, nobody may give it up.
   */
  async add({ part, isNew, buffer }: CommittedRows): Promise<void> {
    if (isNew && this.#maxBytes > 0) this.#rows.set(part, new RecentRows(buffer.columns.length, this.#pool));
    const rows = this.#rows.get(part);
    const rowsPerTurn = Math.ceil(SAMPLES_PER_TURN / buffer.columns.length);
    for (let first = 0; rows !== undefined && first < buffer.length; first += rowsPerTurn) {
      if (first > 0) await setImmediate();
      rows.add(buffer, first, Math.min(first + rowsPerTurn, buffer.length));
    }
    while (this.bytes > this.#maxBytes) this.#giveUpLargest();
  }

  /** Without it the part is read from its table. */
  giveUp(part: RowPart): void {
    const rows = this.#rows.get(part);
    this.#rows.delete(part);
    rows?.giveUp();
  }

  /** Undefined when the part is not here. Found fastest are the series in their order. To be closed. */
  cursor(
    part: RowPart,
    { hour, fromMs, toMs }: HourSpan,
    { column, series }: { readonly column: string; readonly series: Int32Array },
  ): RecentCursor | undefined {
    const rows = this.#rows.get(part);
    if (rows === undefined) return undefined;
    const place = columnsOfTable(part.table).indexOf(column);
    return new RecentCursor(rows, { column: place, fromMs, toMs, beginMs: hour * HOUR_MS }, series);
  }

  #giveUpLargest(): void {
    let largest: { readonly part: RowPart; readonly bytes: number } | undefined;
    for (const [part, { bytes }] of this.#rows) if (bytes > (largest?.bytes ?? -1)) largest = { part, bytes };
    if (largest !== undefined) this.giveUp(largest.part);
  }
}
