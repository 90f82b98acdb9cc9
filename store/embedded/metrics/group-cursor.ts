import type { HourSpan } from "./read-samples.ts";
import { HOUR_MS } from "./row-buffer.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { GroupRows } from "./sealed-cache.ts";
import type { SeriesId } from "./series-index.ts";

/** Rows of one column that lie in memory by series, those of each in the order they came. */
export interface RowsBySeries {
  /**
   * Puts the rows of a series behind the first `length` of the scratch; answers how many there are then. Ascending series are found
   * fastest.
   */
  copy(series: SeriesId, scratch: RowScratch, length: number): number;
}

/** Looks further than so many rows ahead are made by halves. */
const NEAR_ROWS = 32;

/** Goes through row groups of a sealed file, which are in the order of series and time. */
export class GroupCursor implements RowsBySeries {
  readonly #groups: readonly GroupRows[];
  readonly #span: HourSpan;
  #group = 0;
  #row = 0;
  #last: SeriesId = 0;

  constructor(groups: readonly GroupRows[], span: HourSpan) {
    this.#groups = groups;
    this.#span = span;
  }

  copy(series: SeriesId, scratch: RowScratch, length: number): number {
    if (series < this.#last) [this.#group, this.#row] = [0, 0];
    this.#last = series;
    let total = length;
    for (; this.#group < this.#groups.length; this.#group++, this.#row = 0) {
      const rows = this.#groups[this.#group];
      if (rows === undefined) break;
      const begin = firstNotBelow(rows.series, series, this.#row);
      let end = begin;
      while (rows.series[end] === series) end++;
      this.#row = end;
      total = this.#copyRows(rows, { begin, end }, scratch, total);
      // The next group may go on with the series.
      if (end < rows.series.length) break;
    }
    return total;
  }

  #copyRows(
    { ms, values }: GroupRows,
    { begin, end }: { readonly begin: number; readonly end: number },
    scratch: RowScratch,
    length: number,
  ): number {
    const { fromMs, toMs, hour } = this.#span;
    const beginMs = hour * HOUR_MS;
    scratch.reserve(length + end - begin, length);
    const { timesMs, values: kept } = scratch;
    let at = length;
    for (let row = begin; row < end; row++) {
      const sinceMs = ms[row] ?? 0;
      if (sinceMs < fromMs || sinceMs > toMs) continue;
      timesMs[at] = beginMs + sinceMs;
      kept[at++] = values[row] ?? 0;
    }
    return at;
  }
}

function firstNotBelow(ascending: Int32Array, wanted: number, from: number): number {
  let low = from;
  for (const near = low + NEAR_ROWS; low < near; low++) if (!((ascending[low] ?? wanted) < wanted)) return low;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
