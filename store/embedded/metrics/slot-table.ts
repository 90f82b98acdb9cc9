import { giveBack } from "../../../core/array-memory.ts";
import type { SeriesId } from "./series-index.ts";

const FIRST_BITS = 6;
/** The golden ratio: ids beside each other come to places far from each other. */
const SPREAD = 0x9e3779b1;

/** Numbers series in the order they come, from 0 on. Numbers only, whatever their count: V8 has nothing to mark in it. */
export class SlotTable {
  /** Pairs of an id plus one, 0 where nothing is, and its slot. At most half full. */
  #pairs = new Int32Array(2 << FIRST_BITS);
  #bits = FIRST_BITS;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#pairs.byteLength;
  }

  /** -1 of a series that has none. */
  slotOf(id: SeriesId): number {
    const place = placeOf(this.#pairs, this.#bits, id);
    return this.#pairs[2 * place] === 0 ? -1 : (this.#pairs[2 * place + 1] ?? -1);
  }

  /** The next one for a series that has none. */
  take(id: SeriesId): number {
    const place = placeOf(this.#pairs, this.#bits, id);
    if (this.#pairs[2 * place] !== 0) return this.#pairs[2 * place + 1] ?? -1;
    const slot = this.#size++;
    this.#pairs[2 * place] = id + 1;
    this.#pairs[2 * place + 1] = slot;
    if (this.#size > 1 << (this.#bits - 1)) this.#grow();
    return slot;
  }

  giveBack(): void {
    giveBack([this.#pairs]);
  }

  #grow(): void {
    const before = this.#pairs;
    this.#bits++;
    this.#pairs = new Int32Array(2 << this.#bits);
    for (let pair = 0; pair < before.length; pair += 2) {
      const key = before[pair] ?? 0;
      if (key === 0) continue;
      const place = placeOf(this.#pairs, this.#bits, key - 1);
      this.#pairs[2 * place] = key;
      this.#pairs[2 * place + 1] = before[pair + 1] ?? 0;
    }
    giveBack([before]);
  }
}

/** Where an id is, or would be put. */
function placeOf(pairs: Int32Array, bits: number, id: SeriesId): number {
  const mask = (1 << bits) - 1;
  let place = Math.imul(id, SPREAD) >>> (32 - bits);
  for (;;) {
    const key = pairs[2 * place];
    if (key === id + 1 || key === 0) return place;
    place = (place + 1) & mask;
  }
}
