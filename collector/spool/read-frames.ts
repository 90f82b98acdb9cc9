import { readFully } from "./durable-file.ts";
import { decodeFrame, FRAME_PREFIX_BYTES, type Frame } from "./frame.ts";
import type { Segment } from "./segments.ts";

/** `damaged` only when what stands at the offset is: all before damage is handed out first. */
export type SegmentReading =
  | { readonly kind: "frames"; readonly frames: readonly Frame[]; readonly nextOffset: number }
  | { readonly kind: "damaged" };

/** About `limitBytes` of frames of one segment, at least one or a hole; `offset` must lie before the segment's end. */
export async function readFrames(segment: Segment, offset: number, limitBytes: number): Promise<SegmentReading> {
  const available = segment.bytes - offset;
  const bytes = await readFully(segment.path, offset, Math.min(Math.max(limitBytes, FRAME_PREFIX_BYTES), available));
  const frames: Frame[] = [];
  let at = 0;
  for (;;) {
    const reading = decodeFrame(bytes, at, segment.number, offset);
    if (reading.kind === "frame" || reading.kind === "hole") {
      if (reading.kind === "frame") frames.push(reading.frame);
      at = reading.next;
      continue;
    }
    if (at > 0) return { kind: "frames", frames, nextOffset: offset + at };
    // Longer than the limit: read just this one.
    if (reading.kind === "short" && reading.frameBytes > bytes.length && reading.frameBytes <= available) {
      return readFrames(segment, offset, reading.frameBytes);
    }
    return { kind: "damaged" };
  }
}
