import { Type } from "typebox";
import { nameOf } from "../../core/access.ts";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { parseDurationMs } from "../../promql/literals.ts";
import { type Incident, IncidentSchema, IncidentsResponse } from "../api/alerts.ts";
import type { HttpServer } from "./http.ts";

export interface AlertRoutesDeps {
  readonly clock: Clock;
  /** Firing ones first, then the newest; only those going on between `from` and `to`. */
  incidents(filter: IncidentQuery): readonly Incident[];
  /** Durable when it returns. Errors: `incident.unknown` (404), `incident.resolved` (409). */
  acknowledge(id: string, who: string): Incident;
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
      const filter = { state, from: instantOf("from", from, now), to: instantOf("to", to, now) };
      return { incidents: [...deps.incidents(filter)] };
    },
  );
  app.post(
    "/api/v1/incidents/:id/ack",
    {
      config: { access: "operator" },
      schema: { tags, summary: "Acknowledge an incident", params: IncidentPath, response: { 200: IncidentSchema } },
    },
    async (request) => deps.acknowledge(request.params.id, nameOf(request.identity)),
  );
}

/** Numbers above this are milliseconds: as seconds they would lie after the year 5000. */
const FIRST_MILLISECONDS = 1e11;

function instantOf(name: string, text: string | undefined, now: EpochMs): EpochMs | undefined {
  if (text === undefined) return undefined;
  const ms = millisecondsOf(text, now);
  if (Number.isFinite(ms)) return epochMsOf(ms);
  throw new OperatorError({
    code: "http.invalid",
    message: `${name} is not a time: ${JSON.stringify(text)}`,
    hint: "write it as 2026-01-31T02:41:00Z, as epoch seconds or milliseconds, or as now-15m",
    status: 400,
  });
}

function millisecondsOf(text: string, now: EpochMs): number {
  if (text === "now") return now;
  if (text.startsWith("now-")) return now - (parseDurationMs(text.slice(4)) ?? Number.NaN);
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) < FIRST_MILLISECONDS ? Number(text) * 1_000 : Number(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
}
