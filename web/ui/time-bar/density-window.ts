import { instant, type TimeWindow } from "../model/view-clock.ts";

/** A window on whole buckets, so that the same question is asked until a bucket is full. */
export function onWholeBuckets(window: TimeWindow, buckets: number): TimeWindow {
  const bucketMs = Math.max(1, Math.round((window.to - window.from) / buckets));
  const to = Math.ceil(window.to / bucketMs) * bucketMs;
  return { from: instant(to - bucketMs * buckets), to: instant(to) };
}
