import type { SendLimits } from "./receiver.ts";

/**
 * When the next message may leave under limits per second and per minute. Moments are those at which sends *ended*:
 * the next one then arrives later than the limit's window after all before it, however long the way was.
 */
export function earliestSendMs(endedMs: readonly number[], { perSecond, perMinute }: SendLimits): number {
  const secondFull = endedMs.at(-perSecond);
  const minuteFull = endedMs.at(-perMinute);
  return Math.max(
    secondFull === undefined ? Number.NEGATIVE_INFINITY : secondFull + 1_000,
    minuteFull === undefined ? Number.NEGATIVE_INFINITY : minuteFull + 60_000,
  );
}

/** The last sends that still count, with one more. */
export function withSend(endedMs: readonly number[], atMs: number, { perMinute }: SendLimits): readonly number[] {
  return [...endedMs, atMs].slice(-perMinute);
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;

/**
 * How long to wait after the nth failed attempt: doubling from one second to five minutes, of which a random half
 * is left out so that many senders do not come back at once. `random` is in [0, 1). Never less than was asked for.
 */
export function retryDelayMs(attempts: number, random: number, askedMs = 0): number {
  const fullMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 30));
  return Math.max(askedMs, fullMs / 2 + (fullMs / 2) * random);
}
