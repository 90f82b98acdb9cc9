import type { EpochMs } from "../../core/clock.ts";

/** What names a series in a line: everything before the fields. The same bytes give the same object while it is cached. */
export interface SeriesKey {
  readonly measurement: string;
  /** In ascending order of the keys, which are distinct. */
  readonly tags: readonly Tag[];
  /** How many bytes the measurement takes as written, escapes included: where another tag can be put in. */
  readonly measurementBytes: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** `int` and `uint` are rounded to the nearest double; their exact digits stand in the line. */
export type FieldValue =
  | { readonly kind: "float" | "int" | "uint"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string };

export type Field = FieldValue & { readonly key: string };

export interface ParsedLine {
  readonly kind: "line";
  /** Bytes `start` to `end` of the body, without blanks before it and without the line's end. */
  readonly start: number;
  readonly end: number;
  /** Where the first field's key begins. */
  readonly fieldsStart: number;
  /** Where the last field ends and the time may follow. */
  readonly fieldsEnd: number;
  readonly series: SeriesKey;
  /** As written. Of two fields with one key the later counts, as in InfluxDB. */
  readonly fields: readonly Field[];
  readonly at: EpochMs;
}

/** A line that was refused. */
export interface LineProblem {
  readonly kind: "problem";
  readonly start: number;
  readonly end: number;
  /** Where in the body the line goes wrong; both from 1, the column in bytes. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Something wrong at a byte of the body. */
export interface Fault {
  readonly kind: "fault";
  readonly offset: number;
  readonly message: string;
}

export function faultAt(offset: number, message: string): Fault {
  return { kind: "fault", offset, message };
}
