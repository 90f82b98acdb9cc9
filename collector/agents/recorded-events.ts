import type { EventBatch } from "../../core/agent-protocol.ts";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { RecordedEvent } from "../../store/event-store.ts";

/** What an agent told, as it is kept; `corrected` gives a moment by the collector's clock. */
export function recordedEvents(
  batch: EventBatch,
  of: { readonly cluster: string; readonly host: string; readonly knownAt: EpochMs },
  corrected: (at: EpochMs) => EpochMs,
): readonly RecordedEvent[] {
  return batch.events.map((event) => ({
    ...{ ...event, ...of },
    // Nothing is known before it happened, however wrong a clock is.
    at: epochMsOf(Math.min(of.knownAt, corrected(event.at))),
  }));
}
