import type { FieldKey } from "./field-keys.ts";
import { FIELD_KINDS, type FieldKind } from "./line.ts";

export const PLACE_FLOAT = FIELD_KINDS.indexOf("float");
export const PLACE_INT = FIELD_KINDS.indexOf("int");

const FIRST_PLACES = 32;

/** The fields of one line at a time, by place: the next line's overwrite them, so that nothing is made for a field. */
export class LineColumns {
  readonly most: number;
  readonly keys: FieldKey[] = [];
  /** Places in `FIELD_KINDS`. */
  kinds: Uint8Array;
  /** Never longer than a line may have fields. */
  values: Float64Array;
  /** Where texts begin and end, between their quotes. */
  readonly textStarts: number[] = [];
  readonly textEnds: number[] = [];
  count = 0;

  constructor(most: number) {
    this.most = most;
    this.kinds = new Uint8Array(Math.min(FIRST_PLACES, most));
    this.values = new Float64Array(Math.min(FIRST_PLACES, most));
  }

  keyAt(place: number): FieldKey {
    const key = this.keys[place];
    if (key === undefined) throw new RangeError(`no field at place ${place}`);
    return key;
  }

  kindAt(place: number): FieldKind {
    return FIELD_KINDS[this.kinds[place] ?? PLACE_FLOAT] ?? "float";
  }

  /**
   * A number; 1 or 0 of a boolean; NaN of a text. `int` and `uint` are rounded to the nearest double; their exact digits stand
   * in the line.
   */
  valueAt(place: number): number {
    return this.values[place] ?? Number.NaN;
  }

  put(place: number, kind: number, value: number): void {
    if (place >= this.values.length) this.#grow();
    this.kinds[place] = kind;
    this.values[place] = value;
  }

  #grow(): void {
    const [kinds, values] = [this.kinds, this.values];
    const places = Math.min(2 * values.length, this.most);
    this.kinds = new Uint8Array(places);
    this.values = new Float64Array(places);
    this.kinds.set(kinds);
    this.values.set(values);
  }
}
