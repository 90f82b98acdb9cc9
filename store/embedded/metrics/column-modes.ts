import { isNoValue, NumberBits, putNoValue } from "./number-bits.ts";
import { addSteps, putSteps, widthOf } from "./steps.ts";

/**
 * How the values of one column lie in a closed chunk, all in one way:
 *
 *  0-4          all have the same bits, of which the 0, 2, 4, 6 or 8 highest bytes are there
 *  5            8 bytes each
 *  8-11         the first, and steps (`steps.ts`) that are whole and do not fall, of 1 to 4 bytes
 *  12-15        the same with steps that may fall
 *  24-31        the same as 8-15 in thousandths
 *
 * and 32 more when some, but not all, are the NaN that stands for no value: which are is told before, a bit each, and the others lie as
 * if it were the one before them. Of a first value the 2, 4, 6 or 8 highest bytes are there: 0, 64, 128 or 192 more. A way is taken only
 * if it gives back every bit.
 */
export const RAW = 5;
export const STEPS = 8;
export const FALLING = 4;
export const THOUSANDTHS = 16;
export const SOME_ABSENT = 32;
export const PLAIN = 31;
const FIRST_SHIFT = 6;
export const WHOLE_FIRST = 3 << FIRST_SHIFT;
const MODES = 256;

/** Of a chunk. */
export const MOST_ROWS = 16;
export const ABSENT_BYTES = MOST_ROWS / 8;

/** Where values are wanted: numbers, and their words. */
export interface ValueRoom {
  readonly values: Float64Array;
  readonly words: Uint32Array;
}

/** What a column takes of each mode is a number of bytes and some for each row. */
const BYTES = new Int8Array(MODES);
const ROW_BYTES = new Uint8Array(MODES);
for (let mode = 0; mode < MODES; mode++) {
  const plain = mode & PLAIN;
  const width = plain & STEPS ? widthOfSteps(plain) : 0;
  ROW_BYTES[mode] = plain === RAW ? 8 : width;
  const ofFirst = width > 0 ? bytesOfFirst(mode) - width : plain < RAW ? 2 * plain : 0;
  BYTES[mode] = (mode & SOME_ABSENT ? ABSENT_BYTES : 0) + ofFirst;
}

export function bytesOfColumn(mode: number, rows: number): number {
  return (BYTES[mode] ?? 0) + (ROW_BYTES[mode] ?? 0) * rows;
}

/** At most so many. */
export const MOST_COLUMN_BYTES = ABSENT_BYTES + 8 * MOST_ROWS;

/** Writes the first values of a column, which are not the same after it where there are none; answers the mode. */
export function putColumn(view: DataView, at: number, column: NumberBits, rows: number): number {
  const absent = fillAbsent(column.words, rows);
  if (absent === 0) return putValues(view, at, column, rows);
  view.setUint16(at, absent, true);
  return SOME_ABSENT | putValues(view, at + ABSENT_BYTES, column, rows);
}

/** Reads what `putColumn` wrote, to places from `begin` to before `end`. */
export function readColumn(
  view: DataView,
  at: number,
  mode: number,
  { values, words }: ValueRoom,
  begin: number,
  end: number,
): void {
  const plain = mode & PLAIN;
  const areAllThere = (mode & SOME_ABSENT) === 0;
  const from = areAllThere ? at : at + ABSENT_BYTES;
  if (plain < RAW) fillHighest(view, from, 2 * plain, words, begin, end);
  else if (plain === RAW) {
    for (let word = 2 * begin, byte = from; word < 2 * end; word++, byte += 4) words[word] = view.getUint32(byte, true);
  } else {
    const ofFirst = bytesOfFirst(mode);
    fillHighest(view, from, ofFirst, words, begin, begin + 1);
    const width = widthOfSteps(plain);
    addSteps(view, from + ofFirst, width, leastStep(plain), values, begin, end);
    if (plain & THOUSANDTHS) for (let place = begin; place < end; place++) values[place] = (values[place] ?? 0) / 1_000;
  }
  const absent = areAllThere ? 0 : view.getUint16(at, true);
  if (absent === 0) return;
  for (let place = begin; place < end; place++) if ((absent >>> (place - begin)) & 1) putNoValue(words, place);
}

/** Which are no values, a bit each; none when all are. Those have the bits of a neighbour then. */
function fillAbsent(words: Uint32Array, rows: number): number {
  let [absent, present] = [0, -1];
  for (let row = rows - 1; row >= 0; row--) {
    if (isNoValue(words, row)) absent |= 1 << row;
    else present = row;
  }
  if (absent === 0 || present < 0) return 0;
  for (let row = 0; row < rows; row++) {
    if (((absent >>> row) & 1) === 0) present = row;
    words[2 * row] = words[2 * present] ?? 0;
    words[2 * row + 1] = words[2 * present + 1] ?? 0;
  }
  return absent;
}

