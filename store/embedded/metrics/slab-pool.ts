import { newSlab, SLAB_BYTES, type Slab, type SlabSource } from "./slabs.ts";

/** Of how many were in use at most a part is forgotten with each part that is given back. */
const FORGOTTEN = 16;

/**
 * Slabs that nobody uses are kept for the next who needs some: those that are not go only when V8 collects the next time. With those in use
 * they are no more than were in use together, which is forgotten slowly.
 */
export class SlabPool implements SlabSource {
  readonly #free: Slab[] = [];
  #used = 0;
  #mostUsed = 0;

  /** That nobody uses. */
  get freeBytes(): number {
    return this.#free.length * SLAB_BYTES;
  }

  /** Only those of `SLAB_BYTES` are kept. */
  take(bytes: number): Slab {
    if (bytes !== SLAB_BYTES) return newSlab(bytes);
    this.#used++;
    return this.#free.pop() ?? newSlab(bytes);
  }

  giveBack(slabs: readonly Slab[]): void {
    const whole = slabs.filter(({ length }) => length === SLAB_BYTES);
    this.#mostUsed = Math.max(this.#used, this.#mostUsed - Math.ceil(this.#mostUsed / FORGOTTEN));
    this.#used -= whole.length;
    this.#free.push(...whole);
    this.#free.splice(Math.max(0, this.#mostUsed - this.#used));
  }
}
