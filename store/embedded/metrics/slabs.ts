import { giveBack } from "../../../core/array-memory.ts";
import { MOST_BYTES } from "./value-codes.ts";

/** An address is the number of a slab, and a place in it. */
export const SLAB_BITS = 18;
const SLAB_BYTES = 1 << SLAB_BITS;
export const IN_SLAB = SLAB_BYTES - 1;
const FIRST_BYTES = 16_384;

/** Bytes that are taken a few at a time, and given back all together. */
export class Slabs {
  readonly #slabs: Uint8Array[] = [];
  #last = 0;
  /** Of the last slab. */
  #taken = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Where so many zeros lie beside each other, with some behind them that may be looked at. Less than the first slab has. */
  take(bytes: number): number {
    if (this.#taken + bytes + MOST_BYTES > (this.#slabs[this.#last]?.length ?? 0)) {
      // Most tables have little.
      const slab = new Uint8Array(Math.min(SLAB_BYTES, Math.max(FIRST_BYTES, this.#bytes)));
      this.#last = this.#slabs.push(slab) - 1;
      this.#taken = 0;
      this.#bytes += slab.length;
    }
    const address = this.#last * SLAB_BYTES + this.#taken;
    this.#taken += bytes;
    return address;
  }

  /** The slab of an address. */
  at(address: number): Uint8Array {
    const slab = this.#slabs[address >>> SLAB_BITS];
    if (slab === undefined) throw new RangeError(`no slab at ${address}`);
    return slab;
  }

  giveBack(): void {
    giveBack(this.#slabs);
    this.#bytes = 0;
  }
}
