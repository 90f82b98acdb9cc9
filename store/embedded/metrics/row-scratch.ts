import { giveBack } from "../../../core/array-memory.ts";

/** Memory for the rows of one question at a time, by column. */
export class RowScratch {
  /** Where in a list of series each row's stands. */
  places = new Int32Array(FIRST_ROWS);
  timesMs = new Float64Array(FIRST_ROWS);
  values = new Float64Array(FIRST_ROWS);
  /** Their bits: as a number a NaN may lose some. */
  words = new Uint32Array(this.values.buffer);
  /** The same in order, when they were not. */
  sorted = { timesMs: new Float64Array(0), values: new Float64Array(0) };

  get rows(): number {
    return this.places.length;
  }

  /** Room for so many rows; the first `kept` stay. */
  reserve(rows: number, kept: number): void {
    if (rows <= this.rows) return;
    const room = Math.max(rows, 2 * this.rows);
    const { places, timesMs, values } = this;
    this.places = new Int32Array(room);
    this.timesMs = new Float64Array(room);
    this.values = new Float64Array(room);
    this.words = new Uint32Array(this.values.buffer);
    this.places.set(places.subarray(0, kept));
    this.timesMs.set(timesMs.subarray(0, kept));
    this.values.set(values.subarray(0, kept));
    giveBack([places, timesMs, values]);
  }

  reserveSorted(rows: number): void {
    if (rows <= this.sorted.values.length) return;
    const { timesMs, values } = this.sorted;
    this.sorted = { timesMs: new Float64Array(this.rows), values: new Float64Array(this.rows) };
    giveBack([timesMs, values]);
  }

  giveBack(): void {
    giveBack([this.places, this.timesMs, this.values, this.sorted.timesMs, this.sorted.values]);
  }
}

/** A column that a row has no value of is NaN: rows from `begin` to before `end` stay if they have one; answers where they end. */
export function withoutNaN({ timesMs, values }: RowScratch, begin: number, end: number): number {
  let kept = begin;
  for (let row = begin; row < end; row++) {
    const value = values[row] ?? 0;
    // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN in a loop over every sample
    if (value !== value) continue;
    if (kept !== row) {
      timesMs[kept] = timesMs[row] ?? 0;
      values[kept] = value;
    }
    kept++;
  }
  return kept;
}

const FIRST_ROWS = 65_536;
/** A larger one is given back: 36 bytes a row. */
const MOST_KEPT_ROWS = 2_000_000;
const MOST_KEPT = 3;

/**
 * Lends scratch memory. Made anew for each question, it would be some megabytes that lie outside of the heap, and a few of them make
 * the runtime collect all of it.
 */
export class ScratchPool {
  readonly #free: RowScratch[] = [];

  /** Nothing of the scratch may be kept. */
  async lend<T>(use: (scratch: RowScratch) => Promise<T>): Promise<T> {
    const scratch = this.#free.pop() ?? new RowScratch();
    try {
      return await use(scratch);
    } finally {
      if (scratch.rows <= MOST_KEPT_ROWS && this.#free.length < MOST_KEPT) this.#free.push(scratch);
      else scratch.giveBack();
    }
  }
}
