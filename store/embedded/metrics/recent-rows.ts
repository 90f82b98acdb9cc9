import { giveBack } from "../../../core/array-memory.ts";
import { ChunkWriter, chunksInSpan, latestOf, NO_CHUNK, readChunk } from "./closed-chunk.ts";
import { MOST_ROWS } from "./column-modes.ts";
import {
  beginPiece,
  codeBytes,
  countRow,
  emptyPiece,
  endOf,
  linkPiece,
  MOST_PIECE_BYTES,
  PIECE_HEAD,
  pieceAfter,
  type RowBatch,
  readAll,
  readOpen,
  type WantedRows,
} from "./open-rows.ts";
import type { RowBuffer } from "./row-buffer.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";
import { SlabPool } from "./slab-pool.ts";
import { IN_SLAB, Slabs } from "./slabs.ts";
import { SlotTable } from "./slot-table.ts";
import { BYTES_OF_CODE, MOST_BYTES, NumberBits, putValue, putWhole, SAME } from "./value-codes.ts";

/** What is known of each series, one number behind the other. Addresses are those of `Slabs`. */
const SERIES = 0;
/** The last closed chunk. */
const CHUNK = 1;
/** Of the open rows how many there are, the first piece and the last, where the next row goes in it, and where it ends. */
const ROWS = 2;
const FIRST_PIECE = 3;
const PIECE = 4;
const NEXT = 5;
const END = 6;
const LAST_MS = 7;
const LAST_STEP = 8;
const STATE = 9;

/** The first piece has room for so many rows as the first, the others for all that are left. */
const ROWS_OF_FIRST_PIECE = 4;
const FIRST_SLOTS = 32;

/**
 * Rows of one table and hour by series, compressed, in the order they came. They come as open rows (`open-rows.ts`); as soon as there are some
 * they are written anew as a closed chunk (`closed-chunk.ts`), of which one column is read without the others, and their room is used again.
 * Numbers in large arrays only: what V8 has to mark does not grow with them.
 */
export class RecentRows {
  readonly #columns: number;
  readonly #slots = new SlotTable();
  readonly #slabs: Slabs;
  #state = new Int32Array(FIRST_SLOTS * STATE);
  /** The last values of each series that were there. */
  #last: NumberBits;
  /** A row as it is about to lie there. */
  readonly #row: Uint8Array;
  readonly #rowView: DataView;
  readonly #batch: RowBatch;
  readonly #lastOfBatch: NumberBits;
  readonly #writer: ChunkWriter;
  /** Chunks that are about to be read. */
  readonly #chunks: number[] = [];
  readonly #probe = roomOf(MOST_ROWS);
  #readers = 0;
  #isGivenUp = false;

  constructor(columns: number, pool = new SlabPool()) {
    this.#columns = columns;
    this.#slabs = new Slabs(pool);
    this.#last = new NumberBits(new Float64Array(FIRST_SLOTS * columns));
    this.#row = new Uint8Array(codeBytes(columns) + (columns + 2) * MOST_BYTES);
    this.#rowView = new DataView(this.#row.buffer);
    this.#batch = {
      times: new Float64Array(MOST_ROWS),
      columns: Array.from({ length: columns }, () => new NumberBits(new Float64Array(MOST_ROWS))),
    };
    this.#lastOfBatch = new NumberBits(new Float64Array(columns));
    this.#writer = new ChunkWriter(columns);
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
      if ((this.#state[slot * STATE + ROWS] ?? 0) >= this.#rowsOfChunk(slot)) this.#close(slot);
    }
  }

