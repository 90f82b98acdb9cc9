import type { Readable } from "node:stream";
import { Type } from "typebox";
import { MAX_ID_LENGTH } from "../../core/element-id.ts";
import { ignoredAttributes } from "../../topology/model/comparison/ignored-attributes.ts";
import { DiffResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { differenceOf } from "./topology-diff.ts";
import { diffJson, diffNdjson } from "./topology-diff-stream.ts";
import { ClusterParameter, plainJson, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, type TopologyDeps } from "./topology-request.ts";
import { wireCounts } from "./wire-comparison.ts";

/** More changed elements than this are not compared in one answer. */
const MAX_CHANGED = 100_000;

const Query = Type.Object({
  from: TimeParameter,
  to: Type.Optional(TimeParameter),
  cluster: Type.Optional(ClusterParameter),
  root: Type.Optional(
    Type.String({
      maxLength: MAX_ID_LENGTH,
      description: "only this element and what stands below it; a region, zone or rack is its hosts at either moment",
    }),
  ),
  hosts: Type.Optional(
    Type.String({ maxLength: 10_000, description: "comma-separated: only what the agents on these hosts own" }),
  ),
  kinds: Type.Optional(Type.String({ maxLength: 1_000, description: "comma-separated kinds" })),
  ignore: Type.Optional(
    Type.String({
      maxLength: 2_000,
      description: "comma-separated attributes that do not count: mtu, external_ids.*, @state (links, sessions, power)",
    }),
  ),
  group: Type.Optional(Type.Boolean({ default: true, description: "whether rows are also grouped by their cause" })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_CHANGED,
      default: MAX_CHANGED,
      description: "refuse with 422 when more elements changed",
    }),
  ),
});

/** `GET /api/v1/topology/diff`; `from` may be the later of the two. */
export function registerDiffRoute(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/diff",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What differs between two moments, flat and by cause",
      description:
        'With `Accept: application/x-ndjson` a line with everything but the lists, then one line for each row or group: `{"removed": …}`, `{"group": …}`.',
      querystring: Query,
      response: { 200: Type.Unsafe<Readable>(DiffResponse) },
    },
    handler: async (request, reply) => {
      const { from: fromText, to: toText, group = true, limit = MAX_CHANGED, ...query } = request.query;
      const asked = askedOf(deps, query.cluster, [fromText, toText]);
      const [from, to] = [await asked.moment(fromText), await asked.moment(toText)];
      const { comparison, unknownHosts } = await differenceOf(deps, asked, {
        from,
        to,
        limit,
        root: elementIdIn(query.root),
        hosts: listIn(query.hosts),
        kinds: listIn(query.kinds),
        ignored: ignoredAttributes(listIn(query.ignore) ?? []),
      });
      const moments = { cluster: asked.cluster, from: from.at, to: to.at };
      const head = { ...moments, counts: wireCounts(comparison), unknown_hosts: [...unknownHosts] };
      const isNdjson = (request.headers.accept ?? "").includes("application/x-ndjson");
      reply.type(isNdjson ? "application/x-ndjson" : "application/json");
      return reply.send((isNdjson ? diffNdjson : diffJson)(head, comparison, group));
    },
  });
}

/** Undefined for what was left out or says nothing. */
function listIn(text: string | undefined): readonly string[] | undefined {
  const items = (text ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
  return items.length === 0 ? undefined : items;
}
