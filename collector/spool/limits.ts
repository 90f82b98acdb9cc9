import type { SpoolOptions } from "./spool-options.ts";

const MOST_KEPT_BYTES = 1_000_000_000;
const LARGEST_SEGMENT_BYTES = 64_000_000;

/** Bounds of a spool that fits on `maxBytes` of disk. Segments go as a whole, so they are small beside what is kept. */
export function spoolLimits(maxBytes: number): Pick<SpoolOptions, "segmentBytes" | "maxBytes" | "keepBytes"> {
  return {
    maxBytes,
    keepBytes: Math.min(MOST_KEPT_BYTES, Math.floor(maxBytes / 2)),
    segmentBytes: Math.min(LARGEST_SEGMENT_BYTES, Math.floor(maxBytes / 8)),
  };
}
