const UNITS_MS = [
  { unit: "y", ms: 365 * 86_400_000 },
  { unit: "w", ms: 7 * 86_400_000 },
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "m", ms: 60_000 },
  { unit: "s", ms: 1_000 },
  { unit: "ms", ms: 1 },
] as const;

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Prometheus keeps durations in 63 bits of nanoseconds. */
export const LONGEST_DURATION_MS = 292 * 365 * 86_400_000;

/**
 * Milliseconds of a duration as Prometheus writes it: `1h30m`, `90s`, `0`; units once each, from large to small.
 * A week has 7 days, a year 365.
 * Undefined when it is not one, or longer than `longestMs`. Source: `ParseDuration` of prometheus/common, model/time.go.
 */
export function parseDuration(text: string, longestMs: number = LONGEST_DURATION_MS): number | undefined {
  if (text === "0") return 0;
  const match = DURATION.exec(text);
  if (match === null || text === "") return undefined;
  const totalMs = UNITS_MS.reduce((sum, { ms }, i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
  return totalMs <= longestMs ? totalMs : undefined;
}
