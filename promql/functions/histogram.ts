import { METRIC_NAME } from "../../core/series.ts";
import { type Column, emptyColumn, mergeColumns, setAt } from "../column.ts";
import type { Evaluation } from "../evaluation.ts";
import { labelsKey, omitLabels } from "../labels.ts";

interface Bucket {
  readonly upperBound: number;
  count: number;
}

/** `histogram_quantile(φ, buckets)` over classic histograms: series with a label `le`, cumulative counts. */
export async function histogramQuantile(
  phis: Float64Array,
  columns: readonly Column[],
  { grid, budget }: Evaluation,
): Promise<readonly Column[]> {
  const histograms = new Map<string, { result: Column; buckets: { upperBound: number; column: Column }[] }>();
  for (const column of columns) {
    const upperBound = parseBound(column.labels.le);
    if (upperBound === undefined) continue;
    const labels = omitLabels(column.labels, ["le", METRIC_NAME]);
    const key = labelsKey(labels);
    const histogram = histograms.get(key) ?? { result: emptyColumn(labels, grid.count), buckets: [] };
    histogram.buckets.push({ upperBound, column });
    histograms.set(key, histogram);
  }
  for (const { result, buckets } of histograms.values()) {
    buckets.sort((a, b) => a.upperBound - b.upperBound);
    for (let step = 0; step < grid.count; step++) {
      const present = buckets.filter(({ column }) => column.present[step] === 1);
      if (budget.work(buckets.length)) await budget.breathe();
      if (present.length === 0) continue;
      const counts = present.map(({ upperBound, column }) => ({ upperBound, count: column.values[step] ?? 0 }));
      setAt(result, step, bucketQuantile(phis[step] ?? 0, counts));
    }
  }
  return mergeColumns(
    [...histograms.values()].map(({ result }) => result),
    budget,
  );
}

function parseBound(le: string | undefined): number | undefined {
  if (le === undefined || le === "") return undefined;
  if (/^\+?inf$/i.test(le)) return Number.POSITIVE_INFINITY;
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
  if (last < 1 || observations === 0 || Number.isNaN(observations)) return Number.NaN;

  let rank = phi * observations;
  const found = buckets.findIndex(({ count }, i) => i === last || count >= rank);
  const bucket = buckets[found];
  const before = buckets[found - 1];
  if (bucket === undefined || found === last) return buckets[last - 1]?.upperBound ?? Number.NaN;
  if (before === undefined && bucket.upperBound <= 0) return bucket.upperBound;
  const start = before?.upperBound ?? 0;
  rank -= before?.count ?? 0;
  return start + (bucket.upperBound - start) * (rank / (bucket.count - (before?.count ?? 0)));
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
