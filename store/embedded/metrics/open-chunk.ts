import {
  ABSENT_BYTES,
  bytesOfColumn,
  FALLING,
  isWhole,
  leastStep,
  MOST_ROWS,
  PLAIN,
  RAW,
  SOME_ABSENT,
  STEPS,
  THOUSANDTHS,
  thousandthsOf,
  WHOLE_FIRST,
  widthOfStep,
  widthOfSteps,
} from "./column-modes.ts";
import { copyBits, isNoValue, type NumberBits } from "./number-bits.ts";
import { BEFORE_AT, CAPACITY_AT, FIRST_AT, LATEST_AT, MODES_AT, ROWS_AT, STEP_AT, WIDTH_SHIFT } from "./row-chunk.ts";
import { putStep } from "./steps.ts";

/** Rows as they come, their columns in one place. */
export interface RowColumns {
  readonly ms: Int32Array;
  readonly columns: readonly NumberBits[];
}

/** Every step within hours fits into so many bytes. */
const TIME_WIDTH = 3;
const LEAST_TIME_STEP = -(2 ** (8 * TIME_WIDTH - 1));
const MOST_TIME_STEP = 2 ** (8 * TIME_WIDTH - 1) - 1;
/** What a step of so many bytes has above the least is less. */
const ABOVE = Float64Array.of(1, 2 ** 8, 2 ** 16, 2 ** 24, 2 ** 32);
/** Of every column are there which rows have no value, and 8 bytes of the first value. */
const COLUMN_BYTES = ABSENT_BYTES + 8;
/** There is room for a whole chunk of rows with so many bytes a value, and for fewer of others. */
const VALUE_BYTES = 2.5;

/** That the open chunk of a series has. */
export function bytesOfOpen(columns: number): number {
  return fixedBytes(columns) + Math.ceil((MOST_ROWS - 1) * (TIME_WIDTH + VALUE_BYTES * columns));
}

function fixedBytes(columns: number): number {
  return MODES_AT + columns + columns * COLUMN_BYTES;
}

/** What each column takes one byte for: how its next values lie. */
export type Layout = Uint8Array;

/**
 * Begins the open chunk of a series, with a row. Columns lie as the layout says, or in a wider way if the row needs it. `last` are the last
 * values of the series that were there, from `firstLast` on: a row without a value repeats them.
 */
export function beginOpen(
  view: DataView,
  head: number,
  { before, latest, mostRows }: { readonly before: number; readonly latest: number; readonly mostRows: number },
  layout: Layout,
  { ms, columns }: RowColumns,
  row: number,
  last: NumberBits,
  firstLast: number,
): void {
  const count = columns.length;
  const now = ms[row] ?? 0;
  let rowBytes = TIME_WIDTH;
  for (let column = 0; column < count; column++) {
    const { words } = columns[column] ?? last;
    if (!isNoValue(words, row)) copyBits(words, row, last.words, firstLast + column);
    const mode = modeWith(layout[column] ?? RAW, last.values[firstLast + column] ?? 0);
    layout[column] = mode;
    rowBytes += bytesOfRow(mode);
  }
  const room = bytesOfOpen(count) - fixedBytes(count);
  const capacity = Math.min(mostRows, 1 + Math.floor(room / rowBytes));
  view.setUint32(head + BEFORE_AT, before, true);
  view.setInt32(head + LATEST_AT, Math.max(latest, now), true);
  view.setInt32(head + FIRST_AT, now, true);
  view.setInt32(head + STEP_AT, LEAST_TIME_STEP, true);
  view.setUint8(head + ROWS_AT, 1);
  view.setUint8(head + CAPACITY_AT, (TIME_WIDTH << WIDTH_SHIFT) | capacity);
  let at = head + MODES_AT + count + TIME_WIDTH * (capacity - 1);
  for (let column = 0; column < count; column++) {
    const mode = (layout[column] ?? RAW) | SOME_ABSENT | WHOLE_FIRST;
    view.setUint8(head + MODES_AT + column, mode);
    view.setUint16(at, isNoValue((columns[column] ?? last).words, row) ? 1 : 0, true);
    const place = firstLast + column;
    if (mode & THOUSANDTHS) view.setFloat64(at + ABSENT_BYTES, thousandthsOf(last.values[place] ?? 0), true);
    else putBits(view, at + ABSENT_BYTES, last.words, place);
    at += bytesOfColumn(mode, capacity);
  }
}

