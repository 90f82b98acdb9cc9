import { BIN_MS, binsOf, countsFrom, DAY_MS, HOUR_MS, type Usage } from "./history.ts";
import { quantileOf } from "./quantiles.ts";
import { middleDeviation, slopeInterval } from "./robust-line.ts";
import { seasonAt, type Trend, trendOf } from "./trend.ts";

/** When something runs out, as far as its history says. Times in epoch milliseconds. */
export type Forecast =
  | RunsOut
  /** Nothing is left now. */
  | { readonly kind: "full" }
  /** It does not grow, or so slowly that it lasts at least until then. */
  | { readonly kind: "lasts"; readonly untilMs: number; readonly perDay: number }
  /** It is not to be said. */
  | { readonly kind: "unknown"; readonly reason: UnknownBecause };

export interface RunsOut {
  readonly kind: "runs_out";
  /** In nine cases of ten the first moment without anything left lies between these. */
  readonly earliestMs: number;
  readonly likelyMs: number;
  readonly latestMs: number;
  /** Growth, in units a day. */
  readonly perDay: number;
  /** Since when the history counts. */
  readonly sinceMs: number;
  /** Where use is expected from the last sample on. */
  readonly cone: readonly ConePoint[];
}

export interface ConePoint {
  readonly atMs: number;
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export type UnknownBecause = "no_total" | "too_little_history" | "old_history" | "no_clear_trend";

const LEAST_DAYS = 3;
/** Samples older than that say nothing of now. */
const OLD_MS = 2 * DAY_MS;
/** Two weeks are told from growth only when they are known; with less, only growth by so much of the total is one. */
const CLEAR_GROWTH_OF_TOTAL = 0.2;
/** A trend is one when chance makes one like it in 1 of 1,000 flat histories; most of these last anyway. */
const TREND_DEVIATIONS = 3;
const INTERVAL_DEVIATIONS = 1.3;
/** How far ahead is looked, as a multiple of the history that counts, and at most. */
const AHEAD = { weeksKnown: 6, weeksUnknown: 2, mostDays: 400 } as const;
/** Growth itself changes; where a week's course may be in it, by more. */
const SLACK = { weeksKnown: [0.97, 1.03], weeksUnknown: [0.7, 1.35] } as const;
const CONE_POINTS = 24;

/** `usage` with samples every hour or more often, four weeks of them or whatever there is. */
export function forecastRunOut(usage: Usage, nowMs: number): Forecast {
  const last = usage.timesMs.length - 1;
  const [total, used] = [usage.total[last] ?? Number.NaN, usage.used[last] ?? Number.NaN];
  if (last < 0) return { kind: "unknown", reason: "too_little_history" };
  if (!(total > 0)) return { kind: "unknown", reason: "no_total" };
  if (nowMs - (usage.timesMs[last] ?? 0) > OLD_MS) return { kind: "unknown", reason: "old_history" };
  if (used >= total) return { kind: "full" };
  const counting = countingPart(usage);
  const trend = trendOf(counting);
  if (trend === undefined || trend.spanDays < LEAST_DAYS) return { kind: "unknown", reason: "too_little_history" };
  return judge(trend, counting, total);
}

/** Behind the last jump. */
function countingPart(usage: Usage): Usage {
  const bins = binsOf(usage, BIN_MS);
  const from = countsFrom(bins);
  const sinceMs = bins.endMs - (bins.used.length - from) * BIN_MS;
  let first = 0;
  while (from > 0 && first < usage.timesMs.length && (usage.timesMs[first] ?? 0) <= sinceMs) first += 1;
  const part = (values: ArrayLike<number>) => Array.from(values).slice(first);
  return { timesMs: part(usage.timesMs), used: part(usage.used), total: part(usage.total) };
}

function judge(trend: Trend, counting: Usage, total: number): Forecast {
  const { line, spanDays, knowsWeeks } = trend;
  const aheadDays = Math.min(AHEAD.mostDays, spanDays * (knowsWeeks ? AHEAD.weeksKnown : AHEAD.weeksUnknown));
  const horizon: Horizon = { total, aheadDays };
  const bands = bandsOf(trend, counting);
  const [surely] = slopeInterval(line, TREND_DEVIATIONS);
  const isGrowing = surely > 0 && (knowsWeeks || line.slope * spanDays >= CLEAR_GROWTH_OF_TOTAL * total);
  const lasts = { kind: "lasts", untilMs: trend.endMs + aheadDays * DAY_MS, perDay: line.slope } as const;
  if (!isGrowing) {
    if (line.slope <= 0 || firstReached(trend, bands.high, horizon) === undefined) return lasts;
    return { kind: "unknown", reason: knowsWeeks ? "no_clear_trend" : "too_little_history" };
  }
  const likelyMs = firstReached(trend, bands.likely, horizon);
  if (likelyMs === undefined) return lasts;
  const further: Horizon = { total, aheadDays: aheadDays * 4 };
  const latestMs = firstReached(trend, bands.low, further) ?? trend.endMs + further.aheadDays * DAY_MS;
  const earliestMs = firstReached(trend, bands.high, horizon) ?? likelyMs;
  return {
    kind: "runs_out",
    earliestMs: Math.min(earliestMs, likelyMs),
    likelyMs,
    latestMs: Math.max(latestMs, likelyMs),
    perDay: line.slope,
    sinceMs: counting.timesMs[0] ?? trend.endMs,
    cone: coneOf(trend, bands, latestMs),
  };
}

interface Horizon {
  readonly total: number;
  readonly aheadDays: number;
}

/** A line of what is expected, without the season. */
interface Band {
  readonly atEnd: number;
  readonly perDay: number;
}

interface Bands {
  readonly low: Band;
  readonly likely: Band;
  readonly high: Band;
}

/** Hours lie around the line; the first one that reaches the total is one of the high ones. */
function bandsOf(trend: Trend, { timesMs, used }: Usage): Bands {
  const { line, knowsWeeks } = trend;
  const around = Array.from(timesMs, (at, i) => {
    const x = (at - trend.endMs) / DAY_MS;
    return (used[i] ?? 0) - line.middle - line.slope * (x - line.middleX) - seasonAt(trend, at);
  });
  const [lowSlope, highSlope] = slopeInterval(line, INTERVAL_DEVIATIONS);
  const [less, more] = knowsWeeks ? SLACK.weeksKnown : SLACK.weeksUnknown;
  const off = INTERVAL_DEVIATIONS * middleDeviation(line);
  const band = (slope: number, above: number): Band => ({
    atEnd: line.middle + slope * -line.middleX + above,
    perDay: slope,
  });
  // The line turns around its middle; slack is of the future only.
  const low = band(Math.min(lowSlope, line.slope), quantileOf(around, 0.5) - off);
  const high = band(Math.max(highSlope, line.slope), quantileOf(around, 0.95) + off);
  return {
    low: { ...low, perDay: low.perDay * less },
    likely: band(line.slope, quantileOf(around, 0.9)),
    high: { ...high, perDay: high.perDay * more },
  };
}

function firstReached(trend: Trend, band: Band, { total, aheadDays }: Horizon): number | undefined {
  const endMs = trend.endMs + aheadDays * DAY_MS;
  for (let atMs = trend.endMs + HOUR_MS; atMs <= endMs; atMs += HOUR_MS) {
    if (valueAt(trend, band, atMs) >= total) return atMs;
  }
  return undefined;
}

function valueAt(trend: Trend, { atEnd, perDay }: Band, atMs: number): number {
  return atEnd + (perDay * (atMs - trend.endMs)) / DAY_MS + seasonAt(trend, atMs);
}

function coneOf(trend: Trend, bands: Bands, untilMs: number): readonly ConePoint[] {
  return Array.from({ length: CONE_POINTS + 1 }, (_, i) => {
    const atMs = Math.round(trend.endMs + ((untilMs - trend.endMs) * i) / CONE_POINTS);
    const at = (band: Band): number => valueAt(trend, band, atMs);
    const likely = at(bands.likely);
    return { atMs, low: Math.min(at(bands.low), likely), likely, high: Math.max(at(bands.high), likely) };
  });
}
