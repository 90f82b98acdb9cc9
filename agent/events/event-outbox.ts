import type { HostEvent } from "../../core/host-event.ts";
import type { Log } from "../../core/log.ts";

/** Events that wait for the collector. At the bound the oldest goes first. */
const MAX_EVENTS = 2_000;

export interface EventOutbox {
  add(event: HostEvent): void;
  /** The oldest, without taking them: they are taken when the collector has made them durable. */
  peek(max: number): readonly HostEvent[];
  taken(count: number): void;
  /** Events lost since the start because there was no room. */
  readonly dropped: number;
}

export function createEventOutbox(log: Log): EventOutbox {
  const waiting: HostEvent[] = [];
  let dropped = 0;
  return {
    add(event) {
      waiting.push(event);
      if (waiting.length <= MAX_EVENTS) return;
      waiting.shift();
      if (dropped++ === 0) log.warn({ limit: MAX_EVENTS }, "events dropped, the collector is away for too long");
    },
    peek: (max) => waiting.slice(0, max),
    taken: (count) => void waiting.splice(0, count),
    get dropped() {
      return dropped;
    },
  };
}
