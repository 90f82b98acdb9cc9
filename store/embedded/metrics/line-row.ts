import type { EpochMs } from "../../../core/clock.ts";

/** A line of line protocol, as whoever reads it says it until the next one is read. */
export interface LineRow {
  readonly at: EpochMs;
  readonly series: LineSeries;
  readonly fieldCount: number;
  fieldKeyAt(place: number): FieldKey;
  kindAt(place: number): "float" | "int" | "uint" | "boolean" | "string";
  /** 1 or 0 of a boolean. */
  valueAt(place: number): number;
  /** Of a string. */
  textAt(place: number): string;
}

/** The same object for the same series as long as that is remembered. */
export interface LineSeries {
  readonly key: {
    readonly measurement: string;
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  };
  /** Of the measurement, the same object for all its series. */
  readonly fieldKeys: { kept: unknown };
  /** For whoever takes the lines, as `fieldKeys.kept` is. */
  kept: unknown;
}

export interface FieldKey {
  readonly name: string;
  /** Counts the field keys of a measurement, from 0; −1 of one that is not remembered. */
  readonly number: number;
}
