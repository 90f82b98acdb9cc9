import { medianOf, quantileOfSorted, sortedOf, spreadOf } from "./quantiles.ts";

/** A straight line through points of which many may be off. */
export interface RobustLine {
  /** Of y for each x. */
  readonly slope: number;
  /** Where the line is at the middle x. */
  readonly middle: number;
  readonly middleX: number;
  /** Slopes of all pairs, ascending. */
  readonly slopes: Float64Array;
  /** Spread of what is left beside the line. */
  readonly spread: number;
  /** Points that count as much as independent ones would: neighbours that resemble each other count for less. */
  readonly weight: number;
  readonly count: number;
}

/** Neighbours that resemble each other more than that would make any line doubtful; they are counted as this. */
const MOST_RESEMBLANCE = 0.8;
const EXACT = 1e-9;

/**
 * Theil–Sen: the median of the slopes between all pairs of points; up to 29 % of the points may lie anywhere.
 * `freedom` is what was already taken from the points, such as offsets of a season. x ascends, strictly.
 * Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, 1968.
 */
export function robustLine(x: readonly number[], y: readonly number[], freedom = 0): RobustLine {
  const count = x.length;
  const slopes = new Float64Array((count * (count - 1)) / 2);
  let pair = 0;
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) slopes[pair++] = ((y[i] ?? 0) - (y[j] ?? 0)) / ((x[i] ?? 0) - (x[j] ?? 0));
  }
  slopes.sort();
  const slope = quantileOfSorted(slopes, 0.5);
  const middleX = medianOf(x);
  const middle = medianOf(y.map((value, i) => value - slope * ((x[i] ?? 0) - middleX)));
  const rest = y.map((value, i) => value - middle - slope * ((x[i] ?? 0) - middleX));
  const free = Math.max(2, count - freedom);
  const spread = spreadOf(rest) * Math.sqrt(count / free);
  // What rounding leaves beside a perfect line says nothing of neighbours.
  const isExact = spread <= EXACT * Math.max(...y.map(Math.abs));
  const resemblance = isExact ? 0 : resemblanceOf(rest);
  return {
    slope,
    middle,
    middleX,
    slopes,
    spread,
    weight: (free * (1 - resemblance)) / (1 + resemblance),
    count,
  };
}

/**
 * The slopes between which the true one lies, `deviations` of the normal distribution wide (2: 95 %). Infinite where there are
 * too few pairs to say. From the distribution of Kendall's S without a trend.
 */
export function slopeInterval(line: RobustLine, deviations: number): readonly [low: number, high: number] {
  const { slopes, count, weight } = line;
  const deviationOfS = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18) * Math.sqrt(count / weight);
  const out = (deviations * deviationOfS) / slopes.length / 2;
  if (!(out < 0.5)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [quantileOfSorted(slopes, 0.5 - out), quantileOfSorted(slopes, 0.5 + out)];
}

/** How far off the line's middle may be, one deviation. The median of normal values is 1.25 times as uncertain as their mean. */
export function middleDeviation({ spread, weight }: RobustLine): number {
  return (1.2533 * spread) / Math.sqrt(weight);
}

/** Correlation of neighbours by ranks of their signs, which no outlier moves far: between 0 and `MOST_RESEMBLANCE`. */
function resemblanceOf(rest: readonly number[]): number {
  const middle = sortedOf(rest)[rest.length >> 1] ?? 0;
  let same = 0;
  for (let i = 1; i < rest.length; i++) if ((rest[i] ?? 0) > middle === (rest[i - 1] ?? 0) > middle) same += 1;
  const share = rest.length < 2 ? 0 : same / (rest.length - 1);
  // Of normal values with correlation r, neighbours have the same sign in 1/2 + arcsin(r)/π of the cases.
  const correlation = Math.sin(Math.PI * (share - 0.5));
  return Math.min(Math.max(correlation, 0), MOST_RESEMBLANCE);
}
