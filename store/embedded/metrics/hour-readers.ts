import type { HourTables } from "./hour-tables.ts";

export interface TableHour {
  readonly table: string;
  readonly hour: number;
}

/** The tables of hours that are there, with how many selections read each: what is read is not dropped. */
export class HourReaders {
  readonly #readers = new Map<string, Map<number, number>>();

  constructor(tables: HourTables) {
    for (const [table, hours] of tables) for (const hour of hours) this.add({ table, hour });
  }

  add({ table, hour }: TableHour): void {
    const hours = this.#readers.get(table) ?? new Map<number, number>();
    this.#readers.set(table, hours);
    if (!hours.has(hour)) hours.set(hour, 0);
  }

  remove({ table, hour }: TableHour): void {
    const hours = this.#readers.get(table);
    hours?.delete(hour);
    if (hours?.size === 0) this.#readers.delete(table);
  }

  /** The hours of a table, ascending. */
  hoursOf(table: string): readonly number[] {
    return [...(this.#readers.get(table)?.keys() ?? [])].sort((left, right) => left - right);
  }

  /** How many hours any table has. */
  get hours(): number {
    return new Set([...this.#readers.values()].flatMap((hours) => [...hours.keys()])).size;
  }

  get oldest(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#readers.values()].flatMap((hours) => [...hours.keys()]));
  }

  /** Those before an hour that nobody reads. */
  unreadBefore(oldestHour: number): readonly TableHour[] {
    return [...this.#readers].flatMap(([table, hours]) =>
      [...hours].flatMap(([hour, readers]) => (hour < oldestHour && readers === 0 ? { table, hour } : [])),
    );
  }

  async reading<T>(some: readonly TableHour[], work: () => Promise<T>): Promise<T> {
    for (const one of some) this.#count(one, 1);
    try {
      return await work();
    } finally {
      for (const one of some) this.#count(one, -1);
    }
  }

  #count({ table, hour }: TableHour, by: number): void {
    const hours = this.#readers.get(table);
    hours?.set(hour, (hours.get(hour) ?? 0) + by);
  }
}
