import type { EpochMs } from "../../../core/clock.ts";
import type { Incident, Severity } from "../../api/alerts.ts";

const RANK: { readonly [severity in Severity]: number } = { critical: 2, warning: 1, info: 0 };

/** The worst severity firing on each element at a moment; now when it is undefined. */
export function alertsAt(incidents: readonly Incident[], at: EpochMs | undefined): ReadonlyMap<string, Severity> {
  const worst = new Map<string, Severity>();
  for (const incident of incidents) {
    const { element, severity } = incident;
    if (element === undefined || !isFiringAt(incident, at)) continue;
    const known = worst.get(element);
    if (known === undefined || RANK[severity] > RANK[known]) worst.set(element, severity);
  }
  return worst;
}

export function isFiringAt(incident: Incident, at: EpochMs | undefined): boolean {
  if (at === undefined) return incident.state === "firing";
  return incident.started_at <= at && (incident.resolved_at === undefined || incident.resolved_at > at);
}
