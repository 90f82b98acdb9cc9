import type { ReadRows, SeriesRows } from "./read-samples.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { type RowScratch, withoutNaN } from "./row-scratch.ts";
import type { SeriesId } from "./series-index.ts";

/** Samples by series: those of the series at place i of a list are at [begins[i], begins[i + 1]), in ascending, distinct times. */
export interface SortedSamples {
  readonly begins: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** Rows of one column as they are read, sorted by series when all are there: three arrays, whatever the number of series. */
export class GatheredRows {
  readonly #placeOf: PlaceOf;
  readonly #count: number;
  readonly #scratch: RowScratch;
  #length = 0;
  /** Whether the rows are in the order of series and time already, as those of one sealed file are. */
  #isSorted = true;

  /** Of these series; rows of others are passed over. */
  constructor(series: Int32Array, scratch: RowScratch) {
    this.#placeOf = placesOf(series);
    this.#count = series.length;
    this.#scratch = scratch;
  }

  get length(): number {
    return this.#length;
  }

  /** With `skipsNaN` a NaN is no sample. */
  add(rows: ReadRows | SeriesRows, skipsNaN: boolean): void {
    if ("source" in rows) this.#addSeries(rows, skipsNaN);
    else this.#addRows(rows, skipsNaN);
  }

  #addSeries({ source, series }: SeriesRows, skipsNaN: boolean): void {
    const scratch = this.#scratch;
    for (const id of series) {
      const place = placeIn(this.#placeOf, id);
      if (place < 0) continue;
      const begin = this.#length;
      const copied = source.copy(id, scratch, begin);
      const end = skipsNaN ? withoutNaN(scratch, begin, copied) : copied;
      if (end === begin) continue;
      const { places, timesMs } = scratch;
      const lastPlace = begin === 0 ? -1 : (places[begin - 1] ?? -1);
      const isBehind = place > lastPlace || (place === lastPlace && isRising(timesMs, begin - 1, begin + 1));
      if (!isBehind || !isRising(timesMs, begin, end)) this.#isSorted = false;
      places.fill(place, begin, end);
      this.#length = end;
    }
  }

  #addRows({ first, end, series, ms, values, fromMs, toMs, hour }: ReadRows, skipsNaN: boolean): void {
    const scratch = this.#scratch;
    const beginMs = hour * HOUR_MS;
    scratch.reserve(this.#length + end - first, this.#length);
    const { places, timesMs: times, values: kept } = scratch;
    const placeOf = this.#placeOf;
    let length = this.#length;
    let lastPlace = length === 0 ? -1 : (places[length - 1] ?? -1);
    let lastTime = length === 0 ? Number.NEGATIVE_INFINITY : (times[length - 1] ?? 0);
    let isSorted = this.#isSorted;
    for (let row = first; row < end; row++) {
      const id = series[row] ?? 0;
      const sinceMs = ms[row] ?? 0;
      const place = placeIn(placeOf, id);
      const value = values[row] ?? 0;
      // biome-ignore lint/suspicious/noSelfCompare: the fastest test for NaN in a loop over every sample
      if (place < 0 || sinceMs < fromMs || sinceMs > toMs || (skipsNaN && value !== value)) continue;
      const time = beginMs + sinceMs;
      if (place < lastPlace || (place === lastPlace && time <= lastTime)) isSorted = false;
      places[length] = lastPlace = place;
      times[length] = lastTime = time;
      kept[length] = value;
      length++;
    }
    this.#isSorted = isSorted;
    this.#length = length;
  }

  /** In the scratch, but for where they begin. Of samples with one series and time the last that was added. */
  sorted(): SortedSamples {
    const length = this.#length;
    const { places, timesMs, values } = this.#scratch;
    const begins = new Uint32Array(this.#count + 1);
    for (let row = 0; row < length; row++) {
      const next = (places[row] ?? 0) + 1;
      begins[next] = (begins[next] ?? 0) + 1;
    }
    for (let place = 0; place < this.#count; place++) {
      begins[place + 1] = (begins[place + 1] ?? 0) + (begins[place] ?? 0);
    }
    if (this.#isSorted) return { begins, timesMs: timesMs.subarray(0, length), values: values.subarray(0, length) };
    this.#scratch.reserveSorted(length);
    const { sorted } = this.#scratch;
    const ends = begins.slice();
    for (let row = 0; row < length; row++) {
      const place = places[row] ?? 0;
      const target = ends[place] ?? 0;
      ends[place] = target + 1;
      sorted.timesMs[target] = timesMs[row] ?? 0;
      sorted.values[target] = values[row] ?? 0;
    }
    return risingRuns({ begins, ...sorted });
  }
}

/** Runs whose times do not rise are put in order, in their place, with one sample for each time. */
export function risingRuns(samples: SortedSamples): SortedSamples {
  const { begins, timesMs, values } = samples;
  const kept = new Uint32Array(begins.length);
  let target = 0;
  for (let place = 0; place + 1 < begins.length; place++) {
    const [begin, end] = [begins[place] ?? 0, begins[place + 1] ?? 0];
    kept[place] = target;
    if (isRising(timesMs, begin, end)) {
      if (target !== begin) {
        timesMs.copyWithin(target, begin, end);
        values.copyWithin(target, begin, end);
      }
      target += end - begin;
      continue;
    }
    const run = lastOfEachTime(timesMs.slice(begin, end), values.slice(begin, end));
    timesMs.set(run.timesMs, target);
    values.set(run.values, target);
    target += run.timesMs.length;
  }
  kept[begins.length - 1] = target;
  return { begins: kept, timesMs: timesMs.subarray(0, target), values: values.subarray(0, target) };
}

export function isRising(times: Float64Array, begin: number, end: number): boolean {
  for (let row = begin + 1; row < end; row++) if (!((times[row] ?? 0) > (times[row - 1] ?? 0))) return false;
  return true;
}

function lastOfEachTime(times: Float64Array, values: Float64Array) {
  const order = Uint32Array.from(times.keys()).sort(
    (left, right) => (times[left] ?? 0) - (times[right] ?? 0) || left - right,
  );
  const kept = order.filter((place, rank) => times[order[rank + 1] ?? -1] !== times[place]);
  return {
    timesMs: Float64Array.from(kept, (place) => times[place] ?? 0),
    values: Float64Array.from(kept, (place) => values[place] ?? 0),
  };
}

/** Where a series stands in a list: by an array, which is faster, unless it would be mostly empty. */
interface PlaceOf {
  readonly base: SeriesId;
  readonly table: Int32Array | undefined;
  readonly map: ReadonlyMap<SeriesId, number> | undefined;
}

function placesOf(series: Int32Array): PlaceOf {
  let [base, last] = [Number.POSITIVE_INFINITY, 0];
  for (const id of series) {
    if (id < base) base = id;
    if (id > last) last = id;
  }
  if (series.length === 0) base = 0;
  if (last - base > MOST_EMPTY * (series.length + 1)) {
    return { base: 0, table: undefined, map: new Map(Array.from(series, (id, place) => [id, place])) };
  }
  const table = new Int32Array(last - base + 1).fill(-1);
  for (const [place, id] of series.entries()) table[id - base] = place;
  return { base, table, map: undefined };
}

/** -1 of one that is not in the list. */
function placeIn({ base, table, map }: PlaceOf, id: SeriesId): number {
  return table === undefined ? (map?.get(id) ?? -1) : (table[id - base] ?? -1);
}

const MOST_EMPTY = 256;
