import { putBytes, standsAt, wordsFor } from "./byte-words.ts";
import { decodeKey } from "./series-key.ts";

const MAX_EXPECTED_PLACES = 64;
/** Of one field key; a longer one is read anew each time. */
const MAX_HELD_BYTES = 256;
/** What a key takes besides its bytes, which are held twice: as they are written, and as a text. */
const KEY_BYTES = 100;
const COPIES = 2;

/** What a field is called; the same object for the same name of a measurement as long as that is remembered. */
export interface FieldKey {
  readonly name: string;
  /** Counts the field keys of a measurement, from 0; −1 of one that is not remembered. */
  readonly number: number;
}

export interface PlacedKey {
  readonly key: FieldKey;
  /** The key as it is written, and an equals sign (byte-words.ts). */
  readonly words: Int32Array;
  readonly length: number;
}

/**
 * The field keys of a measurement, and by place those the last lines had: a guess that is checked byte by byte. A host
 * sends the same fields in the same order again and again.
 */
export class FieldKeys {
  /** For whoever takes the lines, as `KnownSeries.kept`. */
  kept: unknown;
  readonly measurement: string;
  readonly #byName = new Map<string, FieldKey>();
  readonly #expected: PlacedKey[] = [];
  readonly #onMore: (bytes: number) => void;

  /** `onMore` is told of the bytes that are held from now on. */
  constructor(measurement: string, onMore: (bytes: number) => void) {
    this.measurement = measurement;
    this.#onMore = onMore;
  }

  get expected(): readonly PlacedKey[] {
    return this.#expected;
  }

  /** Where the `=` stands when the key expected at this place stands at `start`; −1 when it does not. */
  endsAt(place: number, view: DataView, start: number): number {
    const expected = this.#expected[place];
    if (expected === undefined) return -1;
    const { words, length } = expected;
    return standsAt(words, 0, length, view, start) ? start + length - 1 : -1;
  }

  /** The key expected at a place, for which `endsAt` found an end. */
  expectedAt(place: number): FieldKey {
    const expected = this.#expected[place];
    if (expected === undefined) throw new RangeError(`no field key is expected at place ${place}`);
    return expected.key;
  }

  /** An equals sign stands at `end`. */
  learn(place: number, body: Buffer, start: number, end: number): FieldKey {
    const name = decodeKey(body, start, end);
    if (end - start > MAX_HELD_BYTES) return { name, number: -1 };
    const key = this.#byName.get(name) ?? this.#hold(name, end - start);
    if (place < MAX_EXPECTED_PLACES) {
      const length = end + 1 - start;
      const words = new Int32Array(wordsFor(length));
      putBytes(words, 0, body.subarray(start, end + 1));
      this.#expected[place] = { key, words, length };
    }
    return key;
  }

  #hold(name: string, bytes: number): FieldKey {
    const key = { name, number: this.#byName.size };
    this.#byName.set(name, key);
    this.#onMore(KEY_BYTES + COPIES * bytes);
    return key;
  }
}
