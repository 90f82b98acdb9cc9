import { giveBack } from "../../../core/array-memory.ts";
import type { ColumnBatch } from "./column-batch.ts";
import { CHUNK_HEAD, codeBytes, ROWS_AT, readStream, type WantedRows } from "./recent-stream.ts";
import type { RowBuffer } from "./row-buffer.ts";
import type { SeriesId } from "./series-index.ts";
import { IN_SLAB, Slabs } from "./slabs.ts";
import { SlotTable } from "./slot-table.ts";
import { BYTES_OF_CODE, MOST_BYTES, NumberBits, putValue, putWhole, SAME } from "./value-codes.ts";

/** What is known of each series, one number behind the other. Addresses are those of `Slabs`. */
const FIRST_CHUNK = 0;
/** The last chunk, where the next row goes in it, and where it ends. */
const CHUNK = 1;
const NEXT = 2;
const END = 3;
const ROWS = 4;
const LAST_MS = 5;
const LAST_STEP = 6;
const SERIES = 7;
const STATE = 8;

/** Of a chunk. */
const MOST_ROWS = 255;
const FIRST_BYTES = 32;
const MOST_BYTES_OF_CHUNK = 512;

const FIRST_SLOTS = 32;

/**
 * Rows of one table and hour by series, compressed (`recent-stream.ts`), in the order they came. Numbers in large arrays only: what V8 has
 * to mark does not grow with them.
 */
export class RecentRows {
  readonly #columns: number;
  readonly #slots = new SlotTable();
  readonly #slabs = new Slabs();
  #state = new Int32Array(FIRST_SLOTS * STATE);
  /** The last values of each series that were there. */
  #last: NumberBits;
  /** A row as it is about to lie there. */
  readonly #row: Uint8Array;
  #readers = 0;
  #isGivenUp = false;

  constructor(columns: number) {
    this.#columns = columns;
    this.#last = new NumberBits(new Float64Array(FIRST_SLOTS * columns));
    this.#row = new Uint8Array(codeBytes(columns) + (columns + 2) * MOST_BYTES);
  }

  /** That are taken. */
  get bytes(): number {
    return this.#slabs.bytes + this.#slots.bytes + this.#state.byteLength + this.#last.numbers.byteLength;
  }

