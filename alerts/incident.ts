import type { EpochMs } from "../core/clock.ts";
import type { ElementId } from "../core/element-id.ts";
import type { Labels } from "../core/series.ts";
import type { TraceContext } from "../core/trace.ts";
import type { Incident, Severity } from "../web/api/alerts.ts";
import type { AlertRecord, ResolvedBecause } from "./lifecycle/alert-record.ts";
import type { Delivery } from "./notify/delivery.ts";

/** What a person deals with: an alert from firing to resolved. Kept after it is over, until retention ends it. */
export interface IncidentRecord {
  readonly id: string;
  readonly alertId: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly labels: Labels;
  readonly annotations: { readonly [name: string]: string };
  readonly element: ElementId | undefined;
  readonly cluster: string | undefined;
  /** The last that breached. */
  readonly value: number;
  readonly startedAt: EpochMs;
  readonly resolvedAt: EpochMs | undefined;
  readonly resolvedBecause: ResolvedBecause | undefined;
  readonly acknowledgedAt: EpochMs | undefined;
  readonly acknowledgedBy: string | undefined;
  /** Of the request that acknowledged it. */
  readonly acknowledgedTraceId: string | undefined;
  /** Of the write that the alert began with, else its own; undefined for one of before there were any. */
  readonly trace: TraceContext | undefined;
}

export function openIncident(
  fired: { readonly at: EpochMs; readonly incidentId: string; readonly record: AlertRecord },
  element: ElementId | undefined,
): IncidentRecord {
  const { labels, annotations, value, rule, id, trace } = fired.record;
  return {
    id: fired.incidentId,
    alertId: id,
    rule,
    severity: severityOf(labels),
    labels,
    annotations,
    element,
    cluster: labels.cluster,
    value,
    startedAt: fired.at,
    resolvedAt: undefined,
    resolvedBecause: undefined,
    acknowledgedAt: undefined,
    acknowledgedBy: undefined,
    acknowledgedTraceId: undefined,
    trace,
  };
}

/** The usual names people give severities; an alert without one is a warning. */
function severityOf(labels: Labels): Severity {
  switch ((labels.severity ?? "").toLowerCase()) {
    case "critical":
    case "page":
    case "error":
    case "fatal":
    case "emergency":
      return "critical";
    case "info":
    case "information":
    case "notice":
    case "none":
      return "info";
    default:
      return "warning";
  }
}

/** As the API and the page have it. */
export function incidentJson(incident: IncidentRecord, deliveries: readonly Delivery[]): Incident {
  return {
    id: incident.id,
    state: incident.resolvedAt === undefined ? "firing" : "resolved",
    severity: incident.severity,
    rule: incident.rule,
    summary: incident.annotations.summary ?? incident.rule,
    description: incident.annotations.description ?? "",
    labels: incident.labels,
    element: incident.element,
    cluster: incident.cluster,
    value: Number.isFinite(incident.value) ? incident.value : undefined,
    started_at: incident.startedAt,
    resolved_at: incident.resolvedAt,
    resolved_because: incident.resolvedBecause,
    acknowledged_at: incident.acknowledgedAt,
    acknowledged_by: incident.acknowledgedBy,
    acknowledged_trace_id: incident.acknowledgedTraceId,
    trace_id: incident.trace?.traceId,
    notifications: deliveries.map(({ receiver, event, state, attempts, lastError, sentAt }) => ({
      receiver,
      event,
      state,
      attempts,
      last_error: lastError,
      sent_at: sentAt,
    })),
  };
}
