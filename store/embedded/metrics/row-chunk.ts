import { bytesOfColumn, PLAIN, RAW, readColumn, type ValueRoom } from "./column-modes.ts";
import { copyBits, type NumberBits } from "./number-bits.ts";
import { addSteps } from "./steps.ts";

/**
 * Rows of a series lie in chunks, column by column, so that one column is read without the others. A chunk begins with the address of the
 * one before, the latest time of all rows up to its own, the time of its first row, the least step of times, how many rows it has, how many
 * it has room for, and how many bytes a step of times has; then come the modes of the columns (`column-modes.ts`), the steps of times, and
 * the columns.
 */
export const BEFORE_AT = 0;
export const LATEST_AT = 4;
export const FIRST_AT = 8;
export const STEP_AT = 12;
export const ROWS_AT = 16;
/** The bytes of a step are above it. */
export const CAPACITY_AT = 17;
export const WIDTH_SHIFT = 5;
const CAPACITY = (1 << WIDTH_SHIFT) - 1;
export const MODES_AT = 18;

/** No chunk has this address but the open one of a series, which is before none. */
export const NO_CHUNK = 0;

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

/** Puts one column of the rows in the span to `begin`, where there is room for `MOST_ROWS`; answers where they end. */
export function readChunk(
  view: DataView,
  head: number,
  columns: number,
  { column, fromMs, toMs, beginMs }: WantedRows,
  room: SampleRoom,
  begin: number,
): number {
  const step = view.getInt32(head + STEP_AT, true);
  const first = view.getInt32(head + FIRST_AT, true);
  const sizes = view.getUint8(head + CAPACITY_AT);
  const capacity = sizes & CAPACITY;
  const width = sizes >>> WIDTH_SHIFT;
  const end = begin + view.getUint8(head + ROWS_AT);
  const modes = head + MODES_AT;
  let at = modes + columns;
  const { timesMs } = room;
  timesMs[begin] = beginMs + first;
  addSteps(view, at, width, step, timesMs, begin, end);
  const isRising = step >= 0;
  const last = (timesMs[end - 1] ?? 0) - beginMs;
  if (isRising && (last < fromMs || first > toMs)) return begin;
  at += width * (capacity - 1);
  for (let mode = modes; mode < modes + column; mode++) at += bytesOfColumn(view.getUint8(mode), capacity);
  readColumn(view, at, view.getUint8(modes + column), room, begin, end);
  return isRising && first >= fromMs && last <= toMs
    ? end
    : withinSpan(room, begin, end, fromMs + beginMs, toMs + beginMs);
}

/** Only the rows in the span stay, beside each other. */
function withinSpan({ timesMs, words }: SampleRoom, begin: number, end: number, from: number, to: number): number {
  let kept = begin;
  for (let row = begin; row < end; row++) {
    const time = timesMs[row] ?? 0;
    if (time < from || time > to) continue;
    if (kept !== row) {
      timesMs[kept] = time;
      copyBits(words, row, words, kept);
    }
    kept++;
  }
  return kept;
}

/** All columns of all rows; answers how many rows. */
export function readRows(view: DataView, head: number, { times, columns }: RowBatch): number {
  const rows = view.getUint8(head + ROWS_AT);
  const sizes = view.getUint8(head + CAPACITY_AT);
  const capacity = sizes & CAPACITY;
  const width = sizes >>> WIDTH_SHIFT;
  let at = head + MODES_AT + columns.length;
  times[0] = view.getInt32(head + FIRST_AT, true);
  addSteps(view, at, width, view.getInt32(head + STEP_AT, true), times, 0, rows);
  at += width * (capacity - 1);
  for (let column = 0; column < columns.length; column++) {
    const values = columns[column];
    if (values === undefined) break;
    const mode = view.getUint8(head + MODES_AT + column);
    readColumn(view, at, mode, values, 0, rows);
    at += bytesOfColumn(mode, capacity);
  }
  return rows;
}

export function isRaw(view: DataView, head: number, column: number): boolean {
  return (view.getUint8(head + MODES_AT + column) & PLAIN) === RAW;
}
