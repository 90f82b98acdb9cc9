import { HOUR_MS } from "./row-buffer.ts";
import type { SeriesId } from "./series-index.ts";
import type { Layer } from "./tiers.ts";

/** Rows of one table and hour that lie together. */
export type Part = RowPart | FilePart;

interface PartOfHour {
  readonly table: string;
  /** The first one, of a file that spans a day. Times count from it. */
  readonly hour: number;
  /** Counts the parts of one table and hour: what came later has a higher one. A file has that of the last rows in it. */
  readonly generation: number;
}

/** A table in the database: rows in the order they came. */
export interface RowPart extends PartOfHour {
  readonly kind: "rows";
}

/** A sealed file: rows in the order of series and time, each time once. */
export interface FilePart extends PartOfHour {
  readonly kind: "file";
  readonly layer: Layer;
  /** Whether it was made of all that there was, when its hour was over; else of some rows of an hour that goes on. */
  readonly isWhole: boolean;
  readonly path: string;
  readonly columns: readonly string[];
  readonly firstSeries: SeriesId;
  readonly lastSeries: SeriesId;
  readonly rows: number;
  readonly bytes: number;
}

/** Whether its hour is still to be sealed as a whole: nobody has made its rollup. */
export function isUnfinished(part: Part): boolean {
  return part.kind === "rows" || !part.isWhole;
}

/** Whether it has one sample for each minute or hour instead of the samples themselves. */
export function isRollup(part: Part): boolean {
  return part.kind === "file" && part.layer !== "raw";
}

/** What a part is called in the database: `<table>_<hours since 1970>`, and its generation behind it when it is not the first. */
export function rowsName({ table, hour, generation }: RowPart): string {
  return generation === 0 ? `${table}_${hour}` : `${table}_${hour}_g${generation}`;
}

/** The part that is called so; undefined when none is. */
export function rowPartNamed(name: string): RowPart | undefined {
  const found = /^(samples|rows_.+?)_([0-9]+)(?:_g([0-9]+))?$/.exec(name);
  if (found === null) return undefined;
  const [, table = "", hour, generation = "0"] = found;
  return { kind: "rows", table, hour: Number(hour), generation: Number(generation) };
}

/**
 * The parts of every table, hour by hour, in the order their rows came (`Rollups` has the coarser ones); and how many selections
 * read each: what is read is not removed.
 */
export class Parts {
  readonly #tables = new Map<string, Map<number, readonly Part[]>>();
  readonly #readers = new Map<Part, number>();
  readonly #closed = new WeakSet<RowPart>();
  readonly #whenUnread = new Map<Part, () => void>();

  constructor(parts: Iterable<Part>) {
    for (const part of parts) this.#put(part.table, part.hour, inOrder([...this.of(part.table, part.hour), part]));
  }

  /** Of one table and hour, in the order their rows came. */
  of(table: string, hour: number): readonly Part[] {
    return this.#tables.get(table)?.get(hour) ?? [];
  }

  /** The hours of a table that overlap a span, ascending. */
  hoursBetween(table: string, from: number, to: number): readonly number[] {
    const hours = [...(this.#tables.get(table)?.keys() ?? [])];
    return hours.filter((hour) => (hour + 1) * HOUR_MS > from && hour * HOUR_MS <= to).sort((a, b) => a - b);
  }

  /** The table new rows go to, and whether it has to be made. */
  open(table: string, hour: number): { readonly part: RowPart; readonly isNew: boolean } {
    const last = this.of(table, hour).at(-1);
    if (last?.kind === "rows" && !this.#closed.has(last)) return { part: last, isNew: false };
    return { part: { kind: "rows", table, hour, generation: (last?.generation ?? -1) + 1 }, isNew: true };
  }

  /** No rows go to it any more, once those under way are written. */
  close(part: RowPart): void {
    this.#closed.add(part);
  }

  isClosed(part: RowPart): boolean {
    return this.#closed.has(part);
  }

  add(part: Part): void {
    this.#put(part.table, part.hour, inOrder([...this.of(part.table, part.hour), part]));
  }

  /** Who selects from now on reads the new parts; the old ones, of the same table and hour, may still be read. */
  replace(table: string, hour: number, old: readonly Part[], by: readonly Part[]): void {
    const others = this.of(table, hour).filter((part) => !old.includes(part));
    this.#put(table, hour, inOrder([...by, ...others]));
  }

  remove(part: Part): void {
    this.replace(part.table, part.hour, [part], []);
  }

  all(): Part[] {
    return [...this.#tables.values()].flatMap((hours) => [...hours.values()].flat());
  }

  /** How many hours any table has. */
  get hours(): number {
    return new Set([...this.#tables.values()].flatMap((hours) => [...hours.keys()])).size;
  }

  get oldestHour(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const hours of this.#tables.values()) for (const hour of hours.keys()) oldest = Math.min(oldest, hour);
    return oldest;
  }

  isRead(part: Part): boolean {
    return this.#readers.has(part);
  }

  async reading<T>(some: readonly Part[], work: () => Promise<T>): Promise<T> {
    for (const part of some) this.#readers.set(part, (this.#readers.get(part) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const part of some) this.#leave(part);
    }
  }

  /** Resolves when nobody reads a part that is not found any more. */
  async unread(part: Part): Promise<void> {
    if (!this.#readers.has(part)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenUnread.set(part, resolve);
    await promise;
  }

  #leave(part: Part): void {
    const left = (this.#readers.get(part) ?? 0) - 1;
    if (left > 0) {
      this.#readers.set(part, left);
      return;
    }
    this.#readers.delete(part);
    this.#whenUnread.get(part)?.();
    this.#whenUnread.delete(part);
  }

  #put(table: string, hour: number, parts: readonly Part[]): void {
    const hours = this.#tables.get(table) ?? new Map<number, readonly Part[]>();
    if (parts.length > 0) {
      hours.set(hour, parts);
      this.#tables.set(table, hours);
      return;
    }
    hours.delete(hour);
    if (hours.size === 0) this.#tables.delete(table);
  }
}

function inOrder(parts: readonly Part[]): readonly Part[] {
  return parts.toSorted((left, right) => left.generation - right.generation);
}
