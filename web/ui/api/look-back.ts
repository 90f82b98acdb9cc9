const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/**
 * A query whose ranges (`[1m]`) are long enough for a chart of this step that ends so long ago, in seconds: as long as the step,
 * so that nothing falls between two steps, and long enough for two samples where only one a minute or one an hour is kept.
 */
export function reachingBack(query: string, { step, age }: { readonly step: number; readonly age: number }): string {
  const least = Math.max(step, age > 30 * DAY ? 3 * HOUR : age > DAY ? 3 * MINUTE : 0);
  return query.replace(RANGES, (whole, minutes: string | undefined) => {
    if (minutes === undefined) return whole;
    return `[${Math.max(Number(minutes) * MINUTE, least)}s]`;
  });
}

/** Quoted texts, in which nothing is a range, or a range in minutes. */
const RANGES = /"(?:[^"\\]|\\.)*"|\[(\d+)m\]/g;
