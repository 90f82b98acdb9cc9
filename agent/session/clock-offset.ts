import type { EpochMs } from "../../core/clock.ts";

/** One question and answer; the answer says when, by the collector's clock, it was given. */
export interface RoundTrip {
  /** Agent's clock when the question was sent. */
  readonly sentAt: EpochMs;
  readonly rttMs: number;
  readonly serverAt: EpochMs;
}

/** Round trips that are remembered: enough to meet an undisturbed one, few enough to follow a clock that is set. */
const REMEMBERED = 8;

/** The agent's clock minus the collector's, from the round trips seen so far. */
export interface ClockOffset {
  add(roundTrip: RoundTrip): void;
  /** 0 before the first round trip. */
  offsetMs(): number;
}

/**
 * As NTP (RFC 5905 §8): the answer was given halfway; of several round trips the shortest is the least wrong. It may be
 * wrong by half of itself, so an offset smaller than that counts as none: clocks that agree must not be set apart by a
 * busy moment, or events of one machine would be recorded in its own future or past.
 */
export function createClockOffset(): ClockOffset {
  let recent: readonly RoundTrip[] = [];
  return {
    add(roundTrip) {
      recent = [...recent.slice(1 - REMEMBERED), roundTrip];
    },
    offsetMs() {
      if (recent.length === 0) return 0;
      const best = recent.reduce((a, b) => (b.rttMs < a.rttMs ? b : a));
      const offsetMs = Math.round(best.sentAt + best.rttMs / 2) - best.serverAt;
      return Math.abs(offsetMs) <= best.rttMs / 2 + 1 ? 0 : offsetMs;
    },
  };
}
