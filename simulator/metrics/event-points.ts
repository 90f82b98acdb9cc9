import type { EventKind } from "../../core/host-event.ts";
import type { Host } from "../cloud/cloud.ts";
import type { SimulatedPoint } from "./line-of.ts";

/** Kinds that rules count: each has its series from the start of the agent, as real agents have them. */
const COUNTED: readonly EventKind[] = [
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

/** What the host's agent has told of since it was started. */
export function eventPoints({ eventCounts }: Host): readonly SimulatedPoint[] {
  const kinds = new Set([...COUNTED, ...eventCounts.keys()]);
  return Array.from(kinds, (kind) => ({
    measurement: "event",
    tags: { kind },
    fields: { count: { int: eventCounts.get(kind) ?? 0 } },
  }));
}
