import { Type } from "typebox";
import { nameOf } from "../../core/access.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { type Incident, IncidentSchema, IncidentsResponse } from "../api/alerts.ts";
import type { HttpServer } from "./http.ts";
import { instantParameter } from "./instant-parameter.ts";
import { noteOperation } from "./operations.ts";

export interface AlertRoutesDeps {
  readonly clock: Clock;
  /** Firing ones first, then the newest; only those going on between `from` and `to`. */
  incidents(filter: IncidentQuery): readonly Incident[];
  /** Durable when it returns. Errors: `incident.unknown` (404), `incident.resolved` (409). */
  acknowledge(id: string, by: { readonly who: string; readonly traceId: string }): Incident;
}

export interface IncidentQuery {
  readonly state?: "firing" | "resolved" | undefined;
  readonly from?: EpochMs | undefined;
  readonly to?: EpochMs | undefined;
}

const time = (description: string) => Type.Optional(Type.String({ description, maxLength: 40 }));

const IncidentsQuery = Type.Object({
  state: Type.Optional(Type.Union([Type.Literal("firing"), Type.Literal("resolved")])),
  from: time("only incidents not over before this: RFC 3339, epoch seconds or milliseconds, now-15m"),
  to: time("only incidents that had begun by then"),
});

const IncidentPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) });

/** Incidents for the page and for programs: listing them is for viewers, acknowledging for operators. */
export function registerAlertRoutes(app: HttpServer, deps: AlertRoutesDeps): void {
  const tags = ["alerts"];
  app.get(
    "/api/v1/incidents",
    {
      config: { access: "viewer" },
      schema: { tags, summary: "Incidents", querystring: IncidentsQuery, response: { 200: IncidentsResponse } },
    },
    async (request) => {
      const { state, from, to } = request.query;
      const now = deps.clock.now();
      const filter = { state, from: instantParameter("from", from, now), to: instantParameter("to", to, now) };
      return { incidents: [...deps.incidents(filter)] };
    },
  );
  app.post(
    "/api/v1/incidents/:id/ack",
    {
      config: { access: "operator", operation: "incident.acknowledge" },
      schema: { tags, summary: "Acknowledge an incident", params: IncidentPath, response: { 200: IncidentSchema } },
    },
    async (request) => {
      const { id } = request.params;
      noteOperation(request, { element: `incident ${id}` });
      const incident = deps.acknowledge(id, { who: nameOf(request.identity), traceId: request.traceId });
      const { cluster, element, rule, acknowledged_by, acknowledged_trace_id } = incident;
      const isFirst = acknowledged_trace_id === request.traceId;
      noteOperation(request, {
        cluster,
        element: element ?? `incident ${id}`,
        before: isFirst ? `${rule}: not acknowledged` : `${rule}: acknowledged by ${acknowledged_by}`,
        after: `${rule}: acknowledged by ${acknowledged_by}`,
      });
      return incident;
    },
  );
}
