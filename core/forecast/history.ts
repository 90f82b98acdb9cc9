import { medianOf, spreadOf } from "./quantiles.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** What was used of how much, over time. Times ascend, an hour apart or less; used and total in the same unit. */
export interface Usage {
  readonly timesMs: ArrayLike<number>;
  readonly used: ArrayLike<number>;
  readonly total: ArrayLike<number>;
}

/** Medians of equal stretches of time, the last of which ends with the last sample; NaN where there was no sample. */
export interface Bins {
  readonly widthMs: number;
  readonly endMs: number;
  /** Mean time of the samples. */
  readonly timesMs: readonly number[];
  readonly used: readonly number[];
  readonly total: readonly number[];
}

export const BIN_MS = 4 * HOUR_MS;
export const BINS_PER_DAY = DAY_MS / BIN_MS;
/** Windows on both sides of a supposed jump: the longer one outweighs a single day that was odd. */
const SIDE_DAYS = [3, 2, 1] as const;
const LONGEST_SIDE = 3 * BINS_PER_DAY;
/** Less is growth or noise, and no jump. */
const LEAST_JUMP_OF_TOTAL = 0.03;
/** A total that changes by less is hosts that come and go. */
const LEAST_CHANGE_OF_TOTAL = 0.05;
/** Whoever had used so much of it, was held back by the limit. */
const HELD_BACK_AT = 0.95;
/** In spreads of what changes from three days to the next three. */
const JUMP_SPREADS = 6;

export function binsOf(usage: Usage, widthMs: number): Bins {
  const count = usage.timesMs.length;
  const endMs = usage.timesMs[count - 1] ?? 0;
  const length = count === 0 ? 0 : Math.floor((endMs - (usage.timesMs[0] ?? 0)) / widthMs) + 1;
  const gathered = Array.from({ length }, () => ({ timesMs: 0, used: [] as number[], total: [] as number[] }));
  for (let i = 0; i < count; i++) {
    const bin = gathered[length - 1 - Math.floor((endMs - (usage.timesMs[i] ?? 0)) / widthMs)];
    if (bin === undefined) continue;
    bin.timesMs += usage.timesMs[i] ?? 0;
    bin.used.push(usage.used[i] ?? 0);
    bin.total.push(usage.total[i] ?? 0);
  }
  return {
    widthMs,
    endMs,
    timesMs: gathered.map((bin) => bin.timesMs / bin.used.length),
    used: gathered.map((bin) => medianOf(bin.used)),
    total: gathered.map((bin) => medianOf(bin.total)),
  };
}

/**
 * The bin from which on the history says something of what comes: behind the last time when a total that held use back was changed by
 * much, or when much was deleted or made at once. 0 when there was no such time.
 */
export function countsFrom(bins: Bins): number {
  return Math.max(lastRelease(bins), lastJump(bins));
}

/** A total that was changed while there was plenty changes nothing of how use grows. */
function lastRelease({ total, used }: Bins): number {
  let previous = Number.NaN;
  let last = 0;
  total.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const isChanged = Math.abs(value - previous) >= LEAST_CHANGE_OF_TOTAL * Math.abs(previous);
    const dayBefore = known(used.slice(Math.max(0, i - BINS_PER_DAY), i));
    if (isChanged && Math.max(...dayBefore) >= HELD_BACK_AT * previous) last = i;
    previous = value;
  });
  return last;
}

/** Medians of three days before and after each moment are compared: growth, seasons and odd days change them little. */
function lastJump({ used, total }: Bins): number {
  const growth = growthPerBin(used);
  const shifts = used.map((_, i) => shiftAt(used, i, growth));
  const size = total.findLast((value) => !Number.isNaN(value)) ?? 0;
  const least = Math.max(LEAST_JUMP_OF_TOTAL * Math.abs(size), JUMP_SPREADS * spreadOf(known(shifts)));
  const last = shifts.findLastIndex((shift) => Math.abs(shift) > least);
  if (last < 0) return 0;
  // Where the sides differ most: around it they differ, too.
  let sharpest = last;
  for (let i = last; i >= 0 && last - i < 3 * BINS_PER_DAY && Math.abs(shifts[i] ?? 0) > least; i--) {
    if (Math.abs(shifts[i] ?? 0) > Math.abs(shifts[sharpest] ?? 0)) sharpest = i;
  }
  return sharpest;
}

/**
 * By how much the days from here on are above those before, beyond what growth explains: that of the whole history or that of these
 * days, whichever explains more, since growth that sets in is no jump, nor is a day that was odd. NaN within a day of either end.
 */
function shiftAt(used: readonly number[], at: number, growth: number): number {
  for (const days of SIDE_DAYS) {
    const length = days * BINS_PER_DAY;
    if (at < length || at + length > used.length) continue;
    const [before, after] = [used.slice(at - length, at), used.slice(at, at + length)];
    if (known(before).length < length / 2 || known(after).length < length / 2) continue;
    const step = medianOf(known(after)) - medianOf(known(before));
    const beyondAll = step - growth * length;
    const growthBefore = growthPerBin(used.slice(Math.max(0, at - LONGEST_SIDE), at));
    const growthThen = days === 1 ? growthBefore : (growthBefore + growthPerBin(after)) / 2;
    const beyondThese = step - growthThen * length;
    if (beyondAll > 0 !== beyondThese > 0) return 0;
    return Math.abs(beyondAll) < Math.abs(beyondThese) ? beyondAll : beyondThese;
  }
  return Number.NaN;
}

/** The median of what was gained from day to day: a jump is one among many days. */
function growthPerBin(used: readonly number[]): number {
  const gains: number[] = [];
  for (let i = BINS_PER_DAY; i < used.length; i++) {
    const gain = (used[i] ?? 0) - (used[i - BINS_PER_DAY] ?? 0);
    if (!Number.isNaN(gain)) gains.push(gain);
  }
  return gains.length === 0 ? 0 : medianOf(gains) / BINS_PER_DAY;
}

function known(values: readonly number[]): readonly number[] {
  return values.filter((value) => !Number.isNaN(value));
}