const thousandths = new NumberBits(new Float64Array(MOST_ROWS));

function putValues(view: DataView, at: number, column: NumberBits, rows: number): number {
  const { values, words } = column;
  if (areSame(words, rows)) return putHighest(view, at, words) / 2;
  const whole = stepsMode(values, rows);
  if (whole > 0) return putFirstAndSteps(view, at, whole, column, rows);
  const inThousandths = areThousandths(values, rows) ? stepsMode(thousandths.values, rows) : 0;
  if (inThousandths > 0) return THOUSANDTHS | putFirstAndSteps(view, at, inThousandths, thousandths, rows);
  for (let word = 0; word < 2 * rows; word++) view.setUint32(at + 4 * word, words[word] ?? 0, true);
  return RAW;
}

function areSame(words: Uint32Array, rows: number): boolean {
  for (let word = 2; word < 2 * rows; word++) if (words[word] !== words[word & 1]) return false;
  return true;
}

/** Answers how many bytes are needed, the low ones being zeros: an even number. */
function putHighest(view: DataView, at: number, [low = 0, high = 0]: Uint32Array): number {
  if (low === 0 && (high & 0xffff) === 0) {
    view.setUint16(at, high >>> 16, true);
    return high === 0 ? 0 : 2;
  }
  const ofLow = low === 0 ? 0 : (low & 0xffff) === 0 ? 2 : 4;
  if (ofLow === 2) view.setUint16(at, low >>> 16, true);
  else if (ofLow === 4) view.setUint32(at, low, true);
  view.setUint32(at + ofLow, high, true);
  return ofLow + 4;
}

function fillHighest(view: DataView, at: number, bytes: number, words: Uint32Array, begin: number, end: number): void {
  const high = bytes === 0 ? 0 : bytes === 2 ? view.getUint16(at, true) << 16 : view.getUint32(at + bytes - 4, true);
  const low = bytes < 6 ? 0 : bytes === 6 ? view.getUint16(at, true) << 16 : view.getUint32(at, true);
  for (let word = 2 * begin; word < 2 * end; word += 2) {
    words[word] = low;
    words[word + 1] = high;
  }
}

/** 0 when steps do not tell the numbers. */
function stepsMode(numbers: Float64Array, rows: number): number {
  let [least, most, before] = [0, 0, numbers[0] ?? 0];
  if (!isWhole(before)) return 0;
  for (let row = 1; row < rows; row++) {
    const number = numbers[row] ?? 0;
    if (!isWhole(number)) return 0;
    const step = number - before;
    if (step < least) least = step;
    else if (step > most) most = step;
    before = number;
  }
  const needed = Math.max(widthOfStep(least, least < 0), widthOfStep(most, least < 0));
  return needed > 4 ? 0 : STEPS + (least < 0 ? FALLING : 0) + needed - 1;
}

/** They are in `thousandths` then. */
function areThousandths(numbers: Float64Array, rows: number): boolean {
  for (let row = 0; row < rows; row++) {
    const told = thousandthsOf(numbers[row] ?? 0);
    if (Number.isNaN(told)) return false;
    thousandths.values[row] = told;
  }
  return true;
}

/** Whole, and told by any sum that makes it. */
export function isWhole(value: number): boolean {
  return Math.trunc(value) === value && Math.abs(value) <= Number.MAX_SAFE_INTEGER && (value !== 0 || 1 / value > 0);
}

/** NaN of a value that thousandths do not give back. */
export function thousandthsOf(value: number): number {
  const told = Math.round(value * 1_000);
  return told / 1_000 === value && isWhole(told) ? told : Number.NaN;
}

/** In how many bytes a step is told: 5 of one that is too large. */
export function widthOfStep(step: number, mayFall: boolean): number {
  const above = mayFall ? 2 * (step < 0 ? -step - 1 : step) : step;
  return above < 2 ** 32 ? Math.max(1, widthOf(above)) : 5;
}

function putFirstAndSteps(view: DataView, at: number, mode: number, column: NumberBits, rows: number): number {
  const first = Math.max(2, putHighest(view, at, column.words));
  const width = widthOfSteps(mode);
  const least = leastStep(mode);
  putSteps(view, at + first, { width, least }, column.values, rows);
  return mode | ((first / 2 - 1) << FIRST_SHIFT);
}

export function widthOfSteps(mode: number): number {
  return (mode & 3) + 1;
}

function bytesOfFirst(mode: number): number {
  return 2 * (mode >>> FIRST_SHIFT) + 2;
}

export function leastStep(mode: number): number {
  return mode & FALLING ? -1 << (8 * widthOfSteps(mode) - 1) : 0;
}
