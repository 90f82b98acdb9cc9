import { FoundChunks } from "./found-chunks.ts";
import type { RowsBySeries } from "./group-cursor.ts";
import type { RecentRows } from "./recent-rows.ts";
import type { WantedRows } from "./row-chunk.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";

/** One column of rows that are not sealed yet; their memory stays until it is closed. */
export class RecentCursor implements RowsBySeries {
  readonly #rows: RecentRows;
  readonly #wanted: WantedRows;
  /** Series in the order they are going to be asked for, and the place of the next one. */
  readonly #series: Int32Array;
  #place = 0;
  /** Of those in [#foundFrom, #foundEnd), as they were after so many changes. */
  readonly #found = new FoundChunks();
  #foundFrom = 0;
  #foundEnd = 0;
  #changes = -1;

  constructor(rows: RecentRows, wanted: WantedRows, series: Int32Array) {
    this.#rows = rows;
    this.#wanted = wanted;
    this.#series = series;
    rows.enter();
  }

  copy(series: SeriesId, scratch: RowScratch, length: number): number {
    if (this.#series[this.#place] !== series) return this.#rows.copy(series, this.#wanted, scratch, length);
    if (this.#place >= this.#foundEnd || this.#changes !== this.#rows.changes) this.#find();
    const one = this.#place++ - this.#foundFrom;
    return this.#rows.copyFound(this.#found, one, this.#wanted, scratch, length);
  }

  /** Whether a series has any row; with `skipsNaN`, any whose value is a number. */
  has(series: SeriesId, skipsNaN: boolean): boolean {
    return this.#rows.has(series, this.#wanted, skipsNaN);
  }

  close(): void {
    this.#rows.leave();
  }

  #find(): void {
    this.#changes = this.#rows.changes;
    this.#foundFrom = this.#place;
    this.#foundEnd = this.#place + this.#rows.find(this.#series, this.#place, this.#wanted, this.#found);
  }
}
