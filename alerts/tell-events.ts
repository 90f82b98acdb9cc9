import type { Log } from "../core/log.ts";
import { newTrace, randomBytes, type TraceContext } from "../core/trace.ts";
import type { AlertTracing } from "./alert-tracing.ts";
import type { Ledger } from "./ledger.ts";
import type { AlertChange } from "./lifecycle/alert-record.ts";

/** What a round has made durable goes into the log and the tracing stream, within the trace of each alert. */
export function tellEvents(
  changes: readonly AlertChange[],
  { ledger, log, tracing }: { readonly ledger: Ledger; readonly log: Log; readonly tracing: AlertTracing },
): void {
  for (const change of changes) {
    const { before, after, event } = change;
    if (before === undefined && after?.trace !== undefined) tracing.writes.taken(after, after.trace);
    const incident = event && ledger.incidents.get(event.incidentId);
    if (event === undefined || incident === undefined) continue;
    const fields = {
      incident: incident.id,
      rule: incident.rule,
      severity: incident.severity,
      host: incident.labels.host,
      cluster: incident.cluster,
      element: incident.element,
      because: incident.resolvedBecause,
    };
    const name = `alert ${event.kind}`;
    const parent: TraceContext | undefined = incident.trace;
    const trace = newTrace(randomBytes, parent);
    tracing.traces.run(trace, () => log.info({ trace_id: trace.traceId, ...fields }, name));
    const since = event.kind === "fired" ? event.record.state.since : incident.startedAt;
    tracing.recordSpan({
      ...trace,
      parentSpanId: parent?.spanId,
      kind: "alert",
      name,
      startedAt: since,
      durationMs: Math.max(0, event.at - since),
      outcome: "ok",
      attributes: fields,
    });
  }
}
