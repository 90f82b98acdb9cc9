import type { ToldEvent } from "../../core/agent-protocol.ts";
import { type EventKind, type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Log } from "../../core/log.ts";
import { toPlainText } from "../../core/plain-text.ts";
import { attributesOf } from "../topology/attributes.ts";

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
  /** The oldest, without taking them: they are taken when the collector has made them durable. */
  peek(max: number): readonly ToldEvent[];
  taken(events: readonly ToldEvent[]): void;
  /** Events lost since the start because there was no room. */
  readonly dropped: number;
  /** How many there have been since the start, by kind. */
  points(): readonly Omit<Point, "at">[];
}

/** Makes what sources report fit to be told, and keeps it until it was. */
export function createEventOutbox(log: Log, random: (bytes: Uint8Array<ArrayBuffer>) => void): EventOutbox {
  const waiting: ToldEvent[] = [];
  const counts = new Map<string, number>(COUNTED_KINDS.map((kind) => [kind, 0]));
  let dropped = 0;
  return {
    add(event) {
      counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1);
      const text = toPlainText(event.text).slice(0, MAX_EVENT_TEXT_CHARS);
      waiting.push({
        ...event,
        text: text.toWellFormed(),
        attributes: attributesOf(event.attributes),
        id: newId(random),
      });
      if (waiting.length <= MAX_EVENTS) return;
      waiting.shift();
      if (dropped++ === 0) log.warn({ limit: MAX_EVENTS }, "events dropped, the collector is away for too long");
    },
    peek: (max) => waiting.slice(0, max),
    taken(events) {
      const ids = new Set(events.map(({ id }) => id));
      while (waiting[0] !== undefined && ids.has(waiting[0].id)) waiting.shift();
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
  };
}

function newId(random: (bytes: Uint8Array<ArrayBuffer>) => void): string {
  const bytes = new Uint8Array(9);
  random(bytes);
  return Buffer.from(bytes).toString("base64url");
}
