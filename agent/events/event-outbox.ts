import type { ToldEvent } from "../../core/agent-protocol.ts";
import { systemClock } from "../../core/clock.ts";
import type { EventKind, HostEvent } from "../../core/host-event.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Log } from "../../core/log.ts";
import { createEventJournal, loadJournal, type NumberedEvent } from "./event-journal.ts";
import { createEventPace } from "./event-pace.ts";
import { tellableEvent } from "./tellable-event.ts";

/** Events that wait for the collector. At the bound the oldest goes first. */
const MAX_EVENTS = 2_000;

/** Those that a rule may count: each has its series from the start, since what appears with its first event has no increase. */
const COUNTED_KINDS: readonly EventKind[] = [
  "host-booted",
  "process-restarted",
  "process-missing",
  "oom-kill",
  "vm-crashed",
  "link-down",
  "ovs-restarted",
  "bgp-session-down",
  "ha-router-transition",
  "lldp-neighbour-changed",
  "log-match",
];

export interface EventOutbox {
  add(event: HostEvent): void;
  /**
   * The oldest, without taking them: they are taken when the collector has made them durable. An event has the same id however often the
   * agent starts again: one that was made durable just before the agent was killed comes again under it.
   */
  peek(max: number): readonly ToldEvent[];
  taken(events: readonly ToldEvent[]): void;
  /** Events lost since the start because there was no room. */
  readonly dropped: number;
  /** How many there have been since the start, by kind. */
  points(): readonly Omit<Point, "at">[];
  /** Puts on disk what waits, before it returns. */
  end(): void;
  /** Settles when what was added and taken is on disk, or was refused there. */
  readonly written: Promise<unknown>;
}

/**
 * `file`: where events outlive the agent; undefined: nowhere. Each is appended at once: there are few, and the kernel has it some
 * milliseconds later, which is what an agent that is killed may lose.
 */
export function createEventOutbox(
  log: Log,
  file?: string | undefined,
  nowMs: () => number = systemClock.monotonicMs,
): EventOutbox {
  const pace = createEventPace(nowMs);
  const left = file === undefined ? undefined : loadJournal(file, log);
  const outbox = left?.outbox ?? crypto.randomUUID();
  const counts = new Map<string, number>(COUNTED_KINDS.map((kind) => [kind, 0]));
  let last = left?.last ?? 0;
  const waiting: NumberedEvent[] = [...(left?.waiting ?? [])];
  let dropped = 0;
  if (waiting.length > 0) log.info({ events: waiting.length }, "events left by an agent before");
  const journal = file === undefined ? undefined : createEventJournal(file, () => ({ outbox, last, waiting }), log);

  function take(count: number): void {
    const taken = waiting.splice(0, count).at(-1);
    if (taken !== undefined) journal?.append({ taken: taken.number });
  }

  const told = ({ number, event: { key, ...event } }: NumberedEvent): ToldEvent => ({
    ...event,
    id: key ?? `${outbox}-${number}`,
  });

  return {
    add(event) {
      counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1);
      const paced = pace.take(event);
      if (paced === undefined) return;
      const numbered = { number: ++last, event: tellableEvent(paced) };
      waiting.push(numbered);
      journal?.append(numbered);
      if (waiting.length <= MAX_EVENTS) return;
      take(1);
      if (dropped++ === 0) log.warn({ limit: MAX_EVENTS }, "events dropped, the collector is away for too long");
    },
    peek: (max) => waiting.slice(0, max).map(told),
    taken(events) {
      const ids = new Set(events.map(({ id }) => id));
      const kept = waiting.findIndex((it) => !ids.has(told(it).id));
      take(kept < 0 ? waiting.length : kept);
    },
    get dropped() {
      return dropped;
    },
    points: () =>
      Array.from(counts, ([kind, count]) => ({
        measurement: "event",
        tags: { kind },
        fields: { count: { int: count } },
      })),
    end: () => journal?.end(),
    get written() {
      return journal?.written ?? Promise.resolve();
    },
  };
}
