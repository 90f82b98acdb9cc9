import type { EpochMs } from "../../../core/clock.ts";
import { instant } from "../model/view-clock.ts";

/** How much faster than it happened. */
export const SPEEDS = [1, 5, 20, 60, 300, 600] as const;
export type Speed = (typeof SPEEDS)[number];

/** Time of quiet on the screen that is worth skipping. */
const QUIET_MS = 1_500;
/** What is shown of the quiet before the next change. */
const LEAD_MS = 500;

/**
 * Where the playhead is after `elapsedMs` of playing; it stops at `end`. With `nextChange`, quiet longer than 1.5 s on
 * the screen is skipped up to half a second before that change; with none left it goes on to the end.
 */
export function advance(options: {
  readonly playhead: EpochMs;
  readonly elapsedMs: number;
  readonly speed: number;
  readonly end: EpochMs;
  /** Undefined: play the quiet too. `none`: skip, and nothing more changes until the end. */
  readonly nextChange: EpochMs | "none" | undefined;
}): EpochMs {
  const { playhead, elapsedMs, speed, end, nextChange } = options;
  const stepped = playhead + elapsedMs * speed;
  if (nextChange === undefined) return instant(Math.min(end, stepped));
  if (nextChange === "none") return end;
  const quietMs = (nextChange - playhead) / speed;
  const reached = quietMs > QUIET_MS ? nextChange - LEAD_MS * speed : stepped;
  return instant(Math.min(end, reached));
}