/** Adds a row to an open chunk if it has room for one like it; else no row of it is changed. */
export function appendOpen(
  view: DataView,
  head: number,
  lastMs: number,
  { ms, columns }: RowColumns,
  row: number,
  last: NumberBits,
  firstLast: number,
): boolean {
  const place = view.getUint8(head + ROWS_AT);
  const capacity = view.getUint8(head + CAPACITY_AT) & ((1 << WIDTH_SHIFT) - 1);
  const now = ms[row] ?? 0;
  const step = now - lastMs;
  if (place >= capacity || step < LEAST_TIME_STEP || step > MOST_TIME_STEP) return false;
  const count = columns.length;
  const modes = head + MODES_AT;
  let at = modes + count;
  putStep(view, at + TIME_WIDTH * (place - 1), TIME_WIDTH, step - LEAST_TIME_STEP);
  at += TIME_WIDTH * (capacity - 1);
  for (let column = 0; column < count; column++) {
    const { values, words } = columns[column] ?? last;
    const mode = view.getUint8(modes + column);
    const isAbsent = isNoValue(words, row);
    if (isAbsent) view.setUint16(at, view.getUint16(at, true) | (1 << place), true);
    if ((mode & PLAIN) === RAW) putBits(view, at + ABSENT_BYTES + 8 * place, words, row);
    else {
      const width = widthOfSteps(mode);
      const taken = isAbsent ? 0 : stepOf(mode, last.values[firstLast + column] ?? 0, values[row] ?? 0);
      const above = taken - leastStep(mode);
      if (!(above >= 0 && above < (ABOVE[width] ?? 0))) return false;
      putStep(view, at + COLUMN_BYTES + width * (place - 1), width, above);
    }
    at += bytesOfColumn(mode, capacity);
  }
  for (let column = 0; column < count; column++) {
    const { words } = columns[column] ?? last;
    if (!isNoValue(words, row)) copyBits(words, row, last.words, firstLast + column);
  }
  view.setUint8(head + ROWS_AT, place + 1);
  if (now > view.getInt32(head + LATEST_AT, true)) view.setInt32(head + LATEST_AT, now, true);
  return true;
}

/** Puts into a layout how the columns of a chunk lie, wider where a row needs it that comes next. */
export function widenLayout(
  layout: Layout,
  view: DataView,
  head: number,
  columns: readonly NumberBits[],
  row: number,
  last: NumberBits,
  firstLast: number,
): void {
  for (let column = 0; column < layout.length; column++) {
    const mode = view.getUint8(head + MODES_AT + column) & PLAIN;
    const { values, words } = columns[column] ?? last;
    const value = values[row] ?? 0;
    layout[column] = isNoValue(words, row) ? mode : widened(mode, last.values[firstLast + column] ?? 0, value);
  }
}

function widened(mode: number, before: number, value: number): number {
  const kept = modeWith(mode, value);
  if (kept === RAW) return RAW;
  const step = stepOf(kept, before, value);
  const mayFall = (kept & FALLING) !== 0 || step < 0;
  const width = Math.max(widthOfSteps(kept), widthOfStep(step, mayFall));
  // Of another kind than before, or too far from it, it begins a chunk.
  if (!(width <= 4)) return kept;
  return STEPS | (kept & THOUSANDTHS) | (mayFall ? FALLING : 0) | (width - 1);
}

/** Of a column whose values lay so what has room for a value, too. */
function modeWith(mode: number, value: number): number {
  if (mode === RAW) return RAW;
  if ((mode & THOUSANDTHS) === 0 && isWhole(value)) return mode;
  return Number.isNaN(thousandthsOf(value)) ? RAW : mode | THOUSANDTHS;
}

/** NaN of a value that the mode does not tell. */
function stepOf(mode: number, before: number, value: number): number {
  if (mode & THOUSANDTHS) return thousandthsOf(value) - Math.round(before * 1_000);
  return isWhole(value) ? value - before : Number.NaN;
}

function bytesOfRow(mode: number): number {
  return mode === RAW ? 8 : widthOfSteps(mode);
}

function putBits(view: DataView, at: number, words: Uint32Array, place: number): void {
  view.setUint32(at, words[2 * place] ?? 0, true);
  view.setUint32(at + 4, words[2 * place + 1] ?? 0, true);
}

/** How columns lie next that lay raw, and turned out to be this in a closed chunk. */
export function openModeOf(closed: number): number {
  const plain = closed & PLAIN;
  return plain < RAW ? STEPS | FALLING : plain;
}
