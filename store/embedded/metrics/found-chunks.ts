import { BEFORE_AT, FIRST_AT, LATEST_AT, NO_CHUNK, STEP_AT, type WantedRows } from "./row-chunk.ts";
import { IN_SLAB, type Slabs } from "./slabs.ts";

/** As many reads of memory as a processor has under way at once. */
export const SERIES_AT_ONCE = 8;
const FIRST_ROOM = 32;
const NONE = -1;

/**
 * The chunks of some series that may have rows in a span. A chunk tells where the one before it is, so that of one series each has to be
 * waited for; of several series the waiting is shared.
 */
export class FoundChunks {
  /** Where the chains of the series go on. */
  readonly #next = new Int32Array(SERIES_AT_ONCE);
  readonly #counts = new Int32Array(SERIES_AT_ONCE);
  #room = FIRST_ROOM;
  /** The last one of each series first. */
  #chunks = new Int32Array(SERIES_AT_ONCE * FIRST_ROOM);

  /** `last`: for each of up to `SERIES_AT_ONCE` series its last chunk; negative when it has none. */
  find(slabs: Slabs, { fromMs, toMs }: Pick<WantedRows, "fromMs" | "toMs">, last: Int32Array, series: number): void {
    const [next, counts] = [this.#next, this.#counts];
    next.set(last);
    counts.fill(0);
    for (let left = series; left > 0; ) {
      left = 0;
      for (let one = 0; one < series; one++) {
        const chunk = next[one] ?? NONE;
        if (chunk < 0) continue;
        const view = slabs.viewAt(chunk);
        const head = chunk & IN_SLAB;
        next[one] = NONE;
        if (view.getInt32(head + LATEST_AT, true) < fromMs) continue;
        const isRising = view.getInt32(head + STEP_AT, true) >= 0;
        if (!isRising || view.getInt32(head + FIRST_AT, true) <= toMs) this.#put(one, chunk);
        const before = view.getUint32(head + BEFORE_AT, true);
        if (before === NO_CHUNK) continue;
        next[one] = before;
        left++;
      }
    }
  }

  /** Of one of the series. */
  count(one: number): number {
    return this.#counts[one] ?? 0;
  }

  /** The last one has place 0. */
  chunkAt(one: number, place: number): number {
    return this.#chunks[one * this.#room + place] ?? 0;
  }

  #put(one: number, chunk: number): void {
    const count = this.#counts[one] ?? 0;
    if (count === this.#room) this.#grow();
    this.#chunks[one * this.#room + count] = chunk;
    this.#counts[one] = count + 1;
  }

  #grow(): void {
    const chunks = new Int32Array(2 * this.#chunks.length);
    for (let one = 0; one < SERIES_AT_ONCE; one++) {
      chunks.set(this.#chunks.subarray(one * this.#room, (one + 1) * this.#room), 2 * one * this.#room);
    }
    this.#chunks = chunks;
    this.#room *= 2;
  }
}
