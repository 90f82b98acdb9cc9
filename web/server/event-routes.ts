import { Type } from "typebox";
import { epochMsOf } from "../../core/clock.ts";
import type { EventStore, RecordedEvent } from "../../store/event-store.ts";
import { EventDensityResponse, type EventSchema, EventSeveritySchema, EventsResponse } from "../api/events.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, BEGINNING, elementIdIn, spanOf, type TopologyDeps } from "./topology-request.ts";

const MAX_PAGE = 1_000;
const MAX_BUCKETS = 1_000;
const DENSITY_SPAN_MS = 3_600_000;

export interface EventDeps extends TopologyDeps {
  readonly events: EventStore;
}

const FilterParameters = {
  cluster: Type.Optional(ClusterParameter),
  root: Type.Optional(RootParameter),
  element: Type.Optional({ ...RootParameter, description: "only this very element" }),
  kind: Type.Optional(Type.String({ maxLength: 1_000, description: "comma-separated kinds: oom-kill,vm-crashed" })),
  severity: Type.Optional(EventSeveritySchema),
};

/** `GET /api/v1/events` and `…/density` */
export function registerEventRoutes(app: HttpServer, deps: EventDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/events",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What happened on hosts, newest first, with from < at <= to",
      querystring: Type.Object({
        ...FilterParameters,
        from: Type.Optional(TimeParameter),
        to: Type.Optional(TimeParameter),
        after: Type.Optional(Type.String({ maxLength: 400, description: "`next` of the page before" })),
        limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 100 }),
      }),
      response: { 200: EventsResponse },
    },
    handler: async (request): Promise<EventsResponse> => {
      const { from, to, after, limit, cluster } = request.query;
      const asked = askedOf(deps, cluster, [from, to]);
      const { events, next } = await deps.events.events({
        ...filterOf(request.query),
        cluster: asked.cluster,
        from: from === undefined ? BEGINNING : (await asked.moment(from)).at,
        to: (await asked.moment(to)).at,
        after,
        limit,
      });
      return { events: events.map(wireEvent), ...(next === undefined ? {} : { next }) };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/events/density",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Counts of events for the time bar, with from <= at < to; the last hour unless told otherwise",
      querystring: Type.Object({
        ...FilterParameters,
        from: Type.Optional(TimeParameter),
        to: Type.Optional(TimeParameter),
        buckets: Type.Integer({ minimum: 1, maximum: MAX_BUCKETS, default: 60 }),
      }),
      response: { 200: EventDensityResponse },
    },
    handler: async (request): Promise<EventDensityResponse> => {
      const { cluster, buckets } = request.query;
      const asked = askedOf(deps, cluster, [request.query.from, request.query.to]);
      const until = (await asked.moment(request.query.to)).at;
      const since =
        request.query.from === undefined
          ? epochMsOf(Math.max(0, until - DENSITY_SPAN_MS))
          : (await asked.moment(request.query.from)).at;
      const { from, to } = spanOf(since, until);
      const filter = { ...filterOf(request.query), cluster: asked.cluster };
      return { from, to, buckets: [...(await deps.events.density({ ...filter, from, to, buckets }))] };
    },
  });
}

function filterOf(query: {
  readonly root?: string | undefined;
  readonly element?: string | undefined;
  readonly kind?: string | undefined;
  readonly severity?: RecordedEvent["severity"] | undefined;
}) {
  return {
    root: elementIdIn(query.root),
    element: elementIdIn(query.element),
    kinds: query.kind?.split(",").map((kind) => kind.trim()),
    severity: query.severity,
  };
}

function wireEvent({ knownAt, ...event }: RecordedEvent): EventSchema {
  return { ...event, known_at: knownAt };
}
