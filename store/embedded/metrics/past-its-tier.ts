import { type FilePart, isUnfinished, type Part, type Parts } from "./parts.ts";
import { endOf, type Rollups } from "./rollups.ts";
import { HOURS_OF_DAY, tierOf } from "./tiers.ts";

/** Whole hours that are kept of each tier besides the present one. */
export interface KeptHours {
  readonly rawHours: number;
  readonly minuteHours: number;
  readonly hourHours: number;
  /** Whether samples have to wait until they are rolled up. */
  readonly makesRollups: boolean;
}

/** How much longer samples are kept than they are to be, when no rollup could be made of them. */
const PATIENCE_HOURS = 24;

export interface Due {
  readonly raw: readonly Part[];
  readonly files: readonly FilePart[];
  /** Whether nothing is left that is past its tier. */
  readonly isAll: boolean;
}

/**
 * What is past its tier. An hour goes as a whole, that its rollup is not hidden by what is left of it; and what a rollup is still to
 * be made of waits for it, for a day at most.
 */
export function duePerTier(
  { parts, rollups, kept }: { readonly parts: Parts; readonly rollups: Rollups; readonly kept: KeptHours },
  presentHour: number,
  isInUse: (part: Part) => boolean,
): Due {
  const isRolledUp = kept.makesRollups && (kept.minuteHours > 0 || kept.hourHours > 0);
  const rawFrom = presentHour - kept.rawHours;
  const waits = (part: Part) =>
    isInUse(part) || (isRolledUp && isUnfinished(part) && part.hour >= rawFrom - PATIENCE_HOURS);
  const overdue = parts.all().filter(({ hour }) => hour < rawFrom);
  const raw = whole(overdue, waits);
  const old = rollups.all().filter((file) => endOf(file) <= presentHour - hoursKept(file, kept));
  const files = whole(old, isInUse);
  return { raw, files, isAll: raw.length === overdue.length && files.length === old.length };
}

/** Those of which no other part of the same table and hour, or day, waits. */
function whole<P extends Part>(some: readonly P[], waits: (part: P) => boolean): readonly P[] {
  const key = (part: P): string => `${part.table} ${part.hour} ${part.kind === "file" ? tierOf(part.layer) : "raw"}`;
  const waiting = new Set(some.filter(waits).map(key));
  return some.filter((part) => !waiting.has(key(part)));
}

/**
 * The minutes of an hour become those of a day, which is when its hours are made; that may be late, since what came late is sealed
 * late.
 */
function hoursKept({ layer }: FilePart, { rawHours, minuteHours, hourHours }: KeptHours): number {
  if (layer === "day_1h") return hourHours;
  if (layer === "day_1m" || (minuteHours === 0 && hourHours === 0)) return minuteHours;
  return Math.max(minuteHours, rawHours) + HOURS_OF_DAY + PATIENCE_HOURS;
}
