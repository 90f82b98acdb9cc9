import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { type TSchema, Type } from "typebox";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Labels } from "../../core/series.ts";
import type { Expr } from "../../promql/ast.ts";
import { evaluateInstant, evaluateRange, type InstantResult } from "../../promql/evaluate.ts";
import { parseQuery } from "../../promql/parse.ts";
import type { QueryContext, QueryLimits, SeriesSelection, SeriesSource } from "../../promql/source.ts";
import { PrometheusAlert, PrometheusRuleGroup } from "../api/prometheus.ts";
import type { HttpServer } from "./http.ts";
import { stackOf } from "./problems.ts";
import { durationMsOf, instantOf, invalidParameter, limitOf, parametersOf } from "./prometheus-parameters.ts";
import { errorReply, METRIC_METADATA, resultJson } from "./prometheus-replies.ts";
import { type Exchange, inTurn, type Runner } from "./prometheus-run.ts";
import { PROMETHEUS_READ, prometheusSchema } from "./prometheus-schema.ts";
import { registerSeriesRoutes } from "./prometheus-series-routes.ts";
import { createQuerySlots } from "./query-slots.ts";

export interface PrometheusDeps {
  readonly source: SeriesSource;
  /** Label sets of series that have samples in the span. A store's `series` satisfies it. */
  readonly seriesOf: (selection: SeriesSelection) => Promise<readonly Labels[]>;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly rules?: () => readonly PrometheusRuleGroup[];
  readonly alerts?: () => readonly PrometheusAlert[];
  readonly limits?: Partial<PrometheusLimits & QueryLimits>;
}

export interface PrometheusLimits {
  /** Queries evaluated at once, queries that may wait for their turn, and how long one may take with its waiting. */
  readonly runningQueries: number;
  readonly waitingQueries: number;
  readonly queryTimeoutMs: number;
}

const DEFAULT_LIMITS: PrometheusLimits = { runningQueries: 4, waitingQueries: 64, queryTimeoutMs: 60_000 };

/** The version of Prometheus whose API this is; Grafana reads from it which features it may use. */
const API_VERSION = "3.5.0";

/** The Prometheus HTTP API, complete enough for Grafana's Prometheus data source; errors in Prometheus' shape. */
export function registerPrometheusRoutes(app: HttpServer, deps: PrometheusDeps): void {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const slots = createQuerySlots({ running: limits.runningQueries, waiting: limits.waitingQueries });
  const runner: Runner = { slots, queryTimeoutMs: limits.queryTimeoutMs };
  app.register(async (scope: HttpServer) => {
    acceptForms(scope);
    scope.setErrorHandler(async (error, request, reply) => {
      const { status, body } = errorReply(error);
      if (status === 500) deps.log.error({ trace_id: request.traceId, stack: stackOf(error) }, "query failed");
      if (status === 503) reply.header("retry-after", "5");
      return reply.code(status).send(body);
    });
    registerQueries(scope, { ...deps, ...runner, limits });
    registerSeriesRoutes(scope, { ...deps, ...runner });
    registerStatus(scope, deps);
  });
}

function acceptForms(scope: HttpServer): void {
  const parse = async (_request: unknown, body: string | Buffer) => new URLSearchParams(body.toString());
  scope.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, parse);
}

type Deps = Omit<PrometheusDeps, "limits"> & Runner & { readonly limits: Partial<QueryLimits> };

function registerQueries(scope: HttpServer, deps: Deps): void {
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/query",
    schema: prometheusSchema("A PromQL query at one instant"),
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const query = queryOf(parameters);
      const at = instantOf(parameters, "time") ?? deps.clock.now();
      return send(
        reply,
        await evaluated(deps, { reply, parameters }, (context) => evaluateInstant(query, at, context)),
      );
    },
  });
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/query_range",
    schema: prometheusSchema("A PromQL query at every step of a span"),
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const range = {
        from: required("start", instantOf(parameters, "start")),
        to: required("end", instantOf(parameters, "end")),
        stepMs: required("step", durationMsOf(parameters, "step")),
      };
      const query = queryOf(parameters);
      return send(
        reply,
        await evaluated(deps, { reply, parameters }, (context) => evaluateRange(query, range, context)),
      );
    },
  });
}

/** Parsed before a place is taken, so that a wrong query is refused at once. */
function queryOf(parameters: URLSearchParams): Expr {
  return parseQuery(required("query", parameters.get("query") ?? undefined));
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw invalidParameter(name, "it is missing");
  return value;
}

async function evaluated<T extends InstantResult>(
  deps: Deps,
  exchange: Exchange,
  evaluate: (context: QueryContext) => Promise<T>,
): Promise<Evaluated> {
  const lookbackMs = durationMsOf(exchange.parameters, "lookback_delta");
  const { limits } = deps;
  const warnings = new Set<string>();
  const warn = (message: string): void => void warnings.add(message);
  const source: SeriesSource = { select: (selection) => deps.source.select({ ...selection, warn }) };
  const result = await inTurn(deps, exchange, (signal) => evaluate({ source, signal, limits, lookbackMs }));
  return { result, warnings: [...warnings] };
}

interface Evaluated {
  readonly result: InstantResult;
  readonly warnings: readonly string[];
}

function send(reply: FastifyReply, { result, warnings }: Evaluated): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(Readable.from(resultJson(result, warnings)));
}

const ofData = <T extends TSchema>(data: T) => Type.Object({ status: Type.Literal("success"), data });

function registerStatus(scope: HttpServer, deps: PrometheusDeps): void {
  const config = { access: "viewer" } as const;
  const tags = ["promql"];
  scope.get(
    "/api/v1/metadata",
    { config, schema: prometheusSchema("Type, unit and meaning of metrics") },
    async (request) => {
      const parameters = parametersOf(request);
      const wanted = parameters.get("metric");
      const entries = [...METRIC_METADATA].filter(([name]) => wanted === null || name === wanted);
      const data = entries.slice(0, limitOf(parameters)).map(([name, metadata]) => [name, [metadata]]);
      return { status: "success", data: Object.fromEntries(data) };
    },
  );
  const RulesData = ofData(Type.Object({ groups: Type.Array(PrometheusRuleGroup) }));
  scope.get(
    "/api/v1/rules",
    { config, schema: { tags, summary: "Alert rules and their state", response: { 200: RulesData } } },
    async () => ({ status: "success" as const, data: { groups: [...(deps.rules?.() ?? [])] } }),
  );
  const AlertsData = ofData(Type.Object({ alerts: Type.Array(PrometheusAlert) }));
  scope.get(
    "/api/v1/alerts",
    { config, schema: { tags, summary: "Alerts that are pending or firing", response: { 200: AlertsData } } },
    async () => ({ status: "success" as const, data: { alerts: [...(deps.alerts?.() ?? [])] } }),
  );
  const BuildInfo = ofData(Type.Record(Type.String(), Type.String()));
  scope.get(
    "/api/v1/status/buildinfo",
    { config, schema: { tags, summary: "Which API this is", response: { 200: BuildInfo } } },
    async () => ({
      status: "success" as const,
      data: {
        version: API_VERSION,
        revision: `nephoscope-${deps.version}`,
        branch: "",
        buildUser: "",
        buildDate: "",
        goVersion: "",
      },
    }),
  );
}
