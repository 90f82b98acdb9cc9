import { type Static, Type } from "typebox";
import { epochMsOf } from "../../../core/clock.ts";
import { HOUR_MS } from "../../../core/forecast/history.ts";
import {
  CapacityHistoryResponse,
  CapacityPeaksResponse,
  CapacityResponse,
  type CapacityRow,
  CapacityScopeSchema,
  CapacitySubnetsResponse,
} from "../../api/capacity.ts";
import type { HttpServer } from "../http.ts";
import { plainJson } from "../topology-parameters.ts";
import { type CapacityDeps, createDesk, momentOf } from "./asking.ts";
import type { Foretold } from "./forecast-memory.ts";
import { forecastJson, forecastsOf } from "./histories.ts";
import { historyAnswer } from "./history-answer.ts";
import { peaksOf } from "./peaks.ts";
import { amountsAt, amountsJson } from "./rows.ts";
import { subnetsAnswer } from "./subnets-answer.ts";
import { keyOf, named } from "./things.ts";

const MAX_ROWS = 500;
const MAX_SUBNETS = 200;
const MAX_HISTORIES = 12;
const MAX_HOSTS = 20;
const MAX_WEEKS = 8;

const name = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 255, description }));
const Moment = Type.Optional(
  Type.String({ maxLength: 100, description: "RFC 3339, epoch seconds or milliseconds, now, now-15m" }),
);

const Which = {
  cluster: name("left out: all clusters"),
  resource: name("vcpus, memory, disk, instances, floating_ips, ports, volumes or bandwidth; left out: all"),
  scope: Type.Optional(CapacityScopeSchema),
  region: name("only of this region"),
  zone: name("only of this availability zone"),
  host: name("only of this host"),
  project_id: name("only of this project"),
  network_id: name("only of subnets of this network"),
  subnet_id: name("only of this subnet"),
  range: name("only of this allocation pool, as it is told"),
};

const RowsQuery = Type.Object({
  ...Which,
  at: Moment,
  limit: Type.Integer({ minimum: 1, maximum: MAX_ROWS, default: 100 }),
  forecast: Type.Boolean({ default: true, description: "false: without, which is faster" }),
});

const HistoryQuery = Type.Object({
  ...Which,
  from: Moment,
  to: Moment,
  step: Type.Optional(Type.String({ maxLength: 20, description: "a duration such as 1h; a minute at least" })),
  limit: Type.Integer({ minimum: 1, maximum: MAX_HISTORIES, default: 6 }),
});
export type HistoryQuery = Static<typeof HistoryQuery>;

const SubnetsQuery = Type.Object({
  cluster: Which.cluster,
  region: name("only ranges of this region"),
  network_id: Which.network_id,
  subnet_id: Which.subnet_id,
  at: Moment,
  limit: Type.Integer({ minimum: 1, maximum: MAX_SUBNETS, default: 50 }),
});

const PeaksQuery = Type.Object({
  cluster: Which.cluster,
  host: name("left out: the hosts that were busiest in the last day"),
  at: Moment,
  weeks: Type.Integer({ minimum: 1, maximum: MAX_WEEKS, default: 4 }),
  offset_minutes: Type.Integer({
    minimum: -14 * 60,
    maximum: 14 * 60,
    default: 0,
    description: "how far ahead of UTC the hours of the week are told",
  }),
  limit: Type.Integer({ minimum: 1, maximum: MAX_HOSTS, default: 8 }),
});

function foretoldJson({ forecast, knownSinceMs }: Foretold): Pick<CapacityRow, "forecast" | "known_since"> {
  return { forecast: forecastJson(forecast), ...(knownSinceMs === undefined ? {} : { known_since: knownSinceMs }) };
}

/** `GET /api/v1/capacity`, `…/history`, `…/subnets` and `…/peaks` */
export function registerCapacityRoutes(app: HttpServer, deps: CapacityDeps): void {
  const desk = createDesk(deps);
  const { clock } = deps;
  const projectName = deps.projectName.bind(deps);
  const shared = { method: "GET", config: { access: "viewer" }, ...plainJson } as const;

  app.route({
    ...shared,
    url: "/api/v1/capacity",
    schema: {
      tags: ["capacity"],
      summary: "What is used, there, and left, and when it runs out; the fullest first",
      description:
        "Without `scope`: of clusters, regions and zones. Figures are those of the last sync of each cluster.",
      querystring: RowsQuery,
      response: { 200: CapacityResponse },
    },
    handler: async ({ query }, reply): Promise<CapacityResponse> => {
      const { at: text, limit, forecast, ...filter } = query;
      const at = momentOf(text, clock.now());
      return desk.serve(reply, async (asking) => {
        const { rows: shown, found, clusters } = await amountsAt(asking, { filter, at, most: limit });
        const forecasts = forecast ? await forecastsOf(asking, shown, at) : undefined;
        return {
          at,
          clusters: [...clusters],
          rows: shown.map((row) => {
            const said = forecasts?.get(keyOf(row.thing));
            const more = said === undefined ? {} : foretoldJson(said);
            return { thing: named(row.thing, projectName), ...amountsJson(row), at: row.at, ...more };
          }),
          found,
        };
      });
    },
  });

  app.route({
    ...shared,
    url: "/api/v1/capacity/history",
    schema: {
      tags: ["capacity"],
      summary: "What was used of how much over time, and where it goes; of the fullest things that match",
      description: "Without `from`: the four weeks before `to`.",
      querystring: HistoryQuery,
      response: { 200: CapacityHistoryResponse },
    },
    handler: async ({ query }, reply): Promise<CapacityHistoryResponse> => {
      const answer = historyAnswer(query, clock.now(), projectName);
      return desk.serve(reply, answer);
    },
  });

  app.route({
    ...shared,
    url: "/api/v1/capacity/subnets",
    schema: {
      tags: ["capacity"],
      summary: "Subnets and the ranges that regions have of them; that with the fullest range first",
      querystring: SubnetsQuery,
      response: { 200: CapacitySubnetsResponse },
    },
    handler: async ({ query }, reply): Promise<CapacitySubnetsResponse> => {
      const { at: text, limit, ...filter } = query;
      const at = momentOf(text, clock.now());
      return desk.serve(reply, (asking) => subnetsAnswer(asking, { filter, at, limit }));
    },
  });

  app.route({
    ...shared,
    url: "/api/v1/capacity/peaks",
    schema: {
      tags: ["capacity"],
      summary: "When hosts are busiest, by the hour of the week: processors and network",
      querystring: PeaksQuery,
      response: { 200: CapacityPeaksResponse },
    },
    handler: async ({ query }, reply): Promise<CapacityPeaksResponse> => {
      const { at: text, offset_minutes: offsetMinutes, cluster, host, weeks, limit } = query;
      const at = momentOf(text, clock.now());
      const peaks = await desk.serve(reply, (asking) =>
        peaksOf(asking, { cluster, host, at, weeks, offsetMinutes, limit }),
      );
      const from = epochMsOf(Math.max(0, at - weeks * 7 * 24 * HOUR_MS));
      return { at, from, offset_minutes: offsetMinutes, ...peaks };
    },
  });
}
