import { createHash } from "node:crypto";
import { type EpochMs, epochMsOf } from "../core/clock.ts";

/** A group is evaluated at fixed slots of wall time, the same ones after a restart; groups are spread over their interval. */
export interface Schedule {
  readonly intervalMs: number;
  readonly offsetMs: number;
}

export function scheduleOf(group: string, intervalMs: number): Schedule {
  const hash = createHash("sha256").update(group).digest().readUInt32BE(0);
  return { intervalMs, offsetMs: hash % intervalMs };
}

/** The last slot at or before a moment. */
export function slotAt({ intervalMs, offsetMs }: Schedule, at: EpochMs): EpochMs {
  return epochMsOf(Math.floor((at - offsetMs) / intervalMs) * intervalMs + offsetMs);
}

export function nextSlot(schedule: Schedule, after: EpochMs): EpochMs {
  return epochMsOf(slotAt(schedule, after) + schedule.intervalMs);
}

/** How far before its time a timer may fire and still mean its slot; the clock was set back when it is more. */
const EARLY_TIMER_MS = 50;

/** The slot to evaluate when the timer for `planned` fires at `now`. */
export function slotToRun(schedule: Schedule, planned: EpochMs, now: EpochMs): EpochMs {
  const isEarly = planned > now && planned - now <= EARLY_TIMER_MS;
  return isEarly ? planned : slotAt(schedule, now);
}
