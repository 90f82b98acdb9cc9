declare const epochMs: unique symbol;

/** An instant: milliseconds since 1970-01-01T00:00:00Z. Every instant in the project has this unit. */
export type EpochMs = number & { readonly [epochMs]: true };

/** The one place that reads the machine's clock; everything else is handed a `Clock`. */
export interface Clock {
  /** Wall-clock time. May jump. */
  now(): EpochMs;
  /** Milliseconds from an arbitrary start; never goes back. For durations. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => Date.now() as EpochMs,
  monotonicMs: () => performance.now(),
};

/** Brands a number that is known to be epoch milliseconds. */
export function epochMsOf(value: number): EpochMs {
  if (!Number.isFinite(value)) throw new RangeError(`not an instant: ${value}`);
  return value as EpochMs;
}

/** RFC 3339 in UTC with milliseconds, as logs, cards and the API print instants. */
export function toRfc3339(at: EpochMs): string {
  return new Date(at).toISOString();
}
