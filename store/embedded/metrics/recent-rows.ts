import { setImmediate } from "node:timers/promises";
import { giveBack } from "../../../core/array-memory.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { MOST_ROWS, RAW } from "./column-modes.ts";
import { FoundChunks, SERIES_AT_ONCE } from "./found-chunks.ts";
import { NumberBits } from "./number-bits.ts";
import {
  appendOpen,
  beginOpen,
  bytesOfOpen,
  type Layout,
  openModeOf,
  type RowColumns,
  widenLayout,
} from "./open-chunk.ts";
import type { RowBuffer } from "./row-buffer.ts";
import {
  BEFORE_AT,
  isRaw,
  LATEST_AT,
  NO_CHUNK,
  type RowBatch,
  readChunk,
  readRows,
  type SampleRoom,
  type WantedRows,
} from "./row-chunk.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";
import { SlabPool } from "./slab-pool.ts";
import { IN_SLAB, type SlabSource, Slabs } from "./slabs.ts";
import { SlotTable } from "./slot-table.ts";

/** What is known of each series, one number behind the other. */
const SERIES = 0;
/** The address of its open chunk. */
const OPEN = 1;
const LAST_MS = 2;
const STATE = 3;

const FIRST_SLOTS = 32;
/** Some milliseconds. */
const SLOTS_PER_TURN = 2_000;

/**
 * Rows of one table and hour by series, compressed, in the order they came. Each series has an open chunk, in which its columns have room for
 * some rows (`open-chunk.ts`); when it is full or a row does not fit into it, its rows are closed: written anew as a chunk as small as may be
 * (`chunk-writer.ts`), and its room is used again. Both are read alike (`row-chunk.ts`). Numbers in large arrays only: what V8 has to mark
 * does not grow with them.
 */
export class RecentRows {
  readonly #columns: number;
  readonly #slots = new SlotTable();
  readonly #slabs: Slabs;
  #state = new Int32Array(FIRST_SLOTS * STATE);
  /** The last values of each series that were there. */
  #last: NumberBits;
  readonly #layout: Layout;
  /** The rows of a chunk that is closed. */
  readonly #batch: RowBatch;
  readonly #writer: ChunkWriter;
  /** The last chunks of series that are looked for. */
  readonly #lastChunks = new Int32Array(SERIES_AT_ONCE);
  readonly #ofOne = { series: new Int32Array(1), chunks: new FoundChunks() };
  readonly #probe: SampleRoom;
  /** How often chunks were made: those that were found before may not be there any more. */
  #changes = 0;
  #isFinished = false;
  #readers = 0;
  #isGivenUp = false;

  constructor(columns: number, slabs: SlabSource = new SlabPool()) {
    this.#columns = columns;
    this.#slabs = new Slabs(slabs);
    this.#last = bitsOf(FIRST_SLOTS * columns);
    this.#layout = new Uint8Array(columns);
    const times = new Float64Array(MOST_ROWS);
    this.#batch = { times, columns: Array.from({ length: columns }, () => bitsOf(MOST_ROWS)) };
    this.#writer = new ChunkWriter(columns);
    const { values, words } = bitsOf(MOST_ROWS);
    this.#probe = { timesMs: new Float64Array(MOST_ROWS), values, words };
  }

  get changes(): number {
    return this.#changes;
  }

  /** That are taken. */
  get bytes(): number {
    return this.#slabs.bytes + this.#slots.bytes + this.#state.byteLength + this.#last.values.byteLength;
  }

