import type { EpochMs } from "../core/clock.ts";
import type { Attributes } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { EventSeverity } from "../core/host-event.ts";

/** An event of a host as it is kept. */
export interface RecordedEvent {
  readonly cluster: string;
  /** Made by whoever reports it: an event that is told again has the same one. Unique within a host. */
  readonly id: string;
  /** When it happened, by the collector's clock. */
  readonly at: EpochMs;
  /** When it was learned. */
  readonly knownAt: EpochMs;
  readonly host: string;
  /** One of `EVENT_KINDS`, or one of a later agent. */
  readonly kind: string;
  readonly element: ElementId;
  readonly severity: EventSeverity;
  readonly text: string;
  readonly attributes: Attributes;
}

/** Keeps what happened on hosts. Errors: OperatorError `store.unavailable`, `store.busy`, `store.full`, `store.damaged`. */
export interface EventStore {
  /** Durable when it resolves. What is known already, by host and id, is left as it is. */
  append(events: readonly RecordedEvent[]): Promise<void>;
  /** Errors: `events.cursor_unknown` (400). */
  events(query: EventQuery): Promise<EventPage>;
  /** Counts with `from <= at < to`, for the time bar. */
  density(query: EventDensityQuery): Promise<readonly EventBucket[]>;
  /** Forgets what was before a moment. */
  retain(cluster: string, before: EpochMs): Promise<void>;
}

export interface EventFilter {
  readonly cluster: string;
  /** Only of this element and what stands below it. */
  readonly root?: ElementId | undefined;
  /** Only of this very element. */
  readonly element?: ElementId | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** This one and worse. */
  readonly severity?: EventSeverity | undefined;
}

/** Newest first, with `from < at <= to`. */
export interface EventQuery extends EventFilter {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Opaque; undefined on the last page. */
  readonly next?: string | undefined;
}

export interface EventDensityQuery extends EventFilter {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly buckets: number;
}

export interface EventBucket {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly info: number;
  readonly warning: number;
  readonly critical: number;
}
