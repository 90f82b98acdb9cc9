import { bytesOfColumn, MOST_COLUMN_BYTES, MOST_ROWS, putColumn, readColumn } from "./column-modes.ts";
import type { RowBatch, SampleRoom, WantedRows } from "./open-rows.ts";
import { IN_SLAB, type Slabs } from "./slabs.ts";
import { addSteps, putSteps, widthOf } from "./steps.ts";

/**
 * Rows of a series column by column, so that one can be read without the others. A chunk begins with the address of the one before, the
 * latest time of all rows up to its own, the time of its first row, the least step of times, how many rows it has, and how many bytes a
 * step has; then come the modes of the columns (`column-modes.ts`), the steps of times, and the columns.
 */
const BEFORE_AT = 0;
const LATEST_AT = 4;
const FIRST_AT = 8;
const STEP_AT = 12;
/** How many bytes a step has, above how many rows there are. */
const SIZES_AT = 16;
const ROWS = 31;
const WIDTH_SHIFT = 5;
const MODES_AT = 17;
const MOST_TIME_BYTES = 4 * MOST_ROWS;

/** No chunk has this address. */
export const NO_CHUNK = 0;

/** Writes chunks in a place of its own. */
export class ChunkWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(columns: number) {
    this.bytes = new Uint8Array(MODES_AT + columns + MOST_TIME_BYTES + columns * MOST_COLUMN_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Of rows, which are gone after it; answers how many bytes it takes. `latestBefore`: of the rows before. */
  write({ times, columns }: RowBatch, rows: number, before: number, latestBefore: number): number {
    const view = this.#view;
    let [latest, least, most] = [Math.max(latestBefore, times[0] ?? 0), Number.POSITIVE_INFINITY, 0];
    for (let row = 1; row < rows; row++) {
      const step = (times[row] ?? 0) - (times[row - 1] ?? 0);
      least = Math.min(least, step);
      most = Math.max(most, step);
      latest = Math.max(latest, times[row] ?? 0);
    }
    if (rows === 1) least = 0;
    const width = widthOf(Math.max(most - least, 0));
    view.setUint32(BEFORE_AT, before, true);
    view.setInt32(LATEST_AT, latest, true);
    view.setInt32(FIRST_AT, times[0] ?? 0, true);
    view.setInt32(STEP_AT, least, true);
    view.setUint8(SIZES_AT, (width << WIDTH_SHIFT) | rows);
    let at = MODES_AT + columns.length;
    putSteps(view, at, { width, least }, times, rows);
    at += width * (rows - 1);
    for (let column = 0; column < columns.length; column++) {
      const values = columns[column];
      if (values === undefined) continue;
      const mode = putColumn(view, at, values, rows);
      view.setUint8(MODES_AT + column, mode);
      at += bytesOfColumn(mode, rows);
    }
    return at;
  }
}

/** The latest time of the rows up to the chunk's. */
export function latestOf(slabs: Slabs, chunk: number): number {
  return slabs.viewAt(chunk).getInt32((chunk & IN_SLAB) + LATEST_AT, true);
}

/** Puts chunks that may have rows in the span, the last one first, into a list; answers how many. */
export function chunksInSpan(slabs: Slabs, last: number, { fromMs, toMs }: WantedRows, chunks: number[]): number {
  let count = 0;
  for (let chunk = last; chunk !== NO_CHUNK; ) {
    const view = slabs.viewAt(chunk);
    const head = chunk & IN_SLAB;
    if (view.getInt32(head + LATEST_AT, true) < fromMs) break;
    const isRising = view.getInt32(head + STEP_AT, true) >= 0;
    if (!isRising || view.getInt32(head + FIRST_AT, true) <= toMs) chunks[count++] = chunk;
    chunk = view.getUint32(head + BEFORE_AT, true);
  }
  return count;
}

/** Puts one column of the rows in the span to `begin`, where there is room for `MOST_ROWS`; answers where they end. */
export function readChunk(
  slabs: Slabs,
  chunk: number,
  columns: number,
  wanted: WantedRows,
  room: SampleRoom,
  begin: number,
): number {
  const view = slabs.viewAt(chunk);
  const head = chunk & IN_SLAB;
  const sizes = view.getUint8(head + SIZES_AT);
  const [rows, width] = [sizes & ROWS, sizes >>> WIDTH_SHIFT];
  const step = view.getInt32(head + STEP_AT, true);
  const first = view.getInt32(head + FIRST_AT, true);
  const { column, fromMs, toMs, beginMs } = wanted;
  const { timesMs } = room;
  const end = begin + rows;
  const modes = head + MODES_AT;
  let at = modes + columns;
  addSteps(view, at, width, step, beginMs + first, timesMs, begin, end);
  const isRising = step >= 0;
  const last = (timesMs[end - 1] ?? 0) - beginMs;
  if (isRising && (last < fromMs || first > toMs)) return begin;
  at += width * (rows - 1);
  for (let mode = modes; mode < modes + column; mode++) at += bytesOfColumn(view.getUint8(mode), rows);
  readColumn(view, at, view.getUint8(modes + column), room, begin, end);
  return isRising && first >= fromMs && last <= toMs ? end : withinSpan(wanted, room, begin, end);
}

/** Only the rows in the span stay, beside each other. */
function withinSpan({ fromMs, toMs, beginMs }: WantedRows, room: SampleRoom, begin: number, end: number): number {
  const { timesMs, words } = room;
  let kept = begin;
  for (let row = begin; row < end; row++) {
    const ms = (timesMs[row] ?? 0) - beginMs;
    if (ms < fromMs || ms > toMs) continue;
    timesMs[kept] = timesMs[row] ?? 0;
    words[2 * kept] = words[2 * row] ?? 0;
    words[2 * kept + 1] = words[2 * row + 1] ?? 0;
    kept++;
  }
  return kept;
}
