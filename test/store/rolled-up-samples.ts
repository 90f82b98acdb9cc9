// What the store should answer, said slowly: samples in memory, no files, no SQL.
import { HOUR_MS } from "../../store/embedded/metrics/row-buffer.ts";

/** By time. */
export type Samples = ReadonlyMap<number, number>;

/** How the samples of a bucket become one: see docs/stores.md. */
export type Rule = "mean" | "last" | "narrow";

export interface TierHours {
  readonly raw: number;
  readonly minutes: number;
  readonly hours: number;
}

/** One sample of each bucket, at the time of its last. */
export function rolledUp(samples: Samples, bucketMs: number, rule: Rule): Samples {
  const buckets = Map.groupBy(
    [...samples].sort(([left], [right]) => left - right),
    ([at]) => Math.floor(at / bucketMs),
  );
  return new Map([...buckets.values()].flatMap((bucket) => ofBucket(bucket, rule)));
}

function ofBucket(bucket: readonly (readonly [number, number])[], rule: Rule): readonly (readonly [number, number])[] {
  const last = bucket.at(-1) ?? [0, 0];
  if (rule === "last") return [last];
  if (rule === "narrow") {
    const number = bucket.findLast(([, value]) => !Number.isNaN(value));
    const nan = Number.isNaN(last[1]) ? [last] : [];
    return number === undefined ? nan : [number, ...nan];
  }
  const values = bucket.map(([, value]) => value);
  if (values.every((value) => value === values[0])) return [last];
  return [[last[0], Math.fround(values.reduce((sum, value) => sum + value, 0) / values.length)]];
}

/** Each hour from the finest tier that has it at this hour. */
export function readByTier(samples: Samples, rule: Rule, kept: TierHours, presentHour: number): Samples {
  const minutes = rolledUp(samples, 60_000, rule);
  const hours = rolledUp(minutes, HOUR_MS, rule);
  const tierOf = (at: number): Samples | undefined => {
    const hour = Math.floor(at / HOUR_MS);
    const dayEnd = hour - (hour % 24) + 24;
    if (hour >= presentHour - kept.raw) return samples;
    if (dayEnd > presentHour - kept.minutes) return minutes;
    return dayEnd > presentHour - kept.hours ? hours : undefined;
  };
  return new Map([samples, minutes, hours].flatMap((tier) => [...tier].filter(([at]) => tierOf(at) === tier)));
}