  add({ series, ms, values, length }: Pick<RowBuffer, "series" | "ms" | "values" | "length">): void {
    const columns = values.map((numbers) => new NumberBits(numbers));
    let slot = -1;
    for (let row = 0; row < length; row++) {
      const id = series[row] ?? 0;
      // They mostly come in the order in which they came before.
      slot++;
      if (this.#state[slot * STATE + SERIES] !== id || slot >= this.#slots.size) slot = this.#slotOf(id);
      this.#append(slot, this.#encode(slot, ms[row] ?? 0, columns, row));
    }
  }

  /**
   * One column of the series, those of one series together, as many at a time as a batch has room for. Rows that are added after the
   * first was asked for are not among them.
   */
  *read(series: Int32Array, wanted: WantedRows, batch: ColumnBatch): Iterable<ColumnBatch> {
    this.enter();
    try {
      const slots = series.map((id) => this.#slots.slotOf(id));
      const counts = slots.map((slot) => (slot < 0 ? 0 : (this.#state[slot * STATE + ROWS] ?? 0)));
      batch.clear();
      for (let place = 0; place < series.length; place++) {
        const rows = counts[place] ?? 0;
        if (rows === 0) continue;
        if (batch.length > 0 && batch.length + rows > batch.room) {
          yield batch;
          batch.clear();
        }
        batch.reserve(rows);
        const first = this.#state[(slots[place] ?? 0) * STATE + FIRST_CHUNK] ?? 0;
        const stream = { slabs: this.#slabs, first, rows, columns: this.#columns };
        readStream(stream, wanted, series[place] ?? 0, batch);
      }
      if (batch.length > 0) yield batch;
    } finally {
      this.leave();
    }
  }

  /** All rows of one series, in a batch that has them alone. To be called between `enter` and `leave`. */
  readSeries(id: SeriesId, wanted: WantedRows, batch: ColumnBatch): void {
    batch.clear();
    const slot = this.#slots.slotOf(id);
    if (slot < 0) return;
    const [first, rows] = [this.#state[slot * STATE + FIRST_CHUNK] ?? 0, this.#state[slot * STATE + ROWS] ?? 0];
    batch.reserve(rows);
    readStream({ slabs: this.#slabs, first, rows, columns: this.#columns }, wanted, id, batch);
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

  #slotOf(id: SeriesId): number {
    const slot = this.#slots.take(id);
    if (slot * STATE === this.#state.length) this.#grow();
    this.#state[slot * STATE + SERIES] = id;
    return slot;
  }

  /** Into `#row`; returns how many bytes. */
  #encode(slot: number, ms: number, columns: readonly NumberBits[], row: number): number {
    const [state, bytes, last] = [this.#state, this.#row, this.#last];
    const step = ms - (state[slot * STATE + LAST_MS] ?? 0);
    const change = step - (state[slot * STATE + LAST_STEP] ?? 0);
    state[slot * STATE + LAST_MS] = ms;
    state[slot * STATE + LAST_STEP] = step;
    const count = this.#columns;
    const firstLast = slot * count;
    let at = codeBytes(count);
    let codes = change === 0 ? SAME : putWhole(bytes, at, change);
    at += codes;
    for (let column = 0; column < count; column++) {
      const values = columns[column];
      if (values === undefined) throw new RangeError(`no column ${column}`);
      const code = putValue(bytes, at, last, firstLast + column, values, row);
      at += BYTES_OF_CODE[code] ?? 0;
      if ((column & 1) === 0) bytes[column >> 1] = codes | (code << 4);
      codes = code;
    }
    if ((count & 1) === 0) bytes[count >> 1] = codes;
    return at;
  }

  /** Puts what lies in `#row` behind the rows of a series. */
  #append(slot: number, length: number): void {
    const state = this.#state;
    const base = slot * STATE;
    let next = state[base + NEXT] ?? 0;
    let chunk = state[base + CHUNK] ?? 0;
    let slab = state[base + ROWS] === 0 ? undefined : this.#slabs.at(chunk);
    if (
      slab === undefined ||
      next + length > (state[base + END] ?? 0) ||
      slab[(chunk & IN_SLAB) + ROWS_AT] === MOST_ROWS
    ) {
      chunk = this.#nextChunk(base, length);
      next = chunk + CHUNK_HEAD;
      slab = this.#slabs.at(chunk);
    }
    const bytes = this.#row;
    const at = next & IN_SLAB;
    for (let i = 0; i < length; i++) slab[at + i] = bytes[i] ?? 0;
    state[base + NEXT] = next + length;
    state[base + ROWS] = (state[base + ROWS] ?? 0) + 1;
    const rowsAt = (chunk & IN_SLAB) + ROWS_AT;
    slab[rowsAt] = (slab[rowsAt] ?? 0) + 1;
  }

  /** With room for a row; larger than the one before. */
  #nextChunk(base: number, rowBytes: number): number {
    const state = this.#state;
    const before = state[base + CHUNK] ?? 0;
    const isFirst = state[base + ROWS] === 0;
    const sizeBefore = (state[base + END] ?? 0) - before;
    const wanted = isFirst ? FIRST_BYTES : Math.min(MOST_BYTES_OF_CHUNK, (sizeBefore * 3) >> 1);
    const size = Math.max(wanted, CHUNK_HEAD + rowBytes);
    const chunk = this.#slabs.take(size);
    if (isFirst) state[base + FIRST_CHUNK] = chunk;
    else {
      const slab = this.#slabs.at(before);
      for (let i = 0; i < ROWS_AT; i++) slab[(before & IN_SLAB) + i] = chunk >>> (8 * i);
    }
    state[base + CHUNK] = chunk;
    state[base + END] = chunk + size;
    return chunk;
  }

  #grow(): void {
    const [state, last] = [this.#state, this.#last];
    this.#state = new Int32Array(2 * state.length);
    this.#state.set(state);
    this.#last = new NumberBits(new Float64Array(2 * last.numbers.length));
    this.#last.words.set(last.words);
    giveBack([state, last.numbers]);
  }

  #giveBack(): void {
    this.#slots.giveBack();
    this.#slabs.giveBack();
    giveBack([this.#state, this.#last.numbers]);
  }
}
