import { EVENT_KINDS } from "../../core/host-event.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { textHash } from "../random.ts";
import type { Happening } from "./events.ts";
import type { SaidEvent, Utterance } from "./utterance.ts";

/**
 * What happened to hosts at one moment, as their agents tell it; it is counted there, too, and an agent that starts counts anew.
 * Ids are the same for the same cloud, however often it is played.
 */
export function saidEvents(cloud: Cloud, happenings: readonly Happening[], atMs: number): readonly Utterance[] {
  const origin = textHash(`${cloud.seed} ${cloud.beganAt}`);
  return Array.from(
    Map.groupBy(happenings, ({ host }) => host),
    ([host, own]): Utterance => {
      if (own.some(({ event }) => event.kind === "agent-started")) host.eventCounts = new Map();
      const events = own.map(({ event: { key, ...event } }) => {
        const number = count(host, event.kind);
        const what = [host.index, Math.round(atMs), EVENT_KINDS.indexOf(event.kind), number];
        return { ...event, id: key ?? ["sim", origin, ...what].map((part) => part.toString(36)).join("-") };
      });
      return { kind: "events", atMs, host: host.name, events };
    },
  );
}

function count(host: Host, kind: SaidEvent["kind"]): number {
  const number = (host.eventCounts.get(kind) ?? 0) + 1;
  host.eventCounts = new Map(host.eventCounts).set(kind, number);
  return number;
}
