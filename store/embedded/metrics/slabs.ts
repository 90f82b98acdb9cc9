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

/** What is taken for a while, and what stays until all is given back, come from slabs of their own. */
export type Term = "short" | "long";

interface Room {
  readonly slabs: number[];
  /** Of the last one. */
  taken: number;
  bytes: number;
}

/** Bytes that are taken a few at a time, and given back all together. */
export class Slabs {
  readonly #pool: SlabSource;
  readonly #slabs: (Slab | undefined)[] = [];
  readonly #views: (DataView | undefined)[] = [];
  readonly #rooms: { readonly [term in Term]: Room } = { short: newRoom(), long: newRoom() };

  constructor(pool: SlabSource) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#rooms.short.bytes + this.#rooms.long.bytes;
  }

  /** So many beside each other, of any content. At most as many as the first slab has. */
  take(bytes: number, term: Term): number {
    const room = this.#rooms[term];
    let last = room.slabs.at(-1) ?? -1;
    if (room.taken + bytes > (this.#slabs[last]?.length ?? 0)) {
      // Most tables have little: at most a fifth of what is taken is not used yet.
      const slab = this.#pool.take(Math.min(SLAB_BYTES, Math.max(FIRST_BYTES, room.bytes >> 2)));
      last = this.#slabs.push(slab) - 1;
      this.#views.push(new DataView(slab.buffer));
      room.slabs.push(last);
      room.taken = 0;
      room.bytes += slab.length;
    }
    const address = last * SLAB_BYTES + room.taken;
    room.taken += bytes;
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

  /** All that was taken for that long: its addresses lead nowhere any more. */
  giveBack(term: Term): void {
    const room = this.#rooms[term];
    this.#pool.giveBack(room.slabs.flatMap((place) => this.#slabs[place] ?? []));
    for (const place of room.slabs.splice(0)) {
      this.#slabs[place] = undefined;
      this.#views[place] = undefined;
    }
    Object.assign(room, newRoom());
  }
}

function newRoom(): Room {
  return { slabs: [], taken: 0, bytes: 0 };
}
