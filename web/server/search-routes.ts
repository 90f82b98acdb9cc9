import { setImmediate } from "node:timers/promises";
import { Type } from "typebox";
import { OperatorError } from "../../core/errors.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { compareHits, type Hit, search } from "../../topology/query/search/search.ts";
import { MAX_SEARCH_LENGTH, parseSearch, type SearchQuery } from "../../topology/query/search/search-query.ts";
import { Work } from "../../topology/query/work.ts";
import { type SearchHit, SearchResponse } from "../api/search.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, TimeParameter } from "./topology-parameters.ts";
import { type Asked, askedOf, BEGINNING, type TopologyDeps } from "./topology-request.ts";
import { sourceAt } from "./topology-sources.ts";

const MAX_HITS = 200;
/** Elements of one cluster that one search may look at. */
const MAX_WORK = 100_000;
/** Changes of a deleted element that are read to learn when it came. */
const MAX_HISTORY = 200;

/** `GET /api/v1/search` */
export function registerSearchRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/search",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Find elements by name, id, UUID, IP, network, MAC, port id, VLAN or VNI, deleted ones too",
      description:
        "Names are found by their beginning as well, as long as they are there. `vlan 100` and `vni:7001` find tags.",
      querystring: Type.Object({
        q: Type.String({ minLength: 1, maxLength: MAX_SEARCH_LENGTH }),
        cluster: Type.Optional(Type.String({ ...ClusterParameter, description: "left out: all clusters" })),
        at: Type.Optional(TimeParameter),
        limit: Type.Integer({ minimum: 1, maximum: MAX_HITS, default: 50 }),
      }),
      response: { 200: SearchResponse },
    },
    handler: async (request): Promise<SearchResponse> => {
      const { q, cluster, at, limit } = request.query;
      const query = parseSearch(q);
      if (query === undefined) return { hits: [], has_more: false };
      const clusters = cluster === undefined ? [...deps.recorders.keys()] : [cluster];
      const found: { readonly asked: Asked; readonly hit: Hit }[] = [];
      for (const name of clusters) {
        const asked = askedOf(deps, name, [at]);
        for (const hit of await searchCluster(deps, asked, query, { at, limit })) found.push({ asked, hit });
        await setImmediate();
      }
      found.sort((a, b) => compareHits(a.hit, b.hit));
      const shown = found.slice(0, limit);
      const hits = await Promise.all(shown.map(({ asked, hit }) => wireHit(deps.store, asked, hit)));
      return { hits, has_more: found.length > limit };
    },
  });
}

async function searchCluster(
  { store }: TopologyDeps,
  asked: Asked,
  query: SearchQuery,
  { at, limit }: { readonly at: string | undefined; readonly limit: number },
): Promise<readonly Hit[]> {
  const moment = await asked.moment(at);
  const { cluster, recorder } = asked;
  const place = {
    source: sourceAt(store, asked, moment),
    live: recorder.graph,
    lost: moment.isLive
      ? (tokens: readonly string[], most: number) => store.pastIdentifiers({ cluster, tokens, limit: most })
      : undefined,
  };
  return search(place, query, { limit, work: new Work(MAX_WORK, tooWide) });
}

async function wireHit(store: TopologyStore, asked: Asked, hit: Hit): Promise<SearchHit> {
  const { id, kind, name, host, until } = hit;
  const { what, key, value } = hit.match;
  const common = { cluster: asked.cluster, id, kind, name, host, match: { what, key, value } };
  if (until === undefined) return { ...common, state: "present" };
  const isThere = asked.recorder.graph.get(id) !== undefined;
  const since = isThere ? undefined : await cameAt(store, asked, hit);
  return { ...common, state: isThere ? "changed" : "deleted", since, until };
}

/** When a deleted element last came to be, as far as its last changes tell. */
async function cameAt(store: TopologyStore, { cluster, now }: Asked, { id }: Hit): Promise<number | undefined> {
  const span = { cluster, from: BEGINNING, to: now, element: id, limit: MAX_HISTORY, newestFirst: true };
  const { changes } = await store.changes(span);
  return changes.find(({ change }) => change.kind === "add")?.at;
}

function tooWide(): OperatorError {
  return new OperatorError({
    code: "search.too_wide",
    message: `more than ${MAX_WORK} elements of a cluster would have to be looked at`,
    hint: "search for something longer, or a smaller network",
    status: 422,
  });
}
