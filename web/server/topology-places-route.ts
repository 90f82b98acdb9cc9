import { Type } from "typebox";
import type { ElementId } from "../../core/element-id.ts";
import { isWithin } from "../../core/element-id.ts";
import type { PlaceCounts } from "../../topology/model/place-counts.ts";
import { PlacesResponse } from "../api/topology-places.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, type TopologyDeps } from "./topology-request.ts";

/** `GET /api/v1/topology/places`: a whole cloud from afar. */
export function registerPlacesRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/places",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What each rack holds, at a moment",
      querystring: Type.Object({
        at: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
      }),
      response: { 200: PlacesResponse },
    },
    handler: async (request): Promise<PlacesResponse> => {
      const { at: atText, cluster, root } = request.query;
      const asked = askedOf(deps, cluster, [atText]);
      const { at, isLive } = await asked.moment(atText);
      const counts = isLive ? asked.recorder.counts() : await deps.store.countsAt(asked.cluster, { at });
      return { cluster: asked.cluster, at, places: placesIn(counts, elementIdIn(root)) };
    },
  });
}

function placesIn(counts: PlaceCounts, root: ElementId | undefined): PlacesResponse["places"] {
  return [...counts]
    .filter(([id]) => root === undefined || isWithin(id, root))
    .map(([id, counters]) => ({ id, counts: { ...counters } }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
