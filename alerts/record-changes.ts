import { type ElementExists, elementOf } from "./element-of.ts";
import { type IncidentRecord, openIncident } from "./incident.ts";
import type { LatestValues, Ledger, LedgerChange } from "./ledger.ts";
import type { AlertChange, AlertRecord, IncidentEvent } from "./lifecycle/alert-record.ts";
import { isSameDurably } from "./lifecycle/judge.ts";
import { type Delivery, deliveriesFor } from "./notify/delivery.ts";

/** What an evaluation round writes in its one commit: alerts, their incidents, and the messages they ask for. */
export function ledgerChangeOf(
  changes: readonly AlertChange[],
  ledger: Ledger,
  context: { readonly receivers: readonly string[]; readonly elementExists: ElementExists },
): LedgerChange {
  const durable = changes.filter((change) => !isOnlyNewer(change));
  const incidents: [string, IncidentRecord][] = [];
  const deliveries: [number, Delivery][] = [];
  const added = new Map<string, number>();
  for (const { event } of durable) {
    if (event === undefined) continue;
    const incident = incidentAfter(event, ledger, context.elementExists);
    if (incident !== undefined) incidents.push([incident.id, incident]);
    const queued = deliveriesFor(event, {
      receivers: context.receivers,
      ofIncident: ledger.deliveriesOf(event.incidentId),
      nextSequence: ledger.nextSequence + deliveries.length,
      waiting: (receiver) => ledger.waitingCount(receiver) + (added.get(receiver) ?? 0),
    });
    for (const delivery of queued) {
      deliveries.push([delivery.sequence, delivery]);
      if (delivery.state === "waiting") added.set(delivery.receiver, (added.get(delivery.receiver) ?? 0) + 1);
    }
  }
  return { alerts: durable.map(({ id, after }) => [id, after] as const), incidents, deliveries };
}

/** What an evaluation round only needs in memory: the latest values and words of alerts that go on as they were. */
export function latestOf(changes: readonly AlertChange[], ledger: Ledger): LatestValues {
  const alerts = changes
    .filter(isOnlyNewer)
    .map(({ after }) => after)
    .filter((after) => after !== undefined);
  return {
    alerts,
    incidents: alerts.map((after) => asNow(after, ledger)).filter((incident) => incident !== undefined),
  };
}

function isOnlyNewer({ before, after, event }: AlertChange): boolean {
  return event === undefined && before !== undefined && after !== undefined && isSameDurably(before, after);
}

function incidentAfter(event: IncidentEvent, ledger: Ledger, exists: ElementExists): IncidentRecord | undefined {
  if (event.kind === "fired") return openIncident(event, elementOf(event.record.labels, exists));
  const incident = ledger.incidents.get(event.incidentId);
  return incident && { ...incident, resolvedAt: event.at, resolvedBecause: event.because };
}

function asNow(after: AlertRecord, ledger: Ledger): IncidentRecord | undefined {
  const incident = after.incidentId === undefined ? undefined : ledger.incidents.get(after.incidentId);
  return incident && { ...incident, value: after.value, annotations: after.annotations };
}
