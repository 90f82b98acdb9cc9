import type { EpochMs } from "../../../core/clock.ts";

/** What moment the whole page shows. Every panel follows it. */
export type ViewClock =
  | { readonly kind: "live" }
  | { readonly kind: "past"; readonly at: EpochMs }
  | { readonly kind: "diff"; readonly a: EpochMs; readonly b: EpochMs };

/** The moment to draw: a difference is drawn on the later of its two states. */
export function momentOf(clock: ViewClock, now: EpochMs): EpochMs {
  switch (clock.kind) {
    case "live":
      return now;
    case "past":
      return clock.at;
    case "diff":
      return clock.b;
  }
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Lengths of the time bar's window that are offered by name. */
export const SPANS_MS = [15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS] as const;
/** Short, so that what happens while one looks has room on the bar from the first minute on. */
export const DEFAULT_SPAN_MS = SPANS_MS[0];
/** The shortest and the longest window that can be chosen. */
export const MIN_SPAN_MS = 60_000;
export const MAX_SPAN_MS = 90 * DAY_MS;

export interface TimeWindow {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** The end of a window away from live is known to this much, so that it does not move with every tick of now. */
const NOW_STEP_MS = 10_000;

/**
 * The window of the time bar. Live it ends now. Else it stays where it was put (`windowEnd`), or lies around the moment
 * looked at; it moves on, by quarters, only when that moment would leave it, and ends at the next whole 10 s from now
 * at the latest.
 */
export function windowOf(options: {
  readonly clock: ViewClock;
  readonly spanMs: number;
  readonly windowEnd: EpochMs | undefined;
  readonly now: EpochMs;
}): TimeWindow {
  const { clock, spanMs, windowEnd, now } = options;
  if (clock.kind === "live") return spanEndingAt(now, spanMs);
  const [first, last] = clock.kind === "past" ? [clock.at, clock.at] : inOrder(clock.a, clock.b);
  const quarter = spanMs / 4;
  const latest = Math.ceil(now / NOW_STEP_MS) * NOW_STEP_MS;
  let end: number = windowEnd ?? Math.ceil(last / quarter + 1) * quarter;
  if (last > end) end += Math.ceil((last - end) / quarter) * quarter;
  const earliest = last - first < spanMs ? first : last;
  if (earliest < end - spanMs) end -= Math.ceil((end - spanMs - earliest) / quarter) * quarter;
  return spanEndingAt(Math.max(last, Math.min(end, latest)), spanMs);
}

function inOrder(one: EpochMs, other: EpochMs): readonly [EpochMs, EpochMs] {
  return one <= other ? [one, other] : [other, one];
}

function spanEndingAt(end: number, spanMs: number): TimeWindow {
  return { from: instant(end - spanMs), to: instant(end) };
}

/** Rounds arithmetic on instants to whole milliseconds. */
export function instant(value: number): EpochMs {
  return Math.round(value) as EpochMs;
}
