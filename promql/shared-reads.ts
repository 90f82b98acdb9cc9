import type { RangeVector } from "./evaluation.ts";
import { LabelTable } from "./label-table.ts";
import type { SeriesSource } from "./source.ts";
import type { Vector } from "./vector.ts";

/** Samples kept for later queries; what is read beyond them is read again. 5 million are 80 MB. */
const MOST_SAMPLES = 5_000_000;

/** What was read, and lies in memory that is given back. */
export interface Lease<T> {
  readonly value: T;
  readonly samples: number;
  /** To be called once, when nobody reads the value any more. */
  release(): void;
}

interface Read<T> {
  readonly begun: Promise<Lease<T>>;
  /** Who has the value or waits for it. */
  users: number;
  /** Whether it is there for whoever comes. */
  isKept: boolean;
}

/**
 * What queries of one source at one instant read, as the rules of a round do: each selector is read once. To be made anew
 * for each instant, because it does not notice samples that come later; `end` when there will be no more queries.
 */
export class SharedReads {
  readonly table: LabelTable;
  readonly #instants = new Map<string, Read<Vector>>();
  readonly #ranges = new Map<string, Read<RangeVector>>();
  readonly #windows = new Map<string, Read<Vector | undefined>>();
  #samples = 0;
  #hasEnded = false;

  constructor(source: SeriesSource) {
    this.table = labelTableOf(source);
  }

  instant(key: string, signal: AbortSignal | undefined, read: () => Promise<Lease<Vector>>): Promise<Lease<Vector>> {
    return this.#once(this.#instants, { key, signal, read });
  }

  range(
    key: string,
    signal: AbortSignal | undefined,
    read: () => Promise<Lease<RangeVector>>,
  ): Promise<Lease<RangeVector>> {
    return this.#once(this.#ranges, { key, signal, read });
  }

  windows(
    key: string,
    signal: AbortSignal | undefined,
    read: () => Promise<Lease<Vector | undefined>>,
  ): Promise<Lease<Vector | undefined>> {
    return this.#once(this.#windows, { key, signal, read });
  }

  /** Gives back what nobody uses at once, the rest when its users are done. A query that still runs reads for itself. */
  end(): void {
    this.#hasEnded = true;
    endAll(this.#instants);
    endAll(this.#ranges);
    endAll(this.#windows);
  }

  async #once<T>(
    reads: Map<string, Read<T>>,
    { key, signal, read }: { key: string; signal: AbortSignal | undefined; read: () => Promise<Lease<T>> },
  ): Promise<Lease<T>> {
    if (this.#hasEnded) return read();
    const running = reads.get(key);
    if (running !== undefined) {
      const found = await use(running).catch(() => undefined);
      // It failed for whoever began it, perhaps because that one's time was up.
      if (found !== undefined) return found;
      signal?.throwIfAborted();
      return read();
    }
    const begun: Read<T> = { begun: read(), users: 0, isKept: true };
    reads.set(key, begun);
    const forget = () => {
      begun.isKept = false;
      if (reads.get(key) === begun) reads.delete(key);
    };
    try {
      const lease = await use(begun);
      if (this.#samples + lease.samples > MOST_SAMPLES) forget();
      else this.#samples += lease.samples;
      return lease;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function endAll<T>(reads: Map<string, Read<T>>): void {
  for (const read of reads.values()) {
    read.isKept = false;
    releaseIfUnused(read);
  }
  reads.clear();
}

async function use<T>(read: Read<T>): Promise<Lease<T>> {
  read.users += 1;
  try {
    const { value, samples } = await read.begun;
    const release = () => {
      read.users -= 1;
      releaseIfUnused(read);
    };
    return { value, samples, release };
  } catch (error) {
    read.users -= 1;
    throw error;
  }
}

function releaseIfUnused<T>(read: Read<T>): void {
  if (read.isKept || read.users > 0) return;
  // Without users it is settled, and a failed one has nothing to give back.
  read.begun.then(
    ({ release }) => release(),
    () => {},
  );
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
