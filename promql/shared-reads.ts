import type { RangeVector } from "./evaluation.ts";
import { LabelTable } from "./label-table.ts";
import type { SeriesSource } from "./source.ts";
import type { Vector } from "./vector.ts";

/** Samples kept for later queries; what is read beyond them is read again. 5 million are 80 MB. */
const MOST_SAMPLES = 5_000_000;

/**
 * What queries of one source at one instant read, as the rules of a round do: each selector is read once. To be made anew
 * for each instant, because it does not notice samples that come later.
 */
export class SharedReads {
  readonly table: LabelTable;
  readonly #instants = new Map<string, Promise<Vector>>();
  readonly #ranges = new Map<string, Promise<RangeVector>>();
  #samples = 0;

  constructor(source: SeriesSource) {
    this.table = labelTableOf(source);
  }

  instant(key: string, signal: AbortSignal | undefined, read: () => Promise<Vector>): Promise<Vector> {
    return this.#once(this.#instants, { key, signal, read, sizeOf: ({ values }) => values.length });
  }

  range(key: string, signal: AbortSignal | undefined, read: () => Promise<RangeVector>): Promise<RangeVector> {
    const sizeOf = ({ runs }: RangeVector) => runs.reduce((sum, { values }) => sum + values.length, 0);
    return this.#once(this.#ranges, { key, signal, read, sizeOf });
  }

  async #once<T>(
    reads: Map<string, Promise<T>>,
    {
      key,
      signal,
      read,
      sizeOf,
    }: { key: string; signal: AbortSignal | undefined; read: () => Promise<T>; sizeOf: (result: T) => number },
  ): Promise<T> {
    const running = reads.get(key);
    if (running !== undefined) {
      const found = await running.catch(() => undefined);
      // It failed for whoever began it, perhaps because that one's time was up.
      if (found !== undefined) return found;
      signal?.throwIfAborted();
      return read();
    }
    const begun = read();
    reads.set(key, begun);
    try {
      const result = await begun;
      this.#samples += sizeOf(result);
      if (this.#samples > MOST_SAMPLES) {
        this.#samples -= sizeOf(result);
        reads.delete(key);
      }
      return result;
    } catch (error) {
      reads.delete(key);
      throw error;
    }
  }
}

/** How much a table may keep before a new one begins: what is gone for good would stay in it. */
const MOST_KEPT = 1_000_000;
const tables = new WeakMap<SeriesSource, LabelTable>();

/** The table that goes with a source from query to query, if the source has ids by which to find its labels again. */
export function labelTableOf(source: SeriesSource): LabelTable {
  if (source.selectBlocks === undefined) return new LabelTable();
  const known = tables.get(source);
  if (known !== undefined && known.weight <= MOST_KEPT) return known;
  const table = new LabelTable();
  tables.set(source, table);
  return table;
}