  /** Rows from `first` on, before `end`; all, unless told otherwise. */
  add(
    { series, ms, values, length }: Pick<RowBuffer, "series" | "ms" | "values" | "length">,
    first = 0,
    end = length,
  ): void {
    if (this.#isFinished) throw new RangeError("rows came to a part that is closed");
    this.#changes++;
    const rows = { ms, columns: values.map((numbers) => new NumberBits(numbers)) };
    if (rows.columns.length !== this.#columns) throw new RangeError(`${rows.columns.length} columns`);
    let slot = -1;
    for (let row = first; row < end; row++) {
      const id = series[row] ?? 0;
      // They mostly come in the order in which they came before.
      slot++;
      if (slot >= this.#slots.size || this.#state[slot * STATE + SERIES] !== id) {
        const known = this.#slots.size;
        slot = this.#slots.take(id);
        if (slot === known) {
          this.#begin(slot, id, rows, row);
          continue;
        }
      }
      this.#append(slot, rows, row);
    }
  }

  /**
   * Puts one column of a series' rows in the span behind the first `length` of the scratch, in the order they came; answers how many there
   * are then. To be called between `enter` and `leave`.
   */
  copy(id: SeriesId, wanted: WantedRows, scratch: RowScratch, length: number): number {
    return this.copyFound(this.#found(id, wanted), 0, wanted, scratch, length);
  }

  /**
   * Finds the chunks of a list's series from `first` on, at most `SERIES_AT_ONCE`, for `copyFound`; answers how many series that are. They are
   * there until rows are added.
   */
  find(series: Int32Array, first: number, wanted: WantedRows, found: FoundChunks): number {
    const count = Math.min(SERIES_AT_ONCE, series.length - first);
    for (let one = 0; one < count; one++) {
      const slot = this.#slots.slotOf(series[first + one] ?? 0);
      this.#lastChunks[one] = slot < 0 ? -1 : (this.#state[slot * STATE + OPEN] ?? -1);
    }
    found.find(this.#slabs, wanted, this.#lastChunks, count);
    return count;
  }

  /** As `copy`, for one of the series of `find`. */
  copyFound(found: FoundChunks, one: number, wanted: WantedRows, scratch: RowScratch, length: number): number {
    const count = found.count(one);
    scratch.reserve(length + count * MOST_ROWS, length);
    let total = length;
    for (let place = count - 1; place >= 0; place--) {
      total = this.#read(found.chunkAt(one, place), wanted, scratch, total);
    }
    return total;
  }

  /** Whether a series has rows in the span; with `skipsNaN`, any whose value is a number. To be called between `enter` and `leave`. */
  has(id: SeriesId, wanted: WantedRows, skipsNaN: boolean): boolean {
    const found = this.#found(id, wanted);
    const { values } = this.#probe;
    for (let place = 0; place < found.count(0); place++) {
      const end = this.#read(found.chunkAt(0, place), wanted, this.#probe, 0);
      for (let row = 0; row < end; row++) if (!(skipsNaN && Number.isNaN(values[row]))) return true;
    }
    return false;
  }

  /**
   * When no row comes any more, the open chunks of all series are closed, and what they had room for is given back: about 500 bytes a
   * series. In turns; whoever reads meanwhile finds all rows.
   */
  async finish(): Promise<void> {
    this.#isFinished = true;
    this.enter();
    try {
      for (let slot = 0; slot < this.#slots.size; slot++) {
        if (slot > 0 && slot % SLOTS_PER_TURN === 0) await setImmediate();
        if (this.#isGivenUp) return;
        const place = slot * STATE + OPEN;
        const open = this.#state[place] ?? 0;
        this.#state[place] = this.#writeClosed(this.#slabs.viewAt(open), open & IN_SLAB);
        this.#changes++;
      }
      this.#slabs.giveBack("short");
      giveBack([this.#last.values]);
      this.#last = bitsOf(0);
    } finally {
      this.leave();
    }
  }

  /** Its memory stays until `leave`. */
  enter(): void {
    this.#readers++;
  }

  leave(): void {
    this.#readers--;
    if (this.#isGivenUp && this.#readers === 0) this.#giveBack();
  }

  /** Its memory goes as soon as nobody reads it. No one may begin to. */
  giveUp(): void {
    this.#isGivenUp = true;
    if (this.#readers === 0) this.#giveBack();
  }

  #found(id: SeriesId, wanted: WantedRows): FoundChunks {
    const { series, chunks } = this.#ofOne;
    series[0] = id;
    this.find(series, 0, wanted, chunks);
    return chunks;
  }

  #read(chunk: number, wanted: WantedRows, room: SampleRoom, begin: number): number {
    return readChunk(this.#slabs.viewAt(chunk), chunk & IN_SLAB, this.#columns, wanted, room, begin);
  }

  #begin(slot: number, id: SeriesId, rows: RowColumns, row: number): void {
    if (slot * STATE === this.#state.length) this.#grow();
    const open = this.#slabs.take(bytesOfOpen(this.#columns), "short");
    const [state, base] = [this.#state, slot * STATE];
    state[base + SERIES] = id;
    state[base + OPEN] = open;
    state[base + LAST_MS] = rows.ms[row] ?? 0;
    const beginning = { before: NO_CHUNK, latest: 0, mostRows: MOST_ROWS };
    const [view, head] = [this.#slabs.viewAt(open), open & IN_SLAB];
    this.#layout.fill(RAW);
    beginOpen(view, head, beginning, this.#layout, rows, row, this.#last, slot * this.#columns);
  }

  #append(slot: number, rows: RowColumns, row: number): void {
    const [state, base] = [this.#state, slot * STATE];
    const open = state[base + OPEN] ?? 0;
    const [view, head, firstLast] = [this.#slabs.viewAt(open), open & IN_SLAB, slot * this.#columns];
    if (!appendOpen(view, head, state[base + LAST_MS] ?? 0, rows, row, this.#last, firstLast)) {
      widenLayout(this.#layout, view, head, rows.columns, row, this.#last, firstLast);
      const beginning = this.#close(slot, view, head);
      beginOpen(view, head, beginning, this.#layout, rows, row, this.#last, firstLast);
    }
    state[base + LAST_MS] = rows.ms[row] ?? 0;
  }

  /** Writes the open rows anew, and into the layout how raw columns can lie; answers how the open chunk goes on. */
  #close(slot: number, view: DataView, head: number) {
    const before = view.getUint32(head + BEFORE_AT, true);
    const latest = view.getInt32(head + LATEST_AT, true);
    const chunk = this.#writeClosed(view, head);
    for (let column = 0; column < this.#columns; column++) {
      if (isRaw(view, head, column)) this.#layout[column] = openModeOf(this.#writer.modeOf(column));
    }
    // Series whose rows come together do not all have to be closed together.
    const mostRows = before === NO_CHUNK ? MOST_ROWS - (slot % (MOST_ROWS / 2)) : MOST_ROWS;
    return { before: chunk, latest, mostRows };
  }

  /** The rows of an open chunk as a chunk that is as small as may be; answers its address. */
  #writeClosed(view: DataView, head: number): number {
    const [before, latest] = [view.getUint32(head + BEFORE_AT, true), view.getInt32(head + LATEST_AT, true)];
    const bytes = this.#writer.write(this.#batch, readRows(view, head, this.#batch), { before, latest });
    const chunk = this.#slabs.take(bytes, "long");
    this.#slabs.at(chunk).set(this.#writer.bytes.subarray(0, bytes), chunk & IN_SLAB);
    return chunk;
  }

  #grow(): void {
    const [state, last] = [this.#state, this.#last];
    this.#state = new Int32Array(2 * state.length);
    this.#state.set(state);
    this.#last = bitsOf(2 * last.values.length);
    this.#last.words.set(last.words);
    giveBack([state, last.values]);
  }

  #giveBack(): void {
    this.#slots.giveBack();
    this.#slabs.giveBack("short");
    this.#slabs.giveBack("long");
    giveBack([this.#state, this.#last.values]);
  }
}

function bitsOf(numbers: number): NumberBits {
  return new NumberBits(new Float64Array(numbers));
}
