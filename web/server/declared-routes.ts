import type { FastifyRequest } from "fastify";
import { nameOf } from "../../core/access.ts";
import { type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { declaredOwner, withdrawnWith } from "../../topology/declared.ts";
import { parseElement } from "../../topology/model/parse-element.ts";
import { notOwner, ownsId } from "../../topology/ownership.ts";
import { Declaration, DeclarationResponse, DeclaredResponse, WithdrawnResponse } from "../api/declared.ts";
import { parseIdPath } from "./element-path.ts";
import type { HttpServer } from "./http.ts";
import { noteOperation } from "./operations.ts";
import { ClusterQuery, plainJson } from "./topology-parameters.ts";
import { askedOf, type TopologyDeps } from "./topology-request.ts";

const URL = "/api/v1/topology/declared";
const MAX_LISTED = 10_000;
const MAX_WITHDRAWN = 10_000;

/**
 * `GET /api/v1/topology/declared`, `PUT` and `DELETE …/{id}`: what people say there is. An element is recorded like any
 * other, with its past; its id must not be below what agents, OpenStack or the recorder own.
 */
export function registerDeclaredRoutes(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: URL,
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What people declared",
      querystring: ClusterQuery,
      response: { 200: DeclaredResponse },
    },
    handler: async ({ query }): Promise<DeclaredResponse> => declaredIn(deps, query.cluster),
  });

  app.route({
    method: "PUT",
    url: `${URL}/*`,
    config: { access: "operator", operation: "element.declare" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Declare a node or a link, or say something else of it",
      description: "The id as one percent-encoded segment (switch%2Ftor-1) or as it is (switch/tor-1).",
      querystring: ClusterQuery,
      body: Declaration,
      response: { 200: DeclarationResponse },
    },
    handler: async (request): Promise<DeclarationResponse> => {
      const { recorder, cluster, now } = askedOf(deps, request.query.cluster);
      const id = idOf(request);
      noteOperation(request, { cluster, element: id, before: elementText(recorder.graph.get(id)) });
      const element = declaredElement(id, request.body, { cluster, by: nameOf(request.identity) });
      noteOperation(request, { after: elementText(element) });
      const owner = declaredOwner(cluster);
      const revision = await recorder.record({ kind: "changes", owner, at: now, put: [element], remove: [] });
      return { element, ...(revision === undefined ? {} : { revision }) };
    },
  });

  app.route({
    method: "DELETE",
    url: `${URL}/*`,
    config: { access: "operator", operation: "element.withdraw" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Withdraw what was declared, with what was declared of it",
      querystring: ClusterQuery,
      response: { 200: WithdrawnResponse },
    },
    handler: async (request): Promise<WithdrawnResponse> => {
      const id = idOf(request);
      const { recorder, cluster } = askedOf(deps, request.query.cluster);
      noteOperation(request, { cluster, element: id, before: elementText(recorder.graph.get(id)) });
      const withdrawn = await withdraw(deps, request.query.cluster, id);
      noteOperation(request, { after: `withdrawn: ${withdrawn.removed.length} elements` });
      return withdrawn;
    },
  });
}

function declaredIn(deps: TopologyDeps, asked: string | undefined): DeclaredResponse {
  const { recorder, cluster } = askedOf(deps, asked);
  const ids = recorder.graph.ownedBy(declaredOwner(cluster));
  if (ids.size > MAX_LISTED) {
    throw new OperatorError({
      code: "topology.too_many_declared",
      message: `people declared ${ids.size} elements, more than the ${MAX_LISTED} that are listed`,
      hint: "GET /api/v1/topology answers for any number; choose with `kinds` or `root`",
      status: 422,
    });
  }
  return { cluster, elements: [...ids].flatMap((id) => recorder.graph.get(id) ?? []) };
}

async function withdraw(deps: TopologyDeps, asked: string | undefined, id: ElementId): Promise<WithdrawnResponse> {
  const { recorder, cluster, now } = askedOf(deps, asked);
  const owner = declaredOwner(cluster);
  if (!ownsId(owner, id)) throw notOwner(owner, id);
  const element = recorder.graph.get(id);
  if (element === undefined) {
    throw new OperatorError({
      code: "topology.not_declared",
      message: `nobody declared ${id}`,
      hint: `GET ${URL} lists what people declared`,
      status: 404,
    });
  }
  const gone = withdrawnWith(recorder.graph, element, { owner, limit: MAX_WITHDRAWN });
  if (gone === "tooMany") {
    throw new OperatorError({
      code: "topology.too_much_declared",
      message: `more than ${MAX_WITHDRAWN} elements would go with ${id}`,
      hint: "withdraw what stands below it first",
      status: 422,
    });
  }
  const remove = [...gone];
  const revision = await recorder.record({ kind: "changes", owner, at: now, put: [], remove });
  return { removed: remove, ...(revision === undefined ? {} : { revision }) };
}

/** Who said so stays with the element, and so with each of its versions. */
function declaredElement(
  id: ElementId,
  declaration: Declaration,
  { cluster, by }: { readonly cluster: string; readonly by: string },
): Element {
  const attributes = { ...declaration.attributes, declared_by: by };
  const parsed = parseElement({ ...declaration, id, cluster, attributes });
  if (parsed.kind === "element") return parsed.element;
  const { path, problem } = parsed.problem;
  throw new OperatorError({
    code: "topology.declaration_invalid",
    message: `\`${path}\` ${problem}`,
    hint: 'a node is {"kind": "switch", "name": "tor-1"}, a link {"kind": "layer2", "from": "…", "to": "…"}, both with `attributes`',
    status: 400,
  });
}

/** For the operations log: what it is and what is said of it. */
function elementText(element: Element | undefined): string {
  if (element === undefined) return "none";
  const { kind, attributes } = element;
  const which = isLink(element) ? `${element.from} → ${element.to}` : element.name;
  return `${kind} ${which} ${JSON.stringify(attributes)}`;
}

/** From the URL as it came: the router would decode the `%2F` of an id. */
function idOf(request: FastifyRequest): ElementId {
  const path = (request.raw.url ?? "").split("?")[0] ?? "";
  const rest = path.slice(path.indexOf(URL) + URL.length + 1);
  const id = parseIdPath(rest);
  if (id?.includes("/") === true) return id;
  throw new OperatorError({
    code: "topology.id_invalid",
    message: `${JSON.stringify(rest.slice(0, 200))} is not the id of something declared`,
    hint: "such an id says what it is and which one: switch/tor-1, cable/42, note/7",
    status: 400,
  });
}
