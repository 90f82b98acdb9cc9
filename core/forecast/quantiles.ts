/** The value below which a share of the others lies, between neighbours by proportion. NaN when there are none. */
export function quantileOf(values: ArrayLike<number>, share: number): number {
  return quantileOfSorted(sortedOf(values), share);
}

export function medianOf(values: ArrayLike<number>): number {
  return quantileOf(values, 0.5);
}

/** As the standard deviation of normal values, and hardly moved by a few that are far off. */
export function spreadOf(values: ArrayLike<number>): number {
  const middle = medianOf(values);
  return SPREAD_OF_NORMAL * medianOf(Float64Array.from(values, (value) => Math.abs(value - middle)));
}

export function sortedOf(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

export function quantileOfSorted(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = Math.min(Math.max(share, 0), 1) * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below] ?? 0, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  return low + (high - low) * (place - below);
}

/** A normal value's standard deviation over the median of its distance from the middle. */
const SPREAD_OF_NORMAL = 1.4826;
