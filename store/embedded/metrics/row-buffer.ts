import { giveBack } from "../../../core/array-memory.ts";
import type { SeriesId } from "./series-index.ts";
import { NARROW_TABLE, type Shape } from "./shapes.ts";

export const HOUR_MS = 3_600_000;

const FIRST_ROWS = 1_024;

/**
 * Rows of one table and hour in the order they came, column by column, as they are appended. A column that a row has no value
 * of is NaN: line protocol has none. (Narrow rows always have their one value, which may be NaN.)
 */
export class RowBuffer {
  readonly table: string;
  readonly columns: readonly string[];
  readonly hour: number;
  #capacity: number;
  series: Int32Array;
  /** From the beginning of the hour. */
  ms: Int32Array;
  readonly values: Float64Array[];
  length = 0;

  /** Room for `rows` at first. */
  constructor({ table, columns }: Pick<Shape, "table" | "columns">, hour: number, rows = FIRST_ROWS) {
    this.table = table;
    this.columns = columns;
    this.hour = hour;
    this.#capacity = Math.max(FIRST_ROWS, rows);
    this.series = new Int32Array(this.#capacity);
    this.ms = new Int32Array(this.#capacity);
    this.values = columns.map(() => new Float64Array(this.#capacity));
  }

  /** It is of no use after it. */
  giveBack(): void {
    giveBack([this.series, this.ms, ...this.values]);
  }

  /** Adds a row without values; returns its place. */
  add(series: SeriesId, at: number): number {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.series[row] = series;
    this.ms[row] = at - this.hour * HOUR_MS;
    for (const column of this.values) column[row] = Number.NaN;
    return row;
  }

  put(row: number, column: number, value: number): void {
    const values = this.values[column];
    if (values === undefined) throw new RangeError(`no column ${column} in ${this.table}`);
    values[row] = value;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.series = grown(this.series, new Int32Array(this.#capacity));
    this.ms = grown(this.ms, new Int32Array(this.#capacity));
    for (const [column, values] of this.values.entries()) {
      this.values[column] = grown(values, new Float64Array(this.#capacity));
    }
  }
}

/** Values of its rows that are there. */
export function samplesIn({ table, length, values }: RowBuffer): number {
  if (table === NARROW_TABLE) return length;
  return values.reduce(
    (sum, column) => sum + column.subarray(0, length).filter((value) => !Number.isNaN(value)).length,
    0,
  );
}

function grown<Numbers extends Int32Array | Float64Array>(before: Numbers, after: Numbers): Numbers {
  after.set(before);
  giveBack([before]);
  return after;
}
