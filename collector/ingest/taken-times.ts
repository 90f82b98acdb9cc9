import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { MAX_AHEAD_MS } from "../../store/embedded/metrics/limits.ts";

const HOUR_MS = 3_600_000;

/** Which times a store takes that nothing else keeps the samples for. */
export interface TakenTimes {
  readonly oldest: EpochMs;
  readonly newest: EpochMs;
  readonly retentionHours: number;
}

/** How many lines were outside of it. */
export interface OutsideTime {
  readonly tooOld: number;
  readonly tooNew: number;
}

export const NONE_OUTSIDE: OutsideTime = { tooOld: 0, tooNew: 0 };

/** Those of the head: whole hours. */
export function takenTimes(retentionHours: number, now: EpochMs): TakenTimes {
  const oldest = (Math.floor(now / HOUR_MS) - retentionHours) * HOUR_MS;
  return { oldest: epochMsOf(oldest), newest: epochMsOf(now + MAX_AHEAD_MS), retentionHours };
}

/** Undefined of a time that is taken. */
export function whyOutside({ oldest, newest }: TakenTimes, at: EpochMs): keyof OutsideTime | undefined {
  if (at < oldest) return "tooOld";
  return at > newest ? "tooNew" : undefined;
}

export function outsideText(why: keyof OutsideTime, at: EpochMs, { retentionHours }: TakenTimes): string {
  const time = new Date(at).toISOString();
  return why === "tooOld"
    ? `its time ${time} is older than ${retentionHours} hours (metrics.retention_hours)`
    : `its time ${time} is more than an hour ahead of the clock here`;
}

export function sumOutside(left: OutsideTime, right: OutsideTime): OutsideTime {
  return { tooOld: left.tooOld + right.tooOld, tooNew: left.tooNew + right.tooNew };
}
