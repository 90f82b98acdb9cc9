import { giveBack } from "../../../core/array-memory.ts";
import { SLAB_BYTES, type SlabSource } from "./slabs.ts";

/** Of how many were in use at most a part is forgotten with each part that is given back. */
const FORGOTTEN = 16;

/**
 * Slabs that nobody uses are kept for the next who needs some, since what is allocated outside of V8's heap makes it collect. With those
 * in use they are no more than were in use together, which is forgotten slowly.
 */
export class SlabPool implements SlabSource {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #used = 0;
  #mostUsed = 0;

  /** That nobody uses. */
  get freeBytes(): number {
    return this.#free.length * SLAB_BYTES;
  }

  /** Only those of `SLAB_BYTES` are kept. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes !== SLAB_BYTES) return new Uint8Array(bytes);
    this.#used++;
    return this.#free.pop() ?? new Uint8Array(bytes);
  }

  giveBack(slabs: readonly Uint8Array<ArrayBuffer>[]): void {
    const whole = slabs.filter(({ length }) => length === SLAB_BYTES);
    giveBack(slabs.filter(({ length }) => length !== SLAB_BYTES));
    this.#mostUsed = Math.max(this.#used, this.#mostUsed - Math.ceil(this.#mostUsed / FORGOTTEN));
    this.#used -= whole.length;
    this.#free.push(...whole);
    giveBack(this.#free.splice(Math.max(0, this.#mostUsed - this.#used)));
  }
}
