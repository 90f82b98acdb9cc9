import type { ValueRoom } from "./column-modes.ts";
import { IN_SLAB, type Slabs } from "./slabs.ts";
import {
  ABSENT,
  addValue,
  BYTES_OF_CODE,
  BYTES_OF_PAIR,
  NumberBits,
  putNoValue,
  SAME,
  wholeAt,
} from "./value-codes.ts";

/**
 * The newest rows of a series, in the order they came. They lie in pieces, each row whole in one. A piece begins with the address of the
 * next one, 0 when there is none, how many bytes it has and how many rows are in it; a row with the codes of its time and of each value,
 * two in a byte, and behind them is what they say (`value-codes.ts`). The first row is told as if one of zeros were before it.
 */
export const PIECE_HEAD = 7;
const BYTES_AT = 4;
const ROWS_AT = 6;
export const MOST_PIECE_BYTES = 65_535;

/** Of a time and so many values. */
export function codeBytes(columns: number): number {
  return (columns + 2) >> 1;
}

export interface WantedRows {
  readonly column: number;
  /** The span of their times, both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What times count from; those that are answered count from 1970. */
  readonly beginMs: number;
}

/** Where times and values are wanted. */
export interface SampleRoom extends ValueRoom {
  readonly timesMs: Float64Array;
}

/** Rows column by column. */
export interface RowBatch {
  readonly times: Float64Array;
  readonly columns: readonly NumberBits[];
}

export interface OpenRows {
  readonly slabs: Slabs;
  readonly columns: number;
  /** Address of the first piece. */
  readonly first: number;
  readonly rows: number;
}

/** Nothing is in it yet. */
export function beginPiece(slabs: Slabs, piece: number, bytes: number): void {
  const view = slabs.viewAt(piece);
  const head = piece & IN_SLAB;
  view.setUint32(head, 0, true);
  view.setUint16(head + BYTES_AT, bytes, true);
  view.setUint8(head + ROWS_AT, 0);
}

export function emptyPiece(slabs: Slabs, piece: number): void {
  slabs.viewAt(piece).setUint8((piece & IN_SLAB) + ROWS_AT, 0);
}

export function countRow(slabs: Slabs, piece: number): void {
  const view = slabs.viewAt(piece);
  const rowsAt = (piece & IN_SLAB) + ROWS_AT;
  view.setUint8(rowsAt, view.getUint8(rowsAt) + 1);
}

export function endOf(slabs: Slabs, piece: number): number {
  return piece + slabs.viewAt(piece).getUint16((piece & IN_SLAB) + BYTES_AT, true);
}

/** 0 when there is none. */
export function pieceAfter(slabs: Slabs, piece: number): number {
  return slabs.viewAt(piece).getUint32(piece & IN_SLAB, true);
}

export function linkPiece(slabs: Slabs, piece: number, next: number): void {
  slabs.viewAt(piece).setUint32(piece & IN_SLAB, next, true);
}

const kept = new NumberBits(new Float64Array(1));

/** Puts one column of the rows whose time lies in the span to `begin`, where there is room for all; answers where they end. */
export function readOpen(
  { slabs, columns, first, rows }: OpenRows,
  { column, fromMs, toMs, beginMs }: WantedRows,
  { timesMs, words }: SampleRoom,
  begin: number,
): number {
  const codes = codeBytes(columns);
  const before = (column + 1) >> 1;
  const isSecond = (column & 1) === 0;
  const keptWords = kept.words;
  keptWords.fill(0);
  let [end, ms, step, left] = [begin, 0, 0, rows];
  for (let piece = first; left > 0; piece = pieceAfter(slabs, piece)) {
    const bytes = slabs.at(piece);
    const view = slabs.viewAt(piece);
    const head = piece & IN_SLAB;
    const rest = left - (bytes[head + ROWS_AT] ?? 0);
    for (let row = head + PIECE_HEAD; left > rest; left--) {
      let at = row + codes;
      const ofTime = (bytes[row] ?? 0) & 15;
      if (ofTime !== SAME) step += wholeAt(view, at, ofTime);
      ms += step;
      for (const stop = row + before; row < stop; row++) at += BYTES_OF_PAIR[bytes[row] ?? 0] ?? 0;
      const pair = bytes[row] ?? 0;
      const code = isSecond ? pair >> 4 : pair & 15;
      if (code !== SAME && code !== ABSENT) {
        addValue(view, isSecond ? at + (BYTES_OF_CODE[pair & 15] ?? 0) : at, code, kept, 0);
      }
      for (const stop = row + codes - before; row < stop; row++) at += BYTES_OF_PAIR[bytes[row] ?? 0] ?? 0;
      row = at;
      if (ms < fromMs || ms > toMs) continue;
      timesMs[end] = beginMs + ms;
      words[2 * end] = keptWords[0] ?? 0;
      words[2 * end + 1] = keptWords[1] ?? 0;
      if (code === ABSENT) putNoValue(words, end);
      end++;
    }
  }
  return end;
}

/** All columns; `last` has a place for each. */
export function readAll({ slabs, first, rows }: OpenRows, { times, columns }: RowBatch, last: NumberBits): void {
  const codes = codeBytes(columns.length);
  last.words.fill(0);
  let [ms, step, row] = [0, 0, 0];
  for (let piece = first; row < rows; piece = pieceAfter(slabs, piece)) {
    const bytes = slabs.at(piece);
    const view = slabs.viewAt(piece);
    const head = piece & IN_SLAB;
    let from = head + PIECE_HEAD;
    for (const end = row + (bytes[head + ROWS_AT] ?? 0); row < end; row++) {
      let at = from + codes;
      const ofTime = (bytes[from] ?? 0) & 15;
      if (ofTime !== SAME) step += wholeAt(view, at, ofTime);
      at += BYTES_OF_CODE[ofTime] ?? 0;
      times[row] = ms += step;
      for (let column = 0; column < columns.length; column++) {
        const values = columns[column];
        if (values === undefined) break;
        const pair = bytes[from + ((column + 1) >> 1)] ?? 0;
        const code = (column & 1) === 0 ? pair >> 4 : pair & 15;
        const { words } = values;
        if (code === ABSENT) putNoValue(words, row);
        else {
          if (code !== SAME) addValue(view, at, code, last, column);
          words[2 * row] = last.words[2 * column] ?? 0;
          words[2 * row + 1] = last.words[2 * column + 1] ?? 0;
        }
        at += BYTES_OF_CODE[code] ?? 0;
      }
      from = at;
    }
  }
}