  /**
   * Puts one column of a series' rows in the span behind the first `length` of the scratch, in the order they came; answers how many there
   * are then. To be called between `enter` and `leave`.
   */
  copy(id: SeriesId, wanted: WantedRows, scratch: RowScratch, length: number): number {
    const slot = this.#slots.slotOf(id);
    if (slot < 0) return length;
    const last = this.#state[slot * STATE + CHUNK] ?? NO_CHUNK;
    const count = chunksInSpan(this.#slabs, last, wanted, this.#chunks);
    scratch.reserve(length + (count + 1) * MOST_ROWS, length);
    let total = length;
    for (let place = count - 1; place >= 0; place--) {
      total = readChunk(this.#slabs, this.#chunks[place] ?? 0, this.#columns, wanted, scratch, total);
    }
    return readOpen(this.#openOf(slot), wanted, scratch, total);
  }

  /** Whether a series has rows in the span; with `skipsNaN`, any whose value is a number. To be called between `enter` and `leave`. */
  has(id: SeriesId, wanted: WantedRows, skipsNaN: boolean): boolean {
    const slot = this.#slots.slotOf(id);
    if (slot < 0) return false;
    const room = this.#probe;
    const isAny = (end: number) => room.values.subarray(0, end).some((value) => !(skipsNaN && Number.isNaN(value)));
    if (isAny(readOpen(this.#openOf(slot), wanted, room, 0))) return true;
    const last = this.#state[slot * STATE + CHUNK] ?? NO_CHUNK;
    const count = chunksInSpan(this.#slabs, last, wanted, this.#chunks);
    for (let place = 0; place < count; place++) {
      if (isAny(readChunk(this.#slabs, this.#chunks[place] ?? 0, this.#columns, wanted, room, 0))) return true;
    }
    return false;
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

  #openOf(slot: number) {
    const base = slot * STATE;
    const [first, rows] = [this.#state[base + FIRST_PIECE] ?? 0, this.#state[base + ROWS] ?? 0];
    return { slabs: this.#slabs, columns: this.#columns, first, rows };
  }

  /** Series whose rows come together do not all have to be written anew together. */
  #rowsOfChunk(slot: number): number {
    const isFirst = this.#state[slot * STATE + CHUNK] === NO_CHUNK;
    return isFirst ? MOST_ROWS - (slot % (MOST_ROWS / 2)) : MOST_ROWS;
  }

  /** Into `#row`; returns how many bytes. */
  #encode(slot: number, ms: number, columns: readonly NumberBits[], row: number): number {
    const [state, bytes, view, last] = [this.#state, this.#row, this.#rowView, this.#last];
    const step = ms - (state[slot * STATE + LAST_MS] ?? 0);
    const change = step - (state[slot * STATE + LAST_STEP] ?? 0);
    state[slot * STATE + LAST_MS] = ms;
    state[slot * STATE + LAST_STEP] = step;
    const count = this.#columns;
    const firstLast = slot * count;
    let at = codeBytes(count);
    let codes = change === 0 ? SAME : putWhole(view, at, change);
    at += codes;
    for (let column = 0; column < count; column++) {
      const values = columns[column];
      if (values === undefined) throw new RangeError(`no column ${column}`);
      const code = putValue(view, at, last, firstLast + column, values, row);
      at += BYTES_OF_CODE[code] ?? 0;
      if ((column & 1) === 0) bytes[column >> 1] = codes | (code << 4);
      codes = code;
    }
    if ((count & 1) === 0) bytes[count >> 1] = codes;
    return at;
  }

  /** Puts what lies in `#row` behind the rows of a series. */
  #append(slot: number, length: number): void {
    const base = slot * STATE;
    if ((this.#state[base + NEXT] ?? 0) + length > (this.#state[base + END] ?? 0)) this.#toPieceWith(slot, length);
    const state = this.#state;
    const next = state[base + NEXT] ?? 0;
    const slab = this.#slabs.at(next);
    const [bytes, at] = [this.#row, next & IN_SLAB];
    for (let i = 0; i < length; i++) slab[at + i] = bytes[i] ?? 0;
    state[base + NEXT] = next + length;
    state[base + ROWS] = (state[base + ROWS] ?? 0) + 1;
    countRow(this.#slabs, state[base + PIECE] ?? 0);
  }

  /** Goes on to a piece with room for a row. */
  #toPieceWith(slot: number, rowBytes: number): void {
    const [state, slabs, base] = [this.#state, this.#slabs, slot * STATE];
    const isFirst = state[base + END] === 0;
    let piece = state[base + PIECE] ?? 0;
    for (let next = isFirst ? 0 : pieceAfter(slabs, piece); next !== 0; next = pieceAfter(slabs, piece)) {
      piece = next;
      emptyPiece(slabs, piece);
      if (endOf(slabs, piece) - piece - PIECE_HEAD >= rowBytes) {
        this.#goOnIn(slot, piece);
        return;
      }
    }
    const left = this.#rowsOfChunk(slot) - (state[base + ROWS] ?? 0);
    const rows = isFirst ? Math.min(ROWS_OF_FIRST_PIECE, left) : left;
    const bytes = PIECE_HEAD + Math.min(rows * rowBytes, MOST_PIECE_BYTES - PIECE_HEAD);
    const added = slabs.take(bytes);
    beginPiece(slabs, added, bytes);
    if (isFirst) state[base + FIRST_PIECE] = added;
    else linkPiece(slabs, piece, added);
    this.#goOnIn(slot, added);
  }

  #goOnIn(slot: number, piece: number): void {
    const [state, base] = [this.#state, slot * STATE];
    state[base + PIECE] = piece;
    state[base + NEXT] = piece + PIECE_HEAD;
    state[base + END] = endOf(this.#slabs, piece);
  }

  /** Writes the open rows anew. */
  #close(slot: number): void {
    const [state, slabs, base] = [this.#state, this.#slabs, slot * STATE];
    const open = this.#openOf(slot);
    readAll(open, this.#batch, this.#lastOfBatch);
    const before = state[base + CHUNK] ?? NO_CHUNK;
    const latestBefore = before === NO_CHUNK ? 0 : latestOf(slabs, before);
    const bytes = this.#writer.write(this.#batch, open.rows, before, latestBefore);
    const chunk = slabs.take(bytes);
    slabs.at(chunk).set(this.#writer.bytes.subarray(0, bytes), chunk & IN_SLAB);
    state[base + CHUNK] = chunk;
    state[base + ROWS] = state[base + LAST_MS] = state[base + LAST_STEP] = 0;
    this.#last.numbers.fill(0, slot * this.#columns, (slot + 1) * this.#columns);
    emptyPiece(slabs, open.first);
    this.#goOnIn(slot, open.first);
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

function roomOf(rows: number) {
  const { numbers: values, words } = new NumberBits(new Float64Array(rows));
  return { timesMs: new Float64Array(rows), values, words };
}
