import { type ElementExists, elementOf } from "./element-of.ts";
import { type IncidentRecord, openIncident } from "./incident.ts";
import type { Ledger, LedgerChange } from "./ledger.ts";
import type { AlertChange, AlertRecord, IncidentEvent } from "./lifecycle/alert-record.ts";
import { type Delivery, deliveriesFor } from "./notify/delivery.ts";

/** What an evaluation round writes in its one commit: alerts, their incidents, and the messages they ask for. */
export function ledgerChangeOf(
  changes: readonly AlertChange[],
  ledger: Ledger,
  context: { readonly receivers: readonly string[]; readonly elementExists: ElementExists },
): LedgerChange {
  const incidents: [string, IncidentRecord][] = [];
  const deliveries: [number, Delivery][] = [];
  for (const { event, after } of changes) {
    const incident = event === undefined ? goneOn(after, ledger) : incidentAfter(event, ledger, context.elementExists);
    if (incident !== undefined) incidents.push([incident.id, incident]);
    if (event === undefined) continue;
    const queued = deliveriesFor(event, {
      receivers: context.receivers,
      ofIncident: ledger.deliveriesOf(event.incidentId),
      nextSequence: ledger.nextSequence + deliveries.length,
      waiting: (receiver) => ledger.waitingCount(receiver) + countFor(deliveries, receiver),
    });
    for (const delivery of queued) deliveries.push([delivery.sequence, delivery]);
  }
  return { alerts: changes.map(({ id, after }) => [id, after] as const), incidents, deliveries };
}

function incidentAfter(event: IncidentEvent, ledger: Ledger, exists: ElementExists): IncidentRecord | undefined {
  if (event.kind === "fired") return openIncident(event, elementOf(event.record.labels, exists));
  const incident = ledger.incidents.get(event.incidentId);
  return incident && { ...incident, resolvedAt: event.at, resolvedBecause: event.because };
}

/** A firing alert's incident shows its latest value and words. */
function goneOn(after: AlertRecord | undefined, ledger: Ledger): IncidentRecord | undefined {
  if (after?.incidentId === undefined) return undefined;
  const incident = ledger.incidents.get(after.incidentId);
  return incident && { ...incident, value: after.value, annotations: after.annotations };
}

function countFor(deliveries: readonly (readonly [number, Delivery])[], receiver: string): number {
  return deliveries.filter(([, delivery]) => delivery.receiver === receiver && delivery.state === "waiting").length;
}
