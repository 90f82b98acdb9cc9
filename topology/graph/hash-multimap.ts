import { IntegerSet } from "./integer-set.ts";

/**
 * From 32-bit hashes to whole numbers (an element's slot), any number for each hash, about 12 bytes an entry. Different
 * keys may share a hash, so whoever looks up checks what he finds. Split into shards that grow one at a time, so that
 * growing never holds up the event loop. Not to be changed while it is iterated.
 */
export class HashMultimap {
  readonly #shards = Array.from({ length: SHARDS }, () => new Shard());
  /** Hashes with many entries: probing past all of them would cost their square. */
  readonly #crowded = new Map<number, IntegerSet>();

  /** An entry that is there already must not be added again. */
  add(hash: number, value: number): void {
    const crowd = this.#crowded.get(hash);
    if (crowd !== undefined) {
      crowd.add(value);
      return;
    }
    const shard = this.#shardOf(hash);
    if (shard.add(hash, value) <= CROWD) return;
    const promoted = new IntegerSet();
    for (const entry of shard.valuesOf(hash)) promoted.add(entry);
    for (const entry of promoted) shard.delete(hash, entry);
    this.#crowded.set(hash, promoted);
  }

  delete(hash: number, value: number): void {
    const crowd = this.#crowded.get(hash);
    if (crowd === undefined) {
      this.#shardOf(hash).delete(hash, value);
      return;
    }
    crowd.delete(value);
    if (crowd.size === 0) this.#crowded.delete(hash);
  }

  valuesOf(hash: number): Iterable<number> {
    return this.#crowded.get(hash) ?? this.#shardOf(hash).valuesOf(hash);
  }

  /** The first value `accepts` takes, or -1. */
  find(hash: number, accepts: (value: number) => boolean): number {
    const crowd = this.#crowded.get(hash);
    if (crowd === undefined) return this.#shardOf(hash).find(hash, accepts);
    for (const value of crowd) if (accepts(value)) return value;
    return -1;
  }

  #shardOf(hash: number): Shard {
    const shard = this.#shards[hash >>> SHARD_SHIFT];
    if (shard === undefined) throw new RangeError(`not a hash of 32 bits: ${hash}`);
    return shard;
  }
}

const SHARDS = 64;
const SHARD_SHIFT = 26;
/** Entries of one hash that probing still takes in its stride. */
const CROWD = 16;
const FIRST_CAPACITY = 16;

class Shard {
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** 0 is empty, else the value plus 1. */
  #values = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  /** How many entries the hash has then. */
  add(hash: number, value: number): number {
    const mask = this.#values.length - 1;
    let same = 1;
    let at = hash & mask;
    for (; this.#values[at] !== 0; at = (at + 1) & mask) if (this.#hashes[at] === hash) same++;
    this.#hashes[at] = hash;
    this.#values[at] = value + 1;
    this.#size++;
    if (this.#size * 4 > this.#values.length * 3) this.#grow();
    return same;
  }

  delete(hash: number, value: number): void {
    const mask = this.#values.length - 1;
    let gap = hash & mask;
    while (this.#values[gap] !== 0 && (this.#hashes[gap] !== hash || this.#values[gap] !== value + 1)) {
      gap = (gap + 1) & mask;
    }
    if (this.#values[gap] === 0) return;
    this.#size--;
    for (let at = (gap + 1) & mask; this.#values[at] !== 0; at = (at + 1) & mask) {
      const home = (this.#hashes[at] ?? 0) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#hashes[gap] = this.#hashes[at] ?? 0;
      this.#values[gap] = this.#values[at] ?? 0;
      gap = at;
    }
    this.#values[gap] = 0;
  }

  *valuesOf(hash: number): Generator<number> {
    const mask = this.#values.length - 1;
    for (let at = hash & mask; this.#values[at] !== 0; at = (at + 1) & mask) {
      if (this.#hashes[at] === hash) yield (this.#values[at] ?? 0) - 1;
    }
  }

  find(hash: number, accepts: (value: number) => boolean): number {
    const mask = this.#values.length - 1;
    for (let at = hash & mask; this.#values[at] !== 0; at = (at + 1) & mask) {
      const value = (this.#values[at] ?? 0) - 1;
      if (this.#hashes[at] === hash && accepts(value)) return value;
    }
    return -1;
  }

  #grow(): void {
    const [hashes, values] = [this.#hashes, this.#values];
    this.#hashes = new Uint32Array(hashes.length * 2);
    this.#values = new Int32Array(values.length * 2);
    const mask = this.#values.length - 1;
    for (let from = 0; from < values.length; from++) {
      const value = values[from] ?? 0;
      if (value === 0) continue;
      let at = (hashes[from] ?? 0) & mask;
      while (this.#values[at] !== 0) at = (at + 1) & mask;
      this.#hashes[at] = hashes[from] ?? 0;
      this.#values[at] = value;
    }
  }
}
