import type { ColumnBatch } from "./column-batch.ts";
import type { SeriesId } from "./series-index.ts";
import { IN_SLAB, type Slabs } from "./slabs.ts";
import { ABSENT, BYTES_OF_CODE, BYTES_OF_PAIR, NumberBits, SAME, valueAt, wholeAt, wordAt } from "./value-codes.ts";

/**
 * The rows of a series lie in chunks, each row whole in one. A chunk begins with the address of the next one and how many rows it has;
 * a row with the codes of its time and of each value, two in a byte, and behind them is what they say (`value-codes.ts`).
 */
export const CHUNK_HEAD = 5;
export const ROWS_AT = 4;

/** Of a time and so many values. */
export function codeBytes(columns: number): number {
  return (columns + 2) >> 1;
}

export interface WantedRows {
  readonly column: number;
  /** The span of their times, both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface Stream {
  readonly slabs: Slabs;
  readonly columns: number;
  /** Address of the first chunk. */
  readonly first: number;
  readonly rows: number;
}

const nan = new NumberBits(new Float64Array(1));

/** Adds one column of the rows whose time lies in the span to a batch that has room for all. */
export function readStream(
  { slabs, columns, first, rows }: Stream,
  { column, fromMs, toMs }: WantedRows,
  id: SeriesId,
  batch: ColumnBatch,
): void {
  const codes = codeBytes(columns);
  const before = (column + 1) >> 1;
  const isSecond = (column & 1) === 0;
  const { ms: times, values } = batch;
  let length = batch.length;
  let [ms, step, value, chunk] = [0, 0, 0, first];
  for (let left = rows; left > 0; ) {
    const bytes = slabs.at(chunk);
    const head = chunk & IN_SLAB;
    const here = bytes[head + ROWS_AT] ?? 0;
    if (here === 0) throw new RangeError(`${left} of ${rows} rows are nowhere`);
    const rest = left - Math.min(left, here);
    chunk = wordAt(bytes, head, ROWS_AT);
    for (let row = head + CHUNK_HEAD; left > rest; left--) {
      let at = row + codes;
      const ofTime = (bytes[row] ?? 0) & 15;
      if (ofTime !== SAME) step += wholeAt(bytes, at, ofTime);
      ms += step;
      for (const end = row + before; row < end; row++) at += BYTES_OF_PAIR[bytes[row] ?? 0] ?? 0;
      const pair = bytes[row] ?? 0;
      const code = isSecond ? pair >> 4 : pair & 15;
      if (code !== SAME && code !== ABSENT) {
        value = valueAt(bytes, isSecond ? at + (BYTES_OF_CODE[pair & 15] ?? 0) : at, code, value, nan);
      }
      for (const end = row + codes - before; row < end; row++) at += BYTES_OF_PAIR[bytes[row] ?? 0] ?? 0;
      row = at;
      if (ms < fromMs || ms > toMs) continue;
      times[length] = ms;
      values[length] = code === ABSENT ? Number.NaN : value;
      if (code !== ABSENT && Number.isNaN(value)) batch.putBits(length, nan);
      length++;
    }
  }
  batch.series.fill(id, batch.length, length);
  batch.length = length;
}
