import type { EventKind } from "../../../core/host-event.ts";
import { plural } from "./plural.ts";

/** What happened on hosts, in words. */
export const enEvents = {
  events: {
    title: "Events",
    around: "What happened around that time",
    none: "No event was reported around that time",
    count: (count: number) => plural(count, "event", "events"),
    severity: { info: "info", warning: "warning", critical: "critical" },
    kinds: {
      "agent-started": "Agent started",
      "host-booted": "Host booted",
      "process-restarted": "Process restarted",
      "process-missing": "Process missing",
      "process-back": "Process back",
      "oom-kill": "Killed for want of memory",
      "vm-started": "VM started",
      "vm-stopped": "VM stopped",
      "vm-suspended": "VM suspended",
      "vm-resumed": "VM resumed",
      "vm-crashed": "VM crashed",
      "vm-migrated-in": "VM migrated in",
      "vm-migrated-out": "VM migrated away",
      "link-down": "Link down",
      "link-up": "Link up",
      "ovs-restarted": "Open vSwitch restarted",
      "bgp-session-down": "BGP session down",
      "bgp-session-up": "BGP session up",
      "ha-router-transition": "HA router changed sides",
      "lldp-neighbour-changed": "LLDP neighbour changed",
      "log-match": "Log line",
    } satisfies Record<EventKind, string>,
  },
};

export type EventsTexts = typeof enEvents;
