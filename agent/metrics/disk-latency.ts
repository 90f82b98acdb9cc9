/**
 * The kernel sums how long requests took and counts them; it has no distribution of single requests (neither in
 * /proc/diskstats nor, in the kernels there are, anywhere else that costs nothing). So the sums are read each second, and
 * the mean of each second stands for all of its requests.
 *
 * What comes of it is a percentile of means. Where a disk is slow for a second or longer (a stall, a full queue, a failing
 * path: what people look for), it is right to within the second. Where single slow requests stand among fast ones, the mean
 * of their second hides them, and p95 and p99 are too low: with 1,000 requests a second of which each by chance takes 0.1 ms or (2 %) 10 ms, p99 says 0.4 ms.
 * It never says more than the slowest second's mean. The tests of this file hold both to their figures.
 */
export interface RequestSums {
  readonly requests: number;
  /** As the kernel rounds it: to whole milliseconds, down. */
  readonly timeMs: number;
}

/** Some requests that are taken to have taken equally long. */
interface Share {
  readonly requests: number;
  readonly meanMs: number;
}

export interface LatencyEstimate {
  readonly meanS: number;
  readonly p50S: number;
  readonly p95S: number;
  readonly p99S: number;
}

/**
 * Below this, a mean would be more rounding than time: requests of seconds that took less altogether are put together until
 * they took this long, over samples too. An idle disk therefore says something now and then, and never 0.
 */
const MIN_TIME_MS = 10;

/** Of one device and one direction, since the last estimate. */
export interface LatencyWindow {
  /** The sums as they are now, about once a second. */
  add(sums: RequestSums): void;
  /** Of what came since the last estimate; undefined when nothing did, or what came cannot be told. Begins anew. */
  estimate(): LatencyEstimate | undefined;
}

export function createLatencyWindow(): LatencyWindow {
  let before: RequestSums | undefined;
  let waiting: RequestSums = { requests: 0, timeMs: 0 };
  let shares: Share[] = [];

  return {
    add(sums) {
      const was = before;
      before = sums;
      if (was === undefined) return;
      const requests = sums.requests - was.requests;
      const timeMs = sums.timeMs - was.timeMs;
      // Another device of that name, or the kernel's 32 bits ran over: nothing can be said of that second.
      if (requests < 0 || timeMs < 0) return;
      // A slow second stands by itself, whatever fast ones wait.
      if (requests > 0 && timeMs >= MIN_TIME_MS) {
        shares.push({ requests, meanMs: timeMs / requests });
        return;
      }
      waiting = { requests: waiting.requests + requests, timeMs: waiting.timeMs + timeMs };
      if (waiting.requests === 0 || waiting.timeMs < MIN_TIME_MS) return;
      shares.push({ requests: waiting.requests, meanMs: waiting.timeMs / waiting.requests });
      waiting = { requests: 0, timeMs: 0 };
    },
    estimate() {
      const estimate = estimateOf(shares);
      shares = [];
      return estimate;
    },
  };
}

function estimateOf(shares: readonly Share[]): LatencyEstimate | undefined {
  const requests = shares.reduce((sum, it) => sum + it.requests, 0);
  if (requests === 0) return undefined;
  const sorted = shares.toSorted((a, b) => a.meanMs - b.meanMs);
  const percentile = (share: number) => {
    let seen = 0;
    const at = sorted.find((it) => {
      seen += it.requests;
      return seen >= requests * share;
    });
    return secondsOf(at?.meanMs ?? 0);
  };
  const timeMs = shares.reduce((sum, it) => sum + it.meanMs * it.requests, 0);
  return { meanS: secondsOf(timeMs / requests), p50S: percentile(0.5), p95S: percentile(0.95), p99S: percentile(0.99) };
}

/** To a microsecond. */
function secondsOf(ms: number): number {
  return Math.round(ms * 1000) / 1_000_000;
}
