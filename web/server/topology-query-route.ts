import type { FastifyReply } from "fastify";
import type { EpochMs } from "../../core/clock.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { type Change, invert } from "../../topology/model/change.ts";
import type { GraphSource } from "../../topology/query/graph-source.ts";
import { stepsOf } from "../../topology/query/gremlin/check.ts";
import { evaluate, type TopologyMoments } from "../../topology/query/gremlin/evaluate.ts";
import { parseTraversal } from "../../topology/query/gremlin/parse.ts";
import { tooExpensive } from "../../topology/query/gremlin/problem.ts";
import type { Answer } from "../../topology/query/gremlin/state.ts";
import type { Step } from "../../topology/query/gremlin/steps.ts";
import { Work } from "../../topology/query/work.ts";
import { TopologyQuery, TopologyQueryResponse } from "../api/topology-query.ts";
import type { HttpServer } from "./http.ts";
import { createQuerySlots } from "./query-slots.ts";
import { plainJson } from "./topology-parameters.ts";
import { type Asked, askedOf, type TopologyDeps } from "./topology-request.ts";
import { sourceAt } from "./topology-sources.ts";
import { wireChange } from "./wire.ts";

/** Elements and edges one query may look at: four times the largest cloud we were built for. */
const MAX_WORK = 5_000_000;
const MAX_ROWS = 10_000;
const MAX_CHANGED = 100_000;
/** Queries share the main thread with live updates, so few run at once; each lets others have their turn. */
const SLOTS = { running: 4, waiting: 40, language: "gremlin" };

/** `POST /api/v1/topology/query` */
export function registerQueryRoute(app: HttpServer, deps: TopologyDeps): void {
  const slots = createQuerySlots(SLOTS);
  app.route({
    method: "POST",
    url: "/api/v1/topology/query",
    config: { access: "viewer", operation: { none: "a question" } },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Gremlin text as Skydive accepts it, with At(moment) and Diff(from, to)",
      body: TopologyQuery,
      response: { 200: TopologyQueryResponse },
    },
    handler: async (request, reply): Promise<TopologyQueryResponse> => {
      const { query, cluster } = request.body;
      const steps = stepsOf(parseTraversal(query));
      const asked = askedOf(deps, cluster, momentsIn(steps));
      const sources: GraphSource[] = [];
      const gone = goneOf(reply);
      const work = new Work(MAX_WORK, () => tooExpensive(`the query looks at more than ${MAX_WORK} elements`), gone);
      const answer = await slots.run(gone, () => evaluate(steps, momentsOf(deps.store, asked, sources), work));
      return wireAnswer(
        answer,
        asked.cluster,
        sources.every((source) => source.isComplete()),
      );
    },
  });
}

/** Aborted when the client has gone, so that nobody waits for a query without a reader. */
function goneOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}

function momentsIn(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind === "at") return [step.moment];
    return step.kind === "diff" ? [step.from, step.to] : [];
  });
}

function momentsOf(store: TopologyStore, asked: Asked, sources: GraphSource[]): TopologyMoments {
  return {
    at: async (text) => {
      const source = sourceAt(store, asked, await asked.moment(text));
      sources.push(source);
      return source;
    },
    changesBetween: async (fromText, toText) => {
      const [from, to] = [(await asked.moment(fromText)).at, (await asked.moment(toText)).at];
      return changesBetween(store, { cluster: asked.cluster, from, to });
    },
  };
}

async function changesBetween(
  store: TopologyStore,
  { cluster, from, to }: { readonly cluster: string; readonly from: EpochMs; readonly to: EpochMs },
): Promise<readonly Change[]> {
  if (from === to) return [];
  const span = from < to ? { from, to } : { from: to, to: from };
  const changes = await store.netChanges({ cluster, ...span, limit: MAX_CHANGED });
  return from < to ? changes : invert(changes);
}

function wireAnswer(answer: Answer, cluster: string, complete: boolean): TopologyQueryResponse {
  const common = { cluster, complete };
  switch (answer.kind) {
    case "count":
      return { ...common, kind: "count", count: answer.count };
    case "elements": {
      const { elements } = answer;
      return { ...common, kind: "elements", total: elements.length, elements: elements.slice(0, MAX_ROWS) };
    }
    case "values": {
      const { values } = answer;
      return { ...common, kind: "values", total: values.length, values: values.slice(0, MAX_ROWS) };
    }
    case "paths": {
      const { paths } = answer;
      const shown = paths.slice(0, MAX_ROWS).map((path) => [...path]);
      return { ...common, kind: "paths", total: paths.length, paths: shown };
    }
    case "changes": {
      const { changes } = answer;
      return { ...common, kind: "changes", total: changes.length, changes: changes.slice(0, MAX_ROWS).map(wireChange) };
    }
  }
}
