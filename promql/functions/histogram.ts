import type { Call } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { emptyVector, type Vector } from "../vector.ts";
import { argument } from "./argument.ts";

interface Bucket {
  readonly upperBound: number;
  count: number;
}

/** `histogram_quantile(φ, buckets)` over classic histograms: series with a label `le`, cumulative counts. */
export async function histogramQuantile(call: Call, evaluation: Evaluation): Promise<Vector> {
  const phis = await evaluation.scalar(argument(call, 0));
  return ofBuckets(argument(call, 1), (step, buckets) => bucketQuantile(phis[step] ?? 0, buckets), evaluation);
}

/** `histogram_fraction(lower, upper, buckets)` over classic histograms. */
export async function histogramFraction(call: Call, evaluation: Evaluation): Promise<Vector> {
  const [lowers, uppers] = [await evaluation.scalar(argument(call, 0)), await evaluation.scalar(argument(call, 1))];
  const at = (step: number, buckets: readonly Bucket[]) =>
    bucketFraction(lowers[step] ?? 0, uppers[step] ?? 0, buckets);
  return ofBuckets(argument(call, 2), at, evaluation);
}

/** One value for each histogram and instant, of the buckets it has there, by ascending bounds. */
async function ofBuckets(
  arg: Call["args"][number],
  valueAt: (step: number, buckets: readonly Bucket[]) => number,
  evaluation: Evaluation,
): Promise<Vector> {
  const { grid, budget } = evaluation;
  const vector = await evaluation.vector(arg);
  const histograms = await histogramsOf(vector, evaluation);
  const result = emptyVector({ ids: Int32Array.from(histograms.keys()), names: "" }, grid.count, evaluation);
  let row = 0;
  for (const buckets of histograms.values()) {
    buckets.sort((a, b) => a.upperBound - b.upperBound);
    for (let step = 0; step < grid.count; step++) {
      const present = buckets.filter((bucket) => vector.present[bucket.row * grid.count + step] === 1);
      if (budget.work(STEPS_PER_BUCKET * buckets.length)) await budget.breathe();
      if (present.length === 0) continue;
      const counts = present.map((bucket) => ({
        upperBound: bucket.upperBound,
        count: vector.values[bucket.row * grid.count + step] ?? 0,
      }));
      result.values[row * grid.count + step] = valueAt(step, counts);
      result.present[row * grid.count + step] = 1;
    }
    row += 1;
  }
  return result;
}

const STEPS_PER_BUCKET = 10;

/** By the labels of a histogram: its rows. */
async function histogramsOf(vector: Vector, { table, budget }: Evaluation) {
  const histograms = new Map<number, { readonly upperBound: number; readonly row: number }[]>();
  const withoutBound = table.projection(false, ["le"]);
  for (let row = 0; row < vector.ids.length; row++) {
    if (budget.work(STEPS_PER_BOUND)) await budget.breathe();
    const id = vector.ids[row] ?? 0;
    const upperBound = parseBound(table.labelsOf(id).le);
    if (upperBound === undefined) continue;
    const histogram = withoutBound.of(id);
    const buckets = histograms.get(histogram) ?? [];
    histograms.set(histogram, buckets);
    buckets.push({ upperBound, row });
  }
  return histograms;
}

const STEPS_PER_BOUND = 40;

function parseBound(le: string | undefined): number | undefined {
  if (le === undefined || le.trim() !== le || le === "") return undefined;
  if (/^[+]?inf(inity)?$/i.test(le)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/i.test(le)) return Number.NEGATIVE_INFINITY;
  const bound = Number(le);
  return Number.isNaN(bound) ? undefined : bound;
}

/** Interpolates linearly within the bucket the rank falls into. Source: Prometheus, promql/quantile.go. */
export function bucketQuantile(phi: number, sorted: readonly Bucket[]): number {
  if (Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  if (sorted.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = monotonic(coalesced(sorted));
  const last = buckets.length - 1;
  const observations = buckets[last]?.count ?? 0;
  if (last < 1 || observations === 0) return Number.NaN;

  let rank = phi * observations;
  const found = firstReaching(rank, buckets);
  const bucket = buckets[found];
  const before = buckets[found - 1];
  if (bucket === undefined || found === last) return buckets[last - 1]?.upperBound ?? Number.NaN;
  if (before === undefined && bucket.upperBound <= 0) return bucket.upperBound;
  const start = before?.upperBound ?? 0;
  rank -= before?.count ?? 0;
  return start + (bucket.upperBound - start) * (rank / (bucket.count - (before?.count ?? 0)));
}

/** By halves, as Prometheus looks for it: where counts are not numbers, it matters which are looked at. The last at the latest. */
function firstReaching(rank: number, buckets: readonly Bucket[]): number {
  let [low, high] = [0, buckets.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[middle]?.count ?? 0) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Which share of the observations lies between two numbers, linearly interpolated within buckets. As for quantiles, the
 * first bucket begins at zero when its bound is above. Source: Prometheus, promql/quantile.go, BucketFraction.
 */
export function bucketFraction(lower: number, upper: number, sorted: readonly Bucket[]): number {
  if (sorted.at(-1)?.upperBound !== Number.POSITIVE_INFINITY) return Number.NaN;
  const buckets = coalesced(sorted);
  const observations = buckets.at(-1)?.count ?? 0;
  if (observations === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const below = (bound: number) => Math.min(observationsBelow(bound, buckets), observations);
  return (below(upper) - below(lower)) / observations;
}

function observationsBelow(bound: number, buckets: readonly Bucket[]): number {
  const beginsAtZero = (buckets[0]?.upperBound ?? 0) > 0;
  let before: Bucket = { upperBound: beginsAtZero ? 0 : Number.NEGATIVE_INFINITY, count: 0 };
  for (const bucket of buckets) {
    if (before.upperBound >= bound) return before.count;
    if (bucket.upperBound > bound) {
      // A bucket without lower bound has no middle: all of it counts.
      if (before.upperBound === Number.NEGATIVE_INFINITY) return bucket.count;
      const share = (bound - before.upperBound) / (bucket.upperBound - before.upperBound);
      return before.count + (bucket.count - before.count) * share;
    }
    before = bucket;
  }
  return Number.POSITIVE_INFINITY;
}

/** Buckets with the same bound (`1` and `1.0`) are one. */
function coalesced(sorted: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const { upperBound, count } of sorted) {
    const last = buckets.at(-1);
    if (last?.upperBound === upperBound) last.count += count;
    else buckets.push({ upperBound, count });
  }
  return buckets;
}

/** Counts must not fall; samples taken at different moments or rounded sums sometimes make them. */
function monotonic(buckets: Bucket[]): Bucket[] {
  let before = buckets[0]?.count ?? 0;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count < before || nearlyEqual(bucket.count, before)) bucket.count = before;
    else before = bucket.count;
  }
  return buckets;
}

function nearlyEqual(a: number, b: number): boolean {
  const difference = Math.abs(a - b);
  return difference === 0 || difference / Math.min(Math.abs(a) + Math.abs(b), Number.MAX_VALUE) < 1e-12;
}
