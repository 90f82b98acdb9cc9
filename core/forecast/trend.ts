import { BIN_MS, BINS_PER_DAY, type Bins, binsOf, DAY_MS, type Usage } from "./history.ts";
import { medianOf } from "./quantiles.ts";
import { type RobustLine, robustLine } from "./robust-line.ts";

/** How usage grows: a line through its bins, and what each phase of the season has above it. */
export interface Trend {
  /** x in days from the last sample. */
  readonly line: RobustLine;
  readonly widthMs: number;
  /** By the number of bins before the last one, modulo its length. */
  readonly season: readonly number[];
  readonly endMs: number;
  readonly spanDays: number;
  /** There are two weeks at least, so that a week's course can be told from growth. */
  readonly knowsWeeks: boolean;
}

const WEEKS_DAYS = 14;
const DAYS_PER_WEEK = 7;

/** Undefined when there are too few samples for a line. */
export function trendOf(usage: Usage): Trend | undefined {
  const count = usage.timesMs.length;
  const spanDays = count === 0 ? 0 : ((usage.timesMs[count - 1] ?? 0) - (usage.timesMs[0] ?? 0)) / DAY_MS;
  const knowsWeeks = spanDays >= WEEKS_DAYS - 0.1;
  const bins = binsOf(usage, knowsWeeks ? DAY_MS : BIN_MS);
  const period = knowsWeeks ? DAYS_PER_WEEK : BINS_PER_DAY;
  const points = pointsOf(bins);
  if (points.length < 2 * period) return undefined;
  const x = points.map(({ x }) => x);
  const season = seasonOf(points, period, slopeAcross(points, period));
  const flat = points.map(({ y, ago }) => y - (season[ago % period] ?? 0));
  const line = robustLine(x, flat, period - 1);
  return { line, widthMs: bins.widthMs, season, endMs: bins.endMs, spanDays, knowsWeeks };
}

interface Point {
  /** Days from the last sample; negative. */
  readonly x: number;
  readonly y: number;
  /** Bins between it and the last one. */
  readonly ago: number;
}

function pointsOf({ used, timesMs, endMs }: Bins): readonly Point[] {
  return used.flatMap((y, i) => {
    const ago = used.length - 1 - i;
    return Number.isNaN(y) ? [] : [{ x: ((timesMs[i] ?? 0) - endMs) / DAY_MS, y, ago }];
  });
}

/** The slope between points of the same phase, which no season touches. */
function slopeAcross(points: readonly Point[], period: number): number {
  const slopes: number[] = [];
  for (const [i, later] of points.entries()) {
    for (const earlier of points.slice(0, i)) {
      if ((earlier.ago - later.ago) % period === 0) slopes.push((later.y - earlier.y) / (later.x - earlier.x));
    }
  }
  return slopes.length === 0 ? 0 : medianOf(slopes);
}

/** What each phase has above the line, around 0. */
function seasonOf(points: readonly Point[], period: number, slope: number): readonly number[] {
  const rest = points.map(({ x, y, ago }) => ({ phase: ago % period, above: y - slope * x }));
  const middle = medianOf(rest.map(({ above }) => above));
  const offsets = Array.from({ length: period }, (_, phase) => {
    const own = rest.filter((each) => each.phase === phase);
    return own.length === 0 ? 0 : medianOf(own.map(({ above }) => above)) - middle;
  });
  const mean = offsets.reduce((sum, offset) => sum + offset, 0) / period;
  return offsets.map((offset) => offset - mean);
}

/** What the season has above the line at a moment of past or future. */
export function seasonAt({ season, endMs, widthMs }: Trend, atMs: number): number {
  const ago = Math.floor((endMs - atMs) / widthMs);
  const phase = ((ago % season.length) + season.length) % season.length;
  return season[phase] ?? 0;
}
