import { SPACE } from "./ascii.ts";
import { standsAt, takeBytes } from "./byte-words.ts";
import type { FieldKeys } from "./field-keys.ts";
import type { SeriesKey } from "./line.ts";
import { readSeriesKey } from "./series-key.ts";

/** A series that was read before: the same object as long as it is remembered. */
export class KnownSeries {
  /** Holds the key as it was written (byte-words.ts). */
  readonly arena: Int32Array;
  readonly from: number;
  readonly length: number;
  readonly hash: number;
  readonly measurementBytes: number;
  readonly fieldKeys: FieldKeys;
  /** The values of two tags that are asked for with every line. */
  readonly host: string | undefined;
  readonly cluster: string | undefined;
  /** The series whose line came after this one's the last time. */
  next: KnownSeries | undefined;
  /** For whoever takes the lines: what it wants to find again with the series. */
  kept: unknown;
  /** Another one with the same place in the table. */
  neighbour: KnownSeries | undefined;

  constructor(
    place: { readonly arena: Int32Array; readonly from: number; readonly length: number; readonly hash: number },
    key: SeriesKey,
    fieldKeys: FieldKeys,
  ) {
    this.arena = place.arena;
    this.from = place.from;
    this.length = place.length;
    this.hash = place.hash;
    this.measurementBytes = key.measurementBytes;
    this.fieldKeys = fieldKeys;
    this.host = tagOf(key, "host");
    this.cluster = tagOf(key, "cluster");
    this.next = undefined;
    this.kept = undefined;
    this.neighbour = undefined;
  }

  /** Decoded anew each time: few need it, and most of a cloud's memory would be these. */
  get key(): SeriesKey {
    const bytes = takeBytes(this.arena, this.from, this.length);
    const key = readSeriesKey(bytes, 0, bytes.length, Number.POSITIVE_INFINITY);
    if ("kind" in key) throw new Error(`a key that was read once: ${key.message}`);
    return key;
  }

  /** Whether its key stands in a body, and a space behind it, which ends a key. */
  standsAt(body: Buffer, view: DataView, start: number): boolean {
    return body[start + this.length] === SPACE && standsAt(this.arena, this.from, this.length, view, start);
  }
}

function tagOf({ tags }: SeriesKey, key: string): string | undefined {
  return tags.find((tag) => tag.key === key)?.value;
}
