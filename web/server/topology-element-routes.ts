import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { collected } from "../../topology/model/topology.ts";
import { neighbourhood } from "../../topology/neighbours.ts";
import { ChangesResponse, ElementResponse, NeighboursResponse } from "../api/topology.ts";
import { type ElementPath, parseElementPath } from "./element-path.ts";
import type { HttpServer } from "./http.ts";
import { PageParameters } from "./topology-change-routes.ts";
import { plainJson, TimeParameter } from "./topology-parameters.ts";
import { type Asked, askedOf, BEGINNING, elementIdIn, type Moment, type TopologyDeps } from "./topology-request.ts";
import { sourceAt } from "./topology-sources.ts";
import { wireRecordedChange } from "./wire.ts";

const MAX_HOPS = 6;
const MAX_NEIGHBOURS = 10_000;
const PATH = "/api/v1/topology/elements/";

const ElementQuery = Type.Object({
  ...PageParameters,
  at: Type.Optional(TimeParameter),
  depth: Type.Integer({ minimum: 1, maximum: MAX_HOPS, default: 1, description: "hops, for neighbours" }),
});
type ElementQuery = Static<typeof ElementQuery>;

/** `GET /api/v1/topology/elements/{id}`, `…/{id}/history` and `…/{id}/neighbours` */
export function registerElementRoutes(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: `${PATH}*`,
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "One element; with /history its changes, with /neighbours?depth= what is around it",
      description: "The id is one percent-encoded segment (host%2Fc-1%2Fif%2Feth0) or as it is (host/c-1/if/eth0).",
      querystring: ElementQuery,
      response: { 200: Type.Union([ElementResponse, ChangesResponse, NeighboursResponse]) },
    },
    handler: async (request): Promise<ElementResponse | ChangesResponse | NeighboursResponse> => {
      const { id, view } = pathOf(request);
      const { query } = request;
      const asked = askedOf(deps, query.cluster, [query.at, query.from, query.to]);
      switch (view) {
        case "element":
          return elementAt(deps, asked, id, await asked.moment(query.at));
        case "history":
          return historyOf(deps, asked, id, query);
        case "neighbours":
          return neighboursOf(deps, asked, id, { moment: await asked.moment(query.at), depth: query.depth });
      }
    },
  });
}

/** From the URL as it came: the router would decode the `%2F` of an id. */
function pathOf(request: FastifyRequest): ElementPath {
  const path = (request.raw.url ?? "").split("?")[0] ?? "";
  const found = parseElementPath(path.slice(path.indexOf(PATH) + PATH.length));
  return found ?? { id: elementIdIn(path.slice(-200)), view: "element" };
}

async function elementAt(deps: TopologyDeps, asked: Asked, id: ElementId, moment: Moment): Promise<ElementResponse> {
  const element = moment.isLive
    ? asked.recorder.graph.get(id)
    : (await collected(deps.store.stateAt(asked.cluster, moment, { element: id }))).get(id);
  if (element === undefined) throw elementUnknown(id, moment);
  return { at: moment.at, element };
}

async function historyOf(
  deps: TopologyDeps,
  asked: Asked,
  id: ElementId,
  query: ElementQuery,
): Promise<ChangesResponse> {
  const { changes, next } = await deps.store.changes({
    cluster: asked.cluster,
    from: query.from === undefined ? BEGINNING : (await asked.moment(query.from)).at,
    to: (await asked.moment(query.to)).at,
    element: id,
    after: query.after,
    limit: query.limit,
    newestFirst: query.order === "desc",
  });
  return { changes: changes.map(wireRecordedChange), next };
}

async function neighboursOf(
  deps: TopologyDeps,
  asked: Asked,
  id: ElementId,
  { moment, depth }: { readonly moment: Moment; readonly depth: number },
): Promise<NeighboursResponse> {
  const source = sourceAt(deps.store, asked, moment);
  const found = await neighbourhood(source, id, { depth, limit: MAX_NEIGHBOURS });
  if (found === undefined) throw elementUnknown(id, moment);
  if (found === "tooMany") {
    throw new OperatorError({
      code: "topology.too_many_neighbours",
      message: `more than ${MAX_NEIGHBOURS} elements are within ${depth} hops of ${id}`,
      hint: "ask for fewer hops",
      status: 422,
    });
  }
  return { at: moment.at, root: id, elements: [...found] };
}

function elementUnknown(id: ElementId, { at }: Moment): OperatorError {
  return new OperatorError({
    code: "topology.element_unknown",
    message: `there is no element ${id} at ${new Date(at).toISOString()}`,
    hint: `GET ${PATH}${encodeURIComponent(id)}/history tells when it was there`,
    status: 404,
  });
}
