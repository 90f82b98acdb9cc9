/** An address is the number of a slab, and a place in it. */
export const SLAB_BITS = 18;
export const SLAB_BYTES = 1 << SLAB_BITS;
export const IN_SLAB = SLAB_BYTES - 1;
const FIRST_BYTES = 16_384;

/**
 * Nobody shares it, but shared memory is not among what makes V8 collect: a gigabyte of other buffers that grows by some megabytes a
 * second has the whole heap marked every half a minute, in one go of hundreds of milliseconds when it grew by more meanwhile.
 */
export type Slab = Uint8Array<SharedArrayBuffer>;

export function newSlab(bytes: number): Slab {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

/** Where slabs come from and go to. */
export interface SlabSource {
  /** Of any content. */
  take(bytes: number): Slab;
  giveBack(slabs: readonly Slab[]): void;
}

/** Bytes that are taken a few at a time, and given back all together. */
export class Slabs {
  readonly #pool: SlabSource;
  readonly #slabs: Slab[] = [];
  readonly #views: DataView[] = [];
  #last = 0;
  /** Of the last slab. */
  #taken = 0;
  #bytes = 0;

  constructor(pool: SlabSource) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** So many beside each other, of any content. At most as many as the first slab has. */
  take(bytes: number): number {
    if (this.#taken + bytes > (this.#slabs[this.#last]?.length ?? 0)) {
      // Most tables have little.
      const slab = this.#pool.take(Math.min(SLAB_BYTES, Math.max(FIRST_BYTES, this.#bytes)));
      this.#last = this.#slabs.push(slab) - 1;
      this.#views.push(new DataView(slab.buffer));
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

  /** The same slab. */
  viewAt(address: number): DataView {
    const view = this.#views[address >>> SLAB_BITS];
    if (view === undefined) throw new RangeError(`no slab at ${address}`);
    return view;
  }

  giveBack(): void {
    this.#pool.giveBack(this.#slabs);
    this.#bytes = 0;
  }
}
