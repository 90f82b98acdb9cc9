import { type Static, Type } from "typebox";
import { hostId, MAX_ID_LENGTH } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { neighbourhood } from "../../topology/neighbours.ts";
import {
  GraphDataResponse,
  type GraphEdge,
  GraphFieldsResponse,
  GraphHealthResponse,
  type GraphNode,
} from "../api/node-graph.ts";
import type { HttpServer } from "./http.ts";
import { nodeGraphOf } from "./node-graph.ts";
import { ClusterParameter, plainJson, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, type TopologyDeps } from "./topology-request.ts";
import { sourceAt } from "./topology-sources.ts";

const PATH = "/api/v1/grafana/nodegraph/api";
/** More than a node graph can show; Grafana draws 1,500 at most. */
const MAX_ELEMENTS = 3_000;

const GraphQuery = Type.Object({
  cluster: Type.Optional(ClusterParameter),
  host: Type.Optional(Type.String({ maxLength: 255, description: "the host whose surroundings are wanted" })),
  root: Type.Optional(
    Type.String({ maxLength: MAX_ID_LENGTH, description: "the element whose surroundings are wanted" }),
  ),
  at: Type.Optional(TimeParameter),
  depth: Type.Integer({ minimum: 1, maximum: 4, default: 2, description: "hops" }),
});
type GraphQuery = Static<typeof GraphQuery>;

type FieldsOf<Row> = { readonly [Field in keyof Row]: string | undefined };

/** Names shown in the menu of a node; the others have their meaning. */
const NODE_FIELDS: FieldsOf<GraphNode> = {
  id: undefined,
  title: undefined,
  subTitle: undefined,
  mainStat: undefined,
  color: undefined,
  detail__id: "Id",
  detail__host: "Host",
  detail__addresses: "Addresses",
};
const EDGE_FIELDS: FieldsOf<GraphEdge> = { id: undefined, source: undefined, target: undefined, mainStat: undefined };

/** `GET /api/v1/grafana/nodegraph/api/{health,graph/fields,graph/data}`: the surroundings of a host for Grafana's node graph. */
export function registerNodeGraphRoutes(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: `${PATH}/health`,
    config: { access: "viewer" },
    schema: { tags: ["grafana"], summary: "For the plugin's test", response: { 200: GraphHealthResponse } },
    handler: async (): Promise<GraphHealthResponse> => ({ status: "ok" }),
  });

  app.route({
    method: "GET",
    url: `${PATH}/graph/fields`,
    config: { access: "viewer" },
    schema: { tags: ["grafana"], summary: "What nodes and edges have", response: { 200: GraphFieldsResponse } },
    handler: async (): Promise<GraphFieldsResponse> => ({
      nodes_fields: fieldsOf(NODE_FIELDS),
      edges_fields: fieldsOf(EDGE_FIELDS),
    }),
  });

  app.route({
    method: "GET",
    url: `${PATH}/graph/data`,
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["grafana"],
      summary: "What is around a host or another element, now or at a time",
      querystring: GraphQuery,
      response: { 200: GraphDataResponse },
    },
    handler: async ({ query }): Promise<GraphDataResponse> => graphData(deps, query),
  });
}

async function graphData(deps: TopologyDeps, query: GraphQuery): Promise<GraphDataResponse> {
  const root = rootOf(query);
  const asked = askedOf(deps, query.cluster, [query.at]);
  const moment = await asked.moment(query.at);
  const { depth } = query;
  const found = await neighbourhood(sourceAt(deps.store, asked, moment), root, { depth, limit: MAX_ELEMENTS });
  if (found === undefined) {
    throw new OperatorError({
      code: "topology.element_unknown",
      message: `there is no element ${root} at ${new Date(moment.at).toISOString()}`,
      hint: "choose a host and a time at which it was there",
      status: 404,
    });
  }
  if (found === "tooMany") {
    throw new OperatorError({
      code: "topology.too_many_neighbours",
      message: `more than ${MAX_ELEMENTS} elements are within ${depth} hops of ${root}`,
      hint: "ask for fewer hops",
      status: 422,
    });
  }
  return { at: moment.at, ...nodeGraphOf(found) };
}

function rootOf({ host, root }: GraphQuery) {
  if (root !== undefined) return elementIdIn(root);
  if (host !== undefined && host !== "") return hostId(host);
  throw new OperatorError({
    code: "topology.root_needed",
    message: "the request names neither `host` nor `root`",
    hint: "give the host, or the id of the element, whose surroundings are wanted",
    status: 400,
  });
}

function fieldsOf(fields: Readonly<Record<string, string | undefined>>): GraphFieldsResponse["nodes_fields"] {
  return Object.entries(fields).map(([field_name, displayName]) => ({
    field_name,
    type: "string",
    ...(displayName === undefined ? {} : { displayName }),
  }));
}
