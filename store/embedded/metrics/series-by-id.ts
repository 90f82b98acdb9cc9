import type { RowSeries, SeriesId } from "./series-index.ts";

const PAGE = 1_024;

/** Series by their id. Ids grow for years, and few of the old ones are left: pages without a series are not there. */
export class SeriesById {
  readonly #pages = new Map<number, { readonly series: (RowSeries | undefined)[]; count: number }>();

  get(id: SeriesId): RowSeries | undefined {
    return this.#pages.get(Math.floor(id / PAGE))?.series[id % PAGE];
  }

  set(series: RowSeries): void {
    const number = Math.floor(series.id / PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { series: new Array(PAGE).fill(undefined), count: 0 };
      this.#pages.set(number, page);
    }
    if (page.series[series.id % PAGE] === undefined) page.count++;
    page.series[series.id % PAGE] = series;
  }

  delete(id: SeriesId): void {
    const page = this.#pages.get(Math.floor(id / PAGE));
    if (page?.series[id % PAGE] === undefined) return;
    page.series[id % PAGE] = undefined;
    page.count--;
    if (page.count === 0) this.#pages.delete(Math.floor(id / PAGE));
  }

  *[Symbol.iterator](): Iterator<RowSeries> {
    for (const { series } of this.#pages.values()) for (const one of series) if (one !== undefined) yield one;
  }
}
