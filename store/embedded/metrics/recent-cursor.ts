import type { RowsBySeries } from "./group-cursor.ts";
import type { RecentRows } from "./recent-rows.ts";
import type { WantedRows } from "./row-chunk.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";

/** One column of rows that are not sealed yet; their memory stays until it is closed. */
export class RecentCursor implements RowsBySeries {
  readonly #rows: RecentRows;
  readonly #wanted: WantedRows;

  constructor(rows: RecentRows, wanted: WantedRows) {
    this.#rows = rows;
    this.#wanted = wanted;
    rows.enter();
  }

  copy(series: SeriesId, scratch: RowScratch, length: number): number {
    return this.#rows.copy(series, this.#wanted, scratch, length);
  }

  /** Whether a series has any row; with `skipsNaN`, any whose value is a number. */
  has(series: SeriesId, skipsNaN: boolean): boolean {
    return this.#rows.has(series, this.#wanted, skipsNaN);
  }

  close(): void {
    this.#rows.leave();
  }
}
