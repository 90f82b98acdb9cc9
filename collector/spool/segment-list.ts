import type { SpoolPosition } from "../../store/metric-store.ts";
import { SEGMENT_HEADER_BYTES, type Segment } from "./segments.ts";

/** The segments of a spool, oldest first, at least one; the last is being written. What positions mean among them. */
export class SegmentList {
  readonly #segments: Segment[];

  constructor(segments: readonly [Segment, ...Segment[]]) {
    this.#segments = [...segments];
  }

  get count(): number {
    return this.#segments.length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  get oldest(): Segment {
    return present(this.#segments[0]);
  }

  get last(): Segment {
    return present(this.#segments.at(-1));
  }

  numbered(number: number): Segment | undefined {
    return this.#segments.find((segment) => segment.number === number);
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  remove(segment: Segment): void {
    const place = this.#segments.indexOf(segment);
    if (place >= 0) this.#segments.splice(place, 1);
  }

  /** The same place, as one that exists: segments come and go, and a position may be older than the oldest. */
  settle({ segment: number, offset }: SpoolPosition): SpoolPosition {
    const segment = this.#segments.find((one) => one.number >= number) ?? this.oldest;
    if (segment.number !== number) return startOf(segment);
    if (offset < segment.bytes || segment === this.last) {
      return { segment: number, offset: Math.max(SEGMENT_HEADER_BYTES, Math.min(offset, segment.bytes)) };
    }
    return this.settle({ segment: number + 1, offset: SEGMENT_HEADER_BYTES });
  }

  bytesAfter(from: SpoolPosition): number {
    const position = this.settle(from);
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.number === position.segment) bytes += segment.bytes - position.offset;
      else if (segment.number > position.segment) bytes += segment.bytes - SEGMENT_HEADER_BYTES;
    }
    return bytes;
  }
}

export function startOf(segment: Segment): SpoolPosition {
  return { segment: segment.number, offset: SEGMENT_HEADER_BYTES };
}

function present(segment: Segment | undefined): Segment {
  if (segment === undefined) throw new Error("a spool has a segment");
  return segment;
}
