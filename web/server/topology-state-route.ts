import type { Readable } from "node:stream";
import { Type } from "typebox";
import type { EpochMs } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, ownerHostOf } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { GraphView } from "../../topology/live-graph.ts";
import { type ElementLookup, isInScope, type Scope } from "../../topology/model/scope.ts";
import { TopologyResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { type Asked, askedOf, elementIdIn, type Moment, type TopologyDeps } from "./topology-request.ts";
import { jsonStream, ndjsonStream, sliced } from "./topology-stream.ts";

const MAX_DEPTH = 16;
const MAX_SHALLOW_ELEMENTS = 200_000;

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
      const { at: readAt, revision, elements, beginsAt: begins } = await stateOf(deps, asked, moment, scope);
      const head = { cluster: asked.cluster, at: readAt, revision, history_begins_at: begins };
      const isNdjson = (request.headers.accept ?? "").includes("application/x-ndjson");
      reply.type(isNdjson ? "application/x-ndjson" : "application/json");
      return reply.send(isNdjson ? ndjsonStream(head, elements) : jsonStream(head, elements));
    },
  });
}

interface FoundState {
  /** Of the live state when it was read: asked again for that moment, the past gives the same. */
  readonly at: EpochMs;
  readonly revision: number;
  readonly beginsAt: EpochMs | undefined;
  readonly elements: AsyncIterable<readonly Element[]>;
}

async function stateOf(deps: TopologyDeps, asked: Asked, { at, isLive }: Moment, scope: Scope): Promise<FoundState> {
  const { recorder, cluster } = asked;
  if (isLive) {
    const beginsAt = await deps.store.beginsAt(cluster);
    // Nothing is awaited between these, so that revision and time are those of these elements, which never change in place.
    const elements = inScope(recorder.graph, candidatesFor(recorder.graph, scope), scope);
    return { at: deps.clock.now(), revision: recorder.revision(), elements: sliced(elements), beginsAt };
  }
  const moment = await deps.store.momentAt(cluster, { at }, { root: scope.root });
  const elements = scope.depth === undefined ? filtered(moment.elements, scope) : await shallow(moment.elements, scope);
  return { ...moment, at, elements };
}

function candidatesFor(graph: GraphView, { root }: Scope): Iterable<Element> {
  const host = root === undefined ? undefined : ownerHostOf(root);
  if (host === undefined) return graph.elements();
  return Array.from(graph.ownedBy({ kind: "agent", host }), (id) => graph.get(id)).filter(
    (element) => element !== undefined,
  );
}

/** Without `depth` an element is in scope or not by itself. */
async function* filtered(chunks: AsyncIterable<readonly Element[]>, scope: Scope): AsyncIterable<readonly Element[]> {
  for await (const chunk of chunks) yield inScope(new Map(), chunk, scope);
}

/** How deep an element lies is known once its parents are: the part has to be held in memory, so it has a bound. */
async function shallow(
  chunks: AsyncIterable<readonly Element[]>,
  scope: Scope,
): Promise<AsyncIterable<readonly Element[]>> {
  const state = new Map<ElementId, Element>();
  for await (const chunk of chunks) {
    for (const element of chunk) state.set(element.id, element);
    if (state.size > MAX_SHALLOW_ELEMENTS) throw tooLargeForDepth();
  }
  return sliced(inScope(state, state.values(), scope));
}

function inScope(lookup: ElementLookup, elements: Iterable<Element>, scope: Scope): readonly Element[] {
  return [...elements].filter((element) => isInScope(lookup, element, scope));
}

function tooLargeForDepth(): OperatorError {
  return new OperatorError({
    code: "topology.too_large",
    message: `the past has more than ${MAX_SHALLOW_ELEMENTS} elements here, too many to find those within \`depth\``,
    hint: "give `root`, leave out `depth`, or ask /api/v1/topology/places for the whole from afar",
    status: 422,
  });
}

function kindsIn(text: string): ReadonlySet<string> {
  return new Set(text.split(",").map((kind) => kind.trim()));
}
