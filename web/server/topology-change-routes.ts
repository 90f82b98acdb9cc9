import { Type } from "typebox";
import { epochMsOf } from "../../core/clock.ts";
import { ChangesResponse, DensityResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, BEGINNING, elementIdIn, spanOf, type TopologyDeps } from "./topology-request.ts";
import { wireRecordedChange } from "./wire.ts";

const MAX_PAGE = 1_000;
const MAX_BUCKETS = 1_000;
const DENSITY_SPAN_MS = 3_600_000;

/** Paging of the change log, for the log of a cluster and the history of an element alike. */
export const PageParameters = {
  from: Type.Optional(TimeParameter),
  to: Type.Optional(TimeParameter),
  cluster: Type.Optional(ClusterParameter),
  after: Type.Optional(Type.String({ maxLength: 100, description: "`next` of the page before" })),
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 100 }),
  order: Type.Union([Type.Literal("asc"), Type.Literal("desc")], { default: "asc", description: "desc: newest first" }),
};

/** `GET /api/v1/topology/changes` and `…/density` */
export function registerChangeRoutes(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/changes",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "The change log, by the time things happened, with from < at <= to",
      querystring: Type.Object({ ...PageParameters, root: Type.Optional(RootParameter) }),
      response: { 200: ChangesResponse },
    },
    handler: async (request): Promise<ChangesResponse> => {
      const { from, to, cluster, root, after, limit, order } = request.query;
      const asked = askedOf(deps, cluster, [from, to]);
      const { changes, next } = await deps.store.changes({
        cluster: asked.cluster,
        from: from === undefined ? BEGINNING : (await asked.moment(from)).at,
        to: (await asked.moment(to)).at,
        root: elementIdIn(root),
        after,
        limit,
        newestFirst: order === "desc",
      });
      return { changes: changes.map(wireRecordedChange), next };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/topology/density",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Counts of changes for the time bar, with from <= at < to; the last hour unless told otherwise",
      querystring: Type.Object({
        from: Type.Optional(TimeParameter),
        to: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
        buckets: Type.Integer({ minimum: 1, maximum: MAX_BUCKETS, default: 60 }),
      }),
      response: { 200: DensityResponse },
    },
    handler: async (request): Promise<DensityResponse> => {
      const { cluster, root, buckets } = request.query;
      const asked = askedOf(deps, cluster, [request.query.from, request.query.to]);
      const until = (await asked.moment(request.query.to)).at;
      const since =
        request.query.from === undefined
          ? epochMsOf(Math.max(0, until - DENSITY_SPAN_MS))
          : (await asked.moment(request.query.from)).at;
      const { from, to } = spanOf(since, until);
      const counts = await deps.store.density({ cluster: asked.cluster, from, to, buckets, root: elementIdIn(root) });
      return { from, to, buckets: [...counts] };
    },
  });
}
