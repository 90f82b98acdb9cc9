import type { FilePart } from "./parts.ts";
import { hoursOf, type Layer, type RollupLayer } from "./tiers.ts";

const LAYERS: readonly RollupLayer[] = ["hour_1m", "day_1m", "day_1h"];

/** The files of every rollup, by table and first hour. */
export class Rollups {
  readonly #layers = new Map<Layer, Map<string, Map<number, readonly FilePart[]>>>();
  #changes = 0;

  constructor(files: Iterable<FilePart>) {
    this.replace([], [...files]);
  }

  /** How often files came or went. */
  get changes(): number {
    return this.#changes;
  }

  of(layer: RollupLayer, table: string, hour: number): readonly FilePart[] {
    return this.#layers.get(layer)?.get(table)?.get(hour) ?? [];
  }

  /** First hours of the files of a table, in no order. */
  hours(layer: RollupLayer, table: string): readonly number[] {
    return [...(this.#layers.get(layer)?.get(table)?.keys() ?? [])];
  }

  all(): readonly FilePart[] {
    return LAYERS.flatMap((layer) => this.ofLayer(layer));
  }

  ofLayer(layer: RollupLayer): readonly FilePart[] {
    return [...(this.#layers.get(layer)?.values() ?? [])].flatMap((hours) => [...hours.values()].flat());
  }

  /** The oldest hour that any file may have samples of; infinity when there is none. */
  get oldestHour(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const tables of this.#layers.values()) {
      for (const hours of tables.values()) for (const hour of hours.keys()) oldest = Math.min(oldest, hour);
    }
    return oldest;
  }

  /** Who selects from now on reads the new files; the old ones may still be read. */
  replace(old: readonly FilePart[], by: readonly FilePart[]): void {
    this.#changes++;
    const gone = new Set(old);
    for (const { layer, table, hour } of old) {
      const hours = this.#hoursOf(layer, table);
      const left = (hours.get(hour) ?? []).filter((file) => !gone.has(file));
      if (left.length === 0) hours.delete(hour);
      else hours.set(hour, left);
    }
    for (const file of by) {
      const hours = this.#hoursOf(file.layer, file.table);
      hours.set(file.hour, [...(hours.get(file.hour) ?? []), file]);
    }
  }

  #hoursOf(layer: Layer, table: string): Map<number, readonly FilePart[]> {
    const tables = this.#layers.get(layer) ?? new Map<string, Map<number, readonly FilePart[]>>();
    this.#layers.set(layer, tables);
    const hours = tables.get(table) ?? new Map<number, readonly FilePart[]>();
    tables.set(table, hours);
    return hours;
  }
}

/** The hour after the last one that a file may have samples of. */
export function endOf({ hour, layer }: FilePart): number {
  return hour + hoursOf(layer);
}
