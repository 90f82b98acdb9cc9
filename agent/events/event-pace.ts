import type { HostEvent } from "../../core/host-event.ts";

/** Of one kind and element within a minute; further ones are counted in the next that is told. */
const EVENTS_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Kinds and elements that are remembered; past this all are forgotten, which tells some more. */
const MAX_REMEMBERED = 5_000;

/**
 * Lets through what of a kind happens to an element now and then: a guest that panics in a loop, or a neighbour that calls itself otherwise
 * each second, must not push out what else happened to the host. Lines of logs have bounds of their own, by pattern.
 */
export interface EventPace {
  /** The event, with `more_events` when others were held back before it; undefined: it is held back. */
  take(event: HostEvent): HostEvent | undefined;
}

export function createEventPace(nowMs: () => number): EventPace {
  const remembered = new Map<string, { beganMs: number; told: number; more: number }>();
  return {
    take(event) {
      if (event.kind === "log-match") return event;
      const key = `${event.kind} ${event.element}`;
      const now = nowMs();
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const it = remembered.get(key) ?? { beganMs: now, told: 0, more: 0 };
      remembered.set(key, it);
      if (now - it.beganMs >= MINUTE_MS) [it.beganMs, it.told] = [now, 0];
      if (it.told >= EVENTS_PER_MINUTE) {
        it.more++;
        return undefined;
      }
      const { more } = it;
      it.told++;
      it.more = 0;
      return more === 0 ? event : { ...event, attributes: { ...event.attributes, more_events: more } };
    },
  };
}
