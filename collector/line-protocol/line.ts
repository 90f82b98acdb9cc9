/** What names a series in a line: everything before the fields. */
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

export const FIELD_KINDS = ["float", "int", "uint", "boolean", "string"] as const;
export type FieldKind = (typeof FIELD_KINDS)[number];

/** A line that was refused. */
export interface LineProblem {
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
