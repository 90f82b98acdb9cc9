import type { EventKind, EventSeverity } from "../../core/host-event.ts";

/** virDomainEventType */
const [STARTED, SUSPENDED, RESUMED, STOPPED, PMSUSPENDED, CRASHED] = [2, 3, 4, 5, 7, 8] as const;

/** What a change of a machine's life means to people. */
export interface LifeEvent {
  readonly kind: Extract<EventKind, `vm-${string}`>;
  readonly severity: EventSeverity;
  /** In libvirt's words. */
  readonly reason: string;
}

export interface LifecycleBefore {
  /** Whether it is on its way here from another host. */
  readonly isArriving: boolean;
  /** Word of the topology; undefined: nobody knew of it. */
  readonly state: string | undefined;
}

export interface LifecycleStep {
  /** Undefined: nothing that anybody should hear of. */
  readonly event: LifeEvent | undefined;
  /** Whether the machine is on its way here from another host. */
  readonly isArriving: boolean;
}

const [STARTED_MIGRATED, STARTED_WAKEUP] = [1, 4];
const STARTED_REASONS = ["booted", "migrated", "restored", "from snapshot", "wakeup"];
const SUSPENDED_MIGRATED = 1;
const SUSPENDED_REASONS = [
  "paused",
  "migrated",
  "I/O error",
  "watchdog",
  "restored",
  "from snapshot",
  "API error",
  "post-copy",
  "post-copy failed",
];
/** Nobody asked for these. */
const SUSPENDED_BY_FAULT: ReadonlySet<number> = new Set([2, 3, 6, 8]);
const SUSPENDED_IN_MIGRATION: ReadonlySet<number> = new Set([SUSPENDED_MIGRATED, 7]);
const RESUMED_IN_MIGRATION: ReadonlySet<number> = new Set([1, 3]);
const RESUMED_REASONS = ["unpaused", "migrated", "from snapshot", "post-copy", "post-copy failed"];
const [STOPPED_CRASHED, STOPPED_MIGRATED, STOPPED_FAILED] = [2, 3, 5];
const STOPPED_REASONS = ["shut down", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot"];
const PMSUSPENDED_REASONS = ["suspended to memory", "suspended to disk"];
const CRASHED_REASONS = ["panicked", "crash loaded"];

/**
 * Reads a lifecycle event of libvirt (virDomainEventType and its detail). A machine that comes by migration is started,
 * waits, and is resumed when it has arrived; on the host it leaves, it is suspended and then stopped.
 */
export function stepLifecycle(event: number, detail: number, { isArriving, state }: LifecycleBefore): LifecycleStep {
  const said = (kind: LifeEvent["kind"], severity: EventSeverity, reasons: readonly string[]): LifecycleStep => ({
    event: { kind, severity, reason: reasons[detail] ?? `reason ${detail}` },
    isArriving: false,
  });
  const silent = (arriving: boolean): LifecycleStep => ({ event: undefined, isArriving: arriving });
  switch (event) {
    case STARTED:
      if (detail === STARTED_MIGRATED) return silent(true);
      return said(detail === STARTED_WAKEUP ? "vm-resumed" : "vm-started", "info", STARTED_REASONS);
    case SUSPENDED:
      if (isArriving || SUSPENDED_IN_MIGRATION.has(detail)) return silent(isArriving);
      return said("vm-suspended", SUSPENDED_BY_FAULT.has(detail) ? "critical" : "info", SUSPENDED_REASONS);
    case RESUMED:
      // After a migration that failed the machine goes on here, where it never left.
      if (isArriving) return said("vm-migrated-in", "info", RESUMED_REASONS);
      // A machine that is started is resumed first: its processors are let go once everything stands.
      if (RESUMED_IN_MIGRATION.has(detail) || phaseOf(state) !== "waiting") return silent(false);
      return said("vm-resumed", "info", RESUMED_REASONS);
    case STOPPED:
      if (detail === STOPPED_MIGRATED) return said("vm-migrated-out", "info", STOPPED_REASONS);
      if (isArriving)
        return { event: { kind: "vm-stopped", severity: "warning", reason: "did not arrive" }, isArriving: false };
      if (detail === STOPPED_CRASHED || detail === STOPPED_FAILED)
        return said("vm-crashed", "critical", STOPPED_REASONS);
      return said("vm-stopped", "info", STOPPED_REASONS);
    case PMSUSPENDED:
      return said("vm-suspended", "info", PMSUSPENDED_REASONS);
    case CRASHED:
      return said("vm-crashed", "critical", CRASHED_REASONS);
    default:
      return silent(isArriving);
  }
}

/** What a machine is after an event, until it is asked; undefined: that does not change by this event. */
export function stateAfter(event: number, isArriving: boolean): string | undefined {
  if (isArriving) return "migrating";
  return { [STARTED]: "running", [SUSPENDED]: "paused", [RESUMED]: "running", [STOPPED]: "shutoff" }[event];
}

/**
 * What happened to a machine while nobody listened, by what it was and what it is now; undefined: no such machine. Undefined
 * when nothing did: a daemon that was restarted knows its machines as they were.
 */
export function missedEvent(before: string | undefined, after: string | undefined): LifeEvent | undefined {
  const [was, is] = [phaseOf(before), phaseOf(after)];
  if (was === is) return undefined;
  const found = (kind: LifeEvent["kind"], severity: EventSeverity = "info"): LifeEvent => ({
    kind,
    severity,
    reason: "found so after libvirt was away",
  });
  switch (is) {
    case "up":
      return found(was === "waiting" ? "vm-resumed" : "vm-started");
    case "waiting":
      return was === "up" ? found("vm-suspended") : undefined;
    case "crashed":
      return found("vm-crashed", "critical");
    case "down":
      return was === "crashed" ? undefined : found("vm-stopped");
  }
}

function phaseOf(state: string | undefined): "up" | "waiting" | "crashed" | "down" {
  if (state === undefined || state === "shutoff" || state === "unknown") return "down";
  if (state === "crashed") return "crashed";
  return state === "paused" || state === "pmsuspended" || state === "migrating" ? "waiting" : "up";
}
