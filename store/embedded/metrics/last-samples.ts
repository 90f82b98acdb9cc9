import { giveBack } from "../../../core/array-memory.ts";

/** The newest sample of every series of one shape, by column: what rules and pages ask for most, without asking the tables. */
export class LastSamples {
  readonly #columns: readonly Column[];
  #capacity = 0;

  constructor(columns: number) {
    this.#columns = Array.from({ length: columns }, () => ({ timesMs: NO_NUMBERS, values: NO_NUMBERS }));
  }

  /** Of what comes late only the later counts; of two with one time, the last that is put. */
  put(column: number, place: number, at: number, value: number): void {
    if (place >= this.#capacity) this.#grow(place);
    const { timesMs, values } = this.#columnAt(column);
    if (at < (timesMs[place] ?? 0)) return;
    timesMs[place] = at;
    values[place] = value;
  }

  /** Minus infinity when no sample was put. */
  timeOf(column: number, place: number): number {
    return this.#columnAt(column).timesMs[place] ?? Number.NEGATIVE_INFINITY;
  }

  valueOf(column: number, place: number): number {
    return this.#columnAt(column).values[place] ?? Number.NaN;
  }

  /** The sample at each new place is the one at the old place that the list has there. */
  rearrange(oldPlaces: readonly number[]): void {
    this.#capacity = Math.max(FIRST_PLACES, oldPlaces.length);
    for (const column of this.#columns) {
      const before = { ...column };
      column.timesMs = new Float64Array(this.#capacity).fill(Number.NEGATIVE_INFINITY);
      column.values = new Float64Array(this.#capacity);
      for (const [place, old] of oldPlaces.entries()) {
        column.timesMs[place] = before.timesMs[old] ?? Number.NEGATIVE_INFINITY;
        column.values[place] = before.values[old] ?? 0;
      }
    }
  }

  #columnAt(column: number): Column {
    const found = this.#columns[column];
    if (found === undefined) throw new RangeError(`no column ${column}`);
    return found;
  }

  #grow(place: number): void {
    const capacity = Math.max(FIRST_PLACES, 2 * this.#capacity, place + 1);
    for (const column of this.#columns) {
      const { timesMs, values } = column;
      column.timesMs = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
      column.values = new Float64Array(capacity);
      column.timesMs.set(timesMs);
      column.values.set(values);
      giveBack([timesMs, values]);
    }
    this.#capacity = capacity;
  }
}

interface Column {
  timesMs: Float64Array;
  values: Float64Array;
}

const NO_NUMBERS = new Float64Array(0);
const FIRST_PLACES = 8;
