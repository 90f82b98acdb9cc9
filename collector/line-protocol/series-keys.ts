import { randomInt } from "node:crypto";
import { putBytes, wordsFor } from "./byte-words.ts";
import { FieldKeys } from "./field-keys.ts";
import { KnownSeries } from "./known-series.ts";
import type { SeriesKey } from "./line.ts";
import { LineColumns } from "./line-columns.ts";

export interface SeriesKeysLimits {
  readonly series: number;
  /** About what series and field keys take in memory. */
  readonly bytes: number;
}

const LIMITS: SeriesKeysLimits = { series: 200_000, bytes: 64 * 1024 * 1024 };
/** Of series that come ten to a line, or some to a short one. */
const BYTES_PER_SERIES = 100;
/** What a series takes besides the bytes of its key. */
const SERIES_BYTES = 150;
const ARENA_WORDS = 16 * 1024;
const FIRST_SLOTS = 256;

/** Where the key of a series stands in a body, a space behind it, and the hash of its bytes. */
export interface KeyPlace {
  readonly start: number;
  readonly end: number;
  readonly hash: number;
}

/**
 * Series by their bytes. Shared between bodies, it saves decoding what was decoded before: a host sends the same series
 * with the same fields in the same order again and again. Bounded in number and bytes: forgotten all at once when full, and the series still
 * written come back.
 */
export class SeriesKeys {
  /** Where hashes begin: nobody outside can make many keys meet in one place of the table. */
  readonly hashBegin: number;
  readonly #limits: SeriesKeysLimits;
  #slots: (KnownSeries | undefined)[] = newSlots(FIRST_SLOTS);
  #size = 0;
  #arena = new Int32Array(0);
  #arenaEnd = 0;
  readonly #fieldKeys = new Map<string, FieldKeys>();
  #heldBytes = 0;
  #columns: LineColumns | undefined;

  constructor(limits: SeriesKeysLimits = LIMITS, hashBegin = randomInt(2 ** 31)) {
    this.#limits = limits;
    this.hashBegin = hashBegin;
  }

  /** Enough for what a store takes that many series of (fields of a line count each). */
  static forSeries(series: number): SeriesKeys {
    return new SeriesKeys({
      series: Math.max(LIMITS.series, series),
      bytes: Math.max(LIMITS.bytes, BYTES_PER_SERIES * series),
    });
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** For one reader at a time; others make their own. */
  lendColumns(mostFields: number): LineColumns {
    const columns = this.#columns;
    this.#columns = undefined;
    return columns?.most === mostFields ? columns : new LineColumns(mostFields);
  }

  /** Whoever gives them back reads no line any more. */
  takeBack(columns: LineColumns): void {
    this.#columns = columns;
  }

  /** `view` is of the body's bytes. */
  get(body: Buffer, view: DataView, { start, end, hash }: KeyPlace): KnownSeries | undefined {
    let series = this.#slots[hash & (this.#slots.length - 1)];
    while (series !== undefined) {
      if (series.hash === hash && series.length === end - start && series.standsAt(body, view, start)) return series;
      series = series.neighbour;
    }
    return undefined;
  }

  /** Takes note of a series that `get` did not find. */
  add(body: Buffer, { start, end, hash }: KeyPlace, key: SeriesKey): KnownSeries {
    const length = end - start;
    if (this.#size >= this.#limits.series) this.#forget();
    this.#hold(SERIES_BYTES + length);
    const fieldKeys = this.#fieldKeysOf(key.measurement);
    const from = this.#written(body, start, end);
    const known = new KnownSeries({ arena: this.#arena, from, length, hash }, key, fieldKeys);
    if (this.#size >= this.#slots.length) this.#grow();
    this.#insert(known);
    this.#size++;
    return known;
  }

  #fieldKeysOf(measurement: string): FieldKeys {
    const known = this.#fieldKeys.get(measurement);
    if (known !== undefined) return known;
    const fieldKeys = new FieldKeys(measurement, (more) => this.#hold(more));
    this.#fieldKeys.set(measurement, fieldKeys);
    return fieldKeys;
  }

  #written(body: Buffer, start: number, end: number): number {
    const words = wordsFor(end - start);
    if (this.#arenaEnd + words > this.#arena.length) {
      this.#arena = new Int32Array(Math.max(ARENA_WORDS, words));
      this.#arenaEnd = 0;
    }
    const from = this.#arenaEnd;
    putBytes(this.#arena, from, body.subarray(start, end));
    this.#arenaEnd += words;
    return from;
  }

  #insert(series: KnownSeries): void {
    const slot = series.hash & (this.#slots.length - 1);
    series.neighbour = this.#slots[slot];
    this.#slots[slot] = series;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = newSlots(2 * before.length);
    for (let series of before) {
      while (series !== undefined) {
        const { neighbour }: KnownSeries = series;
        this.#insert(series);
        series = neighbour;
      }
    }
  }

  /** Field keys a reader still uses live on, and count as what is learned anew. */
  #hold(bytes: number): void {
    if (this.#heldBytes + bytes > this.#limits.bytes) this.#forget();
    this.#heldBytes += bytes;
  }

  #forget(): void {
    this.#slots = newSlots(FIRST_SLOTS);
    this.#size = 0;
    this.#fieldKeys.clear();
    this.#heldBytes = 0;
  }
}

function newSlots(length: number): (KnownSeries | undefined)[] {
  return new Array<KnownSeries | undefined>(length).fill(undefined);
}
