import { Type } from "typebox";
import type { Node } from "../../core/element.ts";
import { MAX_ID_LENGTH } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { GraphSource } from "../../topology/query/graph-source.ts";
import { explain } from "../../topology/query/hops.ts";
import { cheapestPath, type Path, type PathStop } from "../../topology/query/path.ts";
import { resolveNode } from "../../topology/query/resolve.ts";
import { parseSearch } from "../../topology/query/search/search-query.ts";
import { Work } from "../../topology/query/work.ts";
import { PathResponse } from "../api/topology-query.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, TimeParameter } from "./topology-parameters.ts";
import { askedOf, type Moment, type TopologyDeps } from "./topology-request.ts";
import { sourceAt } from "./topology-sources.ts";

/** Hops one search for a path may look at. */
const MAX_WORK = 500_000;
const EndParameter = Type.String({
  minLength: 1,
  maxLength: MAX_ID_LENGTH,
  description: "an id, or a name, IP, MAC or UUID that means one element",
});

/** `GET /api/v1/topology/path` */
export function registerPathRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/path",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "The hops between two elements, each with its reason",
      description: "What carries frames is preferred over what merely holds elements together.",
      querystring: Type.Object({
        from: EndParameter,
        to: EndParameter,
        at: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
      }),
      response: { 200: PathResponse },
    },
    handler: async (request): Promise<PathResponse> => {
      const { from, to, at, cluster } = request.query;
      const asked = askedOf(deps, cluster, [at]);
      const moment = await asked.moment(at);
      const source = sourceAt(deps.store, asked, moment);
      const [start, goal] = [await oneNode(source, from, moment), await oneNode(source, to, moment)];
      const path = await cheapestPath(source, [start.id, goal.id], new Work(MAX_WORK, tooFar));
      if (path === undefined) throw noPath(start, goal, moment);
      return {
        cluster: asked.cluster,
        at: moment.at,
        from: start.id,
        to: goal.id,
        stops: wireStops(path),
        complete: source.isComplete(),
      };
    },
  });
}

async function oneNode(source: GraphSource, typed: string, moment: Moment): Promise<Node> {
  const query = parseSearch(typed);
  const resolved = query === undefined ? ({ kind: "none" } as const) : await resolveNode(source, typed, query);
  switch (resolved.kind) {
    case "one":
      return resolved.node;
    case "none":
      throw unknown(typed, moment);
    case "several":
      throw ambiguous(typed, resolved.candidates);
  }
}

function wireStops({ stops }: Path): PathResponse["stops"] {
  return stops.map((stop, index) => {
    const { node, reason } = stop;
    const before: PathStop | undefined = stops[index - 1];
    if (reason === undefined || before === undefined) return { element: node };
    const link = reason.kind === "link" ? reason.link : undefined;
    return { element: node, reason: { kind: reason.kind, link, text: explain(before.node, node, reason) } };
  });
}

function unknown(typed: string, { at }: Moment): OperatorError {
  return new OperatorError({
    code: "topology.element_unknown",
    message: `nothing at ${new Date(at).toISOString()} is called ${JSON.stringify(typed.slice(0, 200))}`,
    hint: "GET /api/v1/search?q= finds elements by any identifier, deleted ones too",
    status: 404,
  });
}

function ambiguous(typed: string, candidates: readonly Node[]): OperatorError {
  return new OperatorError({
    code: "topology.element_ambiguous",
    message: `${JSON.stringify(typed.slice(0, 200))} may mean ${candidates.map(({ id }) => id).join(", ")}`,
    hint: "give the id of the one you mean",
    status: 409,
  });
}

function noPath(from: Node, to: Node, { at }: Moment): OperatorError {
  return new OperatorError({
    code: "topology.no_path",
    message: `nothing led from ${from.id} to ${to.id} at ${new Date(at).toISOString()}`,
    hint: "GET /api/v1/topology/elements/{id}/neighbours shows where each of them ends",
    status: 404,
  });
}

function tooFar(): OperatorError {
  return new OperatorError({
    code: "topology.path_too_expensive",
    message: `no path was found within ${MAX_WORK} hops looked at`,
    hint: "ask for a path between elements that are nearer, or ask from each of them to its host first",
    status: 422,
  });
}
