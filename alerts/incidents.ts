import type { EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Incident } from "../web/api/alerts.ts";
import { incidentJson } from "./incident.ts";
import type { Ledger, LedgerChange } from "./ledger.ts";

export interface IncidentFilter {
  readonly state?: "firing" | "resolved" | undefined;
  /** Incidents that were going on at some moment between `from` and `to`. */
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
}

/** More are never answered at once; the newest are. */
const MOST_INCIDENTS = 1_000;

/** Firing ones first, then the newest. */
export function listIncidents(ledger: Ledger, filter: IncidentFilter = {}): readonly Incident[] {
  const { state, from, to } = filter;
  return [...ledger.incidents.values()]
    .filter(({ resolvedAt }) => state === undefined || (state === "firing") === (resolvedAt === undefined))
    .filter(({ resolvedAt }) => from === undefined || resolvedAt === undefined || resolvedAt >= from)
    .filter(({ startedAt }) => to === undefined || startedAt <= to)
    .sort((a, b) => rank(a.resolvedAt) - rank(b.resolvedAt) || b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_INCIDENTS)
    .map((incident) => incidentJson(incident, ledger.deliveriesOf(incident.id)));
}

const rank = (resolvedAt: EpochMs | undefined) => (resolvedAt === undefined ? 0 : 1);

interface AcknowledgedBy {
  readonly who: string;
  readonly at: EpochMs;
  /** Of the request. */
  readonly traceId: string;
}

/** The first who acknowledges stays. Errors: `incident.unknown` (404), `incident.resolved` (409). */
export function acknowledge(ledger: Ledger, id: string, by: AcknowledgedBy): Incident {
  const incident = ledger.incidents.get(id);
  if (incident === undefined) {
    throw new OperatorError({
      code: "incident.unknown",
      message: `there is no incident ${JSON.stringify(id.slice(0, 100))}`,
      hint: "GET /api/v1/incidents lists them; old ones are removed",
      status: 404,
    });
  }
  if (incident.resolvedAt !== undefined && incident.acknowledgedAt === undefined) {
    throw new OperatorError({
      code: "incident.resolved",
      message: "this incident is already over",
      hint: "only firing incidents can be acknowledged",
      status: 409,
    });
  }
  if (incident.acknowledgedAt !== undefined) return incidentJson(incident, ledger.deliveriesOf(id));
  const acknowledged = { ...incident, acknowledgedAt: by.at, acknowledgedBy: by.who, acknowledgedTraceId: by.traceId };
  ledger.commit({ incidents: [[id, acknowledged]] });
  return incidentJson(acknowledged, ledger.deliveriesOf(id));
}

const KEPT_MS = 90 * 24 * 3_600_000;
const MOST_KEPT = 10_000;

/** Resolved incidents that are old or too many, with their messages; never one with a message still waiting. */
export function expiredIncidents(ledger: Ledger, now: EpochMs): LedgerChange {
  const resolved = [...ledger.incidents.values()]
    .filter(({ resolvedAt }) => resolvedAt !== undefined)
    .sort((a, b) => (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0));
  const expired = resolved
    .filter(({ resolvedAt }, i) => i >= MOST_KEPT || now - (resolvedAt ?? now) > KEPT_MS)
    .filter(({ id }) => ledger.deliveriesOf(id).every(({ state }) => state !== "waiting"));
  return {
    incidents: expired.map(({ id }) => [id, undefined]),
    deliveries: expired.flatMap(({ id }) =>
      ledger.deliveriesOf(id).map(({ sequence }) => [sequence, undefined] as const),
    ),
  };
}
