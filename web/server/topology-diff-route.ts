import { Type } from "typebox";
import type { EpochMs } from "../../core/clock.ts";
import { isLink } from "../../core/element.ts";
import { agentId, type ElementId, elementIdOf, ownerHostOf } from "../../core/element-id.ts";
import { changedId } from "../../topology/model/change.ts";
import { type ComparisonInput, compare } from "../../topology/model/comparison.ts";
import { collected } from "../../topology/model/topology.ts";
import { DiffResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, type TopologyDeps } from "./topology-request.ts";
import { wireComparison } from "./wire.ts";

/** More changed elements than this are not compared in one answer. */
const MAX_CHANGED = 100_000;

/** `GET /api/v1/topology/diff`; `from` may be the later of the two. */
export function registerDiffRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/diff",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What differs between two moments",
      querystring: Type.Object({
        from: TimeParameter,
        to: Type.Optional(TimeParameter),
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
        ignore: Type.Optional(
          Type.String({ maxLength: 2_000, description: "comma-separated attributes that do not count" }),
        ),
      }),
      response: { 200: DiffResponse },
    },
    handler: async (request): Promise<DiffResponse> => {
      const { from: fromText, to: toText, ...query } = request.query;
      const asked = askedOf(deps, query.cluster, [fromText, toText]);
      const [from, to] = [(await asked.moment(fromText)).at, (await asked.moment(toText)).at];
      const { cluster } = asked;
      const root = elementIdIn(query.root);
      const ignore = new Set((query.ignore ?? "").split(",").map((name) => name.trim()));
      const changed = await changedBetween(deps, { cluster, from, to, root });
      const unknownHosts = await silentHosts(deps, cluster, [from, to], root);
      const comparison = wireComparison(compare({ ...changed, ignore }));
      return { cluster, from, to, ...comparison, unknown_hosts: [...unknownHosts] };
    },
  });
}

interface Span {
  readonly cluster: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly root: ElementId | undefined;
}

async function changedBetween(
  deps: TopologyDeps,
  { cluster, from, to, root }: Span,
): Promise<Omit<ComparisonInput, "ignore">> {
  const { store } = deps;
  const isForwards = from <= to;
  const span = isForwards ? { from, to } : { from: to, to: from };
  const changes = await store.netChanges({ cluster, ...span, part: { root }, limit: MAX_CHANGED });
  const touched = new Set(changes.map(changedId));
  const [before, after] = await Promise.all(
    [from, to].map(async (at) => {
      const state = await collected(store.stateAt(cluster, { at }, { root }));
      return new Map([...state].filter(([id]) => touched.has(id)));
    }),
  );
  const renames = changes.flatMap((change): readonly (readonly [ElementId, ElementId])[] => {
    if (change.kind !== "add" || change.renamedFrom === undefined) return [];
    const { element, renamedFrom } = change;
    return [isForwards ? [element.id, renamedFrom] : [renamedFrom, element.id]];
  });
  return { before: before ?? new Map(), after: after ?? new Map(), renames: new Map(renames) };
}

/** Hosts whose agent was silent at one of the moments, below `root`. */
async function silentHosts(
  deps: TopologyDeps,
  cluster: string,
  moments: readonly EpochMs[],
  root: ElementId | undefined,
): Promise<readonly string[]> {
  const host = root === undefined ? undefined : ownerHostOf(root);
  const agents = elementIdOf("agent");
  const hosts = new Set<string>();
  for (const at of moments) {
    const part = host === undefined ? { root: agents } : { element: agentId(host) };
    for (const agent of (await collected(deps.store.stateAt(cluster, { at }, part))).values()) {
      if (isLink(agent) || agent.attributes.session !== "silent") continue;
      hosts.add(agent.host ?? agent.name);
    }
  }
  return [...hosts].sort();
}
