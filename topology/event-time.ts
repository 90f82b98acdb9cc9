import { type EpochMs, epochMsOf } from "../core/clock.ts";

/** An event said to be older than this happened, for us, this long ago: no clock is trusted further. */
export const MAX_LATENESS_MS = 24 * 3_600_000;

/**
 * When something happened, as we record it: no later than now, never earlier than `MAX_LATENESS_MS` ago, and
 * never before what the same origin told last (`floor`), so that per element time and revision rise together.
 * The floor goes before all else: after the collector's clock is set back it lies in the future, and the origin's
 * events are recorded at it, later than they are known, until the clock has caught up.
 */
export function eventTime(said: EpochMs, now: EpochMs, floor: EpochMs | undefined): EpochMs {
  const plausible = Math.max(Math.min(said, now), now - MAX_LATENESS_MS);
  return epochMsOf(Math.max(plausible, floor ?? 0));
}
