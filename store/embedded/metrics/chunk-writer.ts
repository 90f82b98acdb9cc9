import { bytesOfColumn, MOST_COLUMN_BYTES, MOST_ROWS, putColumn } from "./column-modes.ts";
import {
  BEFORE_AT,
  CAPACITY_AT,
  FIRST_AT,
  LATEST_AT,
  MODES_AT,
  ROWS_AT,
  type RowBatch,
  STEP_AT,
  WIDTH_SHIFT,
} from "./row-chunk.ts";
import { putSteps, widthOf } from "./steps.ts";

const MOST_TIME_BYTES = 4 * MOST_ROWS;

/** Writes chunks, as small as may be, in a place of its own. */
export class ChunkWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(columns: number) {
    this.bytes = new Uint8Array(MODES_AT + columns + MOST_TIME_BYTES + columns * MOST_COLUMN_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Of rows, which are gone after it; answers how many bytes it takes. `latest`: of these and the rows before. */
  write(
    { times, columns }: RowBatch,
    rows: number,
    { before, latest }: { readonly before: number; readonly latest: number },
  ): number {
    const view = this.#view;
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 1; row < rows; row++) {
      const step = (times[row] ?? 0) - (times[row - 1] ?? 0);
      if (step < least) least = step;
      if (step > most) most = step;
    }
    if (rows === 1) least = most = 0;
    const width = widthOf(most - least);
    view.setUint32(BEFORE_AT, before, true);
    view.setInt32(LATEST_AT, latest, true);
    view.setInt32(FIRST_AT, times[0] ?? 0, true);
    view.setInt32(STEP_AT, least, true);
    view.setUint8(ROWS_AT, rows);
    view.setUint8(CAPACITY_AT, (width << WIDTH_SHIFT) | rows);
    let at = MODES_AT + columns.length;
    putSteps(view, at, { width, least }, times, rows);
    at += width * (rows - 1);
    for (let column = 0; column < columns.length; column++) {
      const values = columns[column];
      if (values === undefined) break;
      const mode = putColumn(view, at, values, rows);
      view.setUint8(MODES_AT + column, mode);
      at += bytesOfColumn(mode, rows);
    }
    return at;
  }

  modeOf(column: number): number {
    return this.bytes[MODES_AT + column] ?? 0;
  }
}
