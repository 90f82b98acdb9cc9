import type { HostEvent } from "../../core/host-event.ts";
import type { Log } from "../../core/log.ts";
import { createEventJournal, loadJournal, type NumberedEvent } from "./event-journal.ts";

/** Events that wait for the collector. At the bound the oldest goes first. */
const MAX_EVENTS = 2_000;

export interface EventOutbox {
  add(event: HostEvent): void;
  /** The oldest, without taking them: they are taken when the collector has made them durable. */
  peek(max: number): readonly HostEvent[];
  taken(count: number): void;
  /**
   * The number of the oldest that waits. With `outbox` it is the same however often the agent starts again: an event that was made
   * durable just before the agent was killed comes again under its number.
   */
  readonly firstNumber: number;
  readonly outbox: string;
  /** Events lost since the start because there was no room. */
  readonly dropped: number;
  /** Puts on disk what waits, before it returns. */
  end(): void;
  /** Settles when what was added and taken is on disk, or was refused there. */
  readonly written: Promise<unknown>;
}

/**
 * `file`: where events outlive the agent; undefined: nowhere. Each is appended at once: there are few, and the kernel has it some
 * milliseconds later, which is what an agent that is killed may lose.
 */
export function createEventOutbox(log: Log, file?: string | undefined): EventOutbox {
  const left = file === undefined ? undefined : loadJournal(file, log);
  const outbox = left?.outbox ?? crypto.randomUUID();
  let last = left?.last ?? 0;
  const waiting: NumberedEvent[] = [...(left?.waiting ?? [])];
  let dropped = 0;
  if (waiting.length > 0) log.info({ events: waiting.length }, "events left by an agent before");
  const journal = file === undefined ? undefined : createEventJournal(file, () => ({ outbox, last, waiting }), log);

  function take(count: number): void {
    const taken = waiting.splice(0, count).at(-1);
    if (taken !== undefined) journal?.append({ taken: taken.number });
  }

  return {
    add(event) {
      const numbered = { number: ++last, event };
      waiting.push(numbered);
      journal?.append(numbered);
      if (waiting.length <= MAX_EVENTS) return;
      take(1);
      if (dropped++ === 0) log.warn({ limit: MAX_EVENTS }, "events dropped, the collector is away for too long");
    },
    peek: (max) => waiting.slice(0, max).map(({ event }) => event),
    taken: take,
    get firstNumber() {
      return waiting[0]?.number ?? last + 1;
    },
    outbox,
    get dropped() {
      return dropped;
    },
    end: () => journal?.end(),
    get written() {
      return journal?.written ?? Promise.resolve();
    },
  };
}
