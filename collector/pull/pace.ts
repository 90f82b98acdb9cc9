import { crc32 } from "node:zlib";

/** When a target's rounds are due: at `offsetMs` of each interval since 1970, so that a restart keeps the pace. */
export interface Pace {
  readonly intervalMs: number;
  readonly offsetMs: number;
}

/** Targets are spread over the interval by their names, each always at its own place. */
export function paceOf(key: string, intervalMs: number): Pace {
  return { intervalMs, offsetMs: Math.floor((crc32(key) / 2 ** 32) * intervalMs) };
}

/**
 * When the next round is due, at `nowMs` or later. Counted from the clock each time, so that rounds do not drift, however long
 * each takes; rounds that went by meanwhile are left out. A timer may fire a little early: the round of `lastMs` is not due twice.
 */
export function nextDueMs({ intervalMs, offsetMs }: Pace, nowMs: number, lastMs: number | undefined): number {
  const due = Math.ceil((nowMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
  return due === lastMs ? due + intervalMs : due;
}
