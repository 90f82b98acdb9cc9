import type { EpochMs } from "./clock.ts";
import type { Attributes } from "./element.ts";
import type { ElementId } from "./element-id.ts";

/**
 * What happened on a host at one moment and is over: not a state of the topology (that is versioned) and not a number
 * (that is a metric). What is named here has words in both languages in web/ui.
 */
export const EVENT_KINDS = [
  "agent-started",
  "host-booted",
  "process-restarted",
  "process-missing",
  "process-back",
  "oom-kill",
  "vm-started",
  "vm-stopped",
  "vm-suspended",
  "vm-resumed",
  "vm-crashed",
  "vm-migrated-in",
  "vm-migrated-out",
  "link-down",
  "link-up",
  "ovs-restarted",
  "bgp-session-down",
  "bgp-session-up",
  "ha-router-transition",
  "lldp-neighbour-changed",
  "log-match",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export type EventSeverity = "info" | "warning" | "critical";

export const MAX_EVENT_TEXT_CHARS = 500;

export interface HostEvent {
  /** The same for the same happening, if whoever reports it may do so again: `boot-<boot id>`. 1 to 64 of `[A-Za-z0-9_-]`. */
  readonly key?: string | undefined;
  /** Of the host's clock: when it happened, not when it was found. */
  readonly at: EpochMs;
  readonly kind: EventKind;
  /** What it happened to; below `host/<host>`. It need not be in the topology, and may be gone from it. */
  readonly element: ElementId;
  readonly severity: EventSeverity;
  /** What people read, in the words of its source: a line of a log, a reason. At most `MAX_EVENT_TEXT_CHARS`. */
  readonly text: string;
  /** What a rule or a page may filter by: `{ pattern: "oom", file: "/var/log/kern.log" }`. */
  readonly attributes: Attributes;
}
