import type { Readable } from "node:stream";
import { Type } from "typebox";
import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementLookup, isInScope, type Scope } from "../../topology/model/scope.ts";
import { collected } from "../../topology/model/topology.ts";
import { TopologyResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { type Asked, askedOf, elementIdIn, type Moment, type TopologyDeps } from "./topology-request.ts";
import { jsonStream, ndjsonStream } from "./topology-stream.ts";

const MAX_DEPTH = 16;

/** `GET /api/v1/topology` */
export function registerStateRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "The topology at a moment",
      description:
        "Without `at` the live state. With `Accept: application/x-ndjson` a line with everything but the elements, then one line an element.",
      querystring: Type.Object({
        at: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
        depth: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_DEPTH, description: "levels below the root" })),
        kinds: Type.Optional(Type.String({ maxLength: 1_000, description: "comma-separated kinds" })),
      }),
      response: { 200: Type.Unsafe<Readable>(TopologyResponse) },
    },
    handler: async (request, reply) => {
      const { at, cluster, root, depth, kinds } = request.query;
      const asked = askedOf(deps, cluster, [at]);
      const moment = await asked.moment(at);
      const scope = { root: elementIdIn(root), depth, kinds: kinds === undefined ? undefined : kindsIn(kinds) };
      const { revision, elements, beginsAt: begins } = await stateOf(deps, asked, moment, scope);
      const head = { cluster: asked.cluster, at: moment.at, revision, history_begins_at: begins };
      const isNdjson = (request.headers.accept ?? "").includes("application/x-ndjson");
      reply.type(isNdjson ? "application/x-ndjson" : "application/json");
      return reply.send(isNdjson ? ndjsonStream(head, elements) : jsonStream(head, elements));
    },
  });
}

async function stateOf(
  deps: TopologyDeps,
  { recorder, cluster }: Asked,
  { at, isLive }: Moment,
  scope: Scope,
): Promise<{
  readonly revision: number;
  readonly elements: readonly Element[];
  readonly beginsAt: EpochMs | undefined;
}> {
  if (isLive) {
    const beginsAt = await deps.store.beginsAt(cluster);
    // Nothing is awaited between the two, so that the revision is that of these elements.
    return {
      revision: recorder.revision(),
      elements: inScope(recorder.graph, recorder.graph.elements(), scope),
      beginsAt,
    };
  }
  const { elements, revision, beginsAt } = await deps.store.momentAt(cluster, { at }, { root: scope.root });
  const state = await collected(elements);
  return { revision, elements: inScope(state, state.values(), scope), beginsAt };
}

function inScope(lookup: ElementLookup, elements: Iterable<Element>, scope: Scope): readonly Element[] {
  return [...elements].filter((element) => isInScope(lookup, element, scope));
}

function kindsIn(text: string): ReadonlySet<string> {
  return new Set(text.split(",").map((kind) => kind.trim()));
}
