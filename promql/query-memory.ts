import { giveBack } from "../core/array-memory.ts";

/** V8 keeps arrays up to this size in its heap. */
const BYTES_IN_HEAP = 64;

/**
 * The large arrays of one evaluation, which are given back when it has ended instead of being left to the garbage collector.
 * Nothing that outlives the evaluation may read them, but what it `keeps`.
 */
export class QueryMemory {
  readonly #arrays = new Set<ArrayBufferView>();
  readonly #atEnd: (() => void)[] = [];

  floats(length: number): Float64Array {
    return this.#noted(new Float64Array(length));
  }

  ints(length: number): Int32Array {
    return this.#noted(new Int32Array(length));
  }

  /** Or other small numbers. */
  flags(length: number): Uint8Array {
    return this.#noted(new Uint8Array(length));
  }

  /** Gives an array back before the end, when it is plain that nothing reads it any more. */
  drop(array: ArrayBufferView): void {
    if (this.#arrays.delete(array)) giveBack([array]);
  }

  /** What is lent to the evaluation until its end. */
  atEnd(release: () => void): void {
    this.#atEnd.push(release);
  }

  /** The same numbers for whoever reads them after the end. */
  kept(array: Float64Array): Float64Array {
    if (this.#arrays.delete(array)) return array;
    return array.slice();
  }

  end(): void {
    giveBack(this.#arrays);
    this.#arrays.clear();
    for (const release of this.#atEnd.splice(0)) release();
  }

  #noted<T extends ArrayBufferView>(array: T): T {
    if (array.byteLength > BYTES_IN_HEAP) this.#arrays.add(array);
    return array;
  }
}
