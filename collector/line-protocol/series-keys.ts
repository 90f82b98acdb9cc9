import type { SeriesKey } from "./line.ts";
import { decodeKey } from "./series-key.ts";

const EQUALS = 0x3d;
const MAX_REMEMBERED_FIELDS = 64;
/** Of one field key; a longer one is read anew each time. */
const MAX_REMEMBERED_BYTES = 256;
/** A series is held twice, as its bytes and as what they mean. */
const COPIES = 2;

export interface SeriesKeysLimits {
  readonly series: number;
  /** About what series and field keys take in memory. */
  readonly bytes: number;
}

const LIMITS: SeriesKeysLimits = { series: 200_000, bytes: 64 * 1024 * 1024 };

/** A series, and the field keys to expect after it. */
export interface KnownSeries {
  readonly key: SeriesKey;
  readonly fieldKeys: FieldKeys;
}

/**
 * Series by their bytes. Shared between bodies, it saves decoding what was decoded before: a host sends the same series
 * with the same fields in the same order again and again. Bounded in number and bytes: forgotten all at once when full, and the series still
 * written come back.
 */
export class SeriesKeys {
  readonly #byBytes = new Map<string, KnownSeries>();
  readonly #fieldKeys = new Map<string, FieldKeys>();
  readonly #limits: SeriesKeysLimits;
  #heldBytes = 0;

  constructor(limits: SeriesKeysLimits = LIMITS) {
    this.#limits = limits;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** `bytes` is the text of the bytes read as Latin-1, which is one to one. */
  get(bytes: string): KnownSeries | undefined {
    return this.#byBytes.get(bytes);
  }

  add(bytes: string, key: SeriesKey): KnownSeries {
    if (this.#byBytes.size >= this.#limits.series) this.#forget();
    this.#hold(COPIES * bytes.length);
    let fieldKeys = this.#fieldKeys.get(key.measurement);
    if (fieldKeys === undefined) {
      fieldKeys = new FieldKeys((more) => this.#hold(more));
      this.#fieldKeys.set(key.measurement, fieldKeys);
    }
    const known = { key, fieldKeys };
    this.#byBytes.set(bytes, known);
    return known;
  }

  /** Field keys a reader still uses live on, and count as what is learned anew. */
  #hold(bytes: number): void {
    if (this.#heldBytes + bytes > this.#limits.bytes) this.#forget();
    this.#heldBytes += bytes;
  }

  #forget(): void {
    this.#byBytes.clear();
    this.#fieldKeys.clear();
    this.#heldBytes = 0;
  }
}

/** The field keys the last lines of a measurement had, by place: a guess that is checked byte by byte. */
export class FieldKeys {
  readonly #texts: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #onMore: (bytes: number) => void;
  /** The most bytes a place has held, for which `onMore` was told. */
  readonly #most: number[] = [];

  constructor(onMore: (bytes: number) => void) {
    this.#onMore = onMore;
  }

  /** Where the `=` stands when the key expected at this place stands at `start`; −1 when it does not. */
  endsAt(place: number, body: Buffer, start: number): number {
    const bytes = this.#bytes[place];
    if (bytes === undefined) return -1;
    const end = start + bytes.length;
    if (body[end] !== EQUALS) return -1;
    for (let i = 0; i < bytes.length; i++) if (body[start + i] !== bytes[i]) return -1;
    return end;
  }

  /** The key expected at a place, for which `endsAt` found an end. */
  textAt(place: number): string {
    return this.#texts[place] ?? "";
  }

  learn(place: number, body: Buffer, start: number, end: number): string {
    const text = decodeKey(body, start, end);
    if (place < MAX_REMEMBERED_FIELDS && end - start <= MAX_REMEMBERED_BYTES) {
      const more = COPIES * (end - start) - (this.#most[place] ?? 0);
      if (more > 0) {
        this.#most[place] = COPIES * (end - start);
        this.#onMore(more);
      }
      this.#texts[place] = text;
      this.#bytes[place] = Uint8Array.prototype.slice.call(body, start, end);
    }
    return text;
  }
}
