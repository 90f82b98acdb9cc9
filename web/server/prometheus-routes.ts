import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Labels } from "../../core/series.ts";
import type { Expr } from "../../promql/ast.ts";
import { evaluateInstant, evaluateRange, giveBackResult, type InstantResult } from "../../promql/evaluate.ts";
import { parseQuery } from "../../promql/parse.ts";
import {
  QUERY_DEFAULTS,
  type QueryContext,
  type QueryLimits,
  type SeriesSelection,
  type SeriesSource,
} from "../../promql/source.ts";
import type { PrometheusAlert, PrometheusRuleGroup } from "../api/prometheus.ts";
import { type HttpServer, WHOLE_BYTES } from "./http.ts";
import { stackOf } from "./problems.ts";
import { durationMsOf, instantOf, invalidParameter, limitOf, parametersOf } from "./prometheus-parameters.ts";
import { errorReply, resultJson } from "./prometheus-replies.ts";
import { type Exchange, inTurn, type Runner } from "./prometheus-run.ts";
import { PROMETHEUS_READ, prometheusSchema } from "./prometheus-schema.ts";
import { registerSeriesRoutes } from "./prometheus-series-routes.ts";
import { registerStatusRoutes } from "./prometheus-status-routes.ts";
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
    registerSeriesRoutes(scope, { ...deps, ...runner, maxSeries: limits.maxSeries ?? QUERY_DEFAULTS.limits.maxSeries });
    registerStatusRoutes(scope, deps);
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
      const result = evaluated(deps, { reply, parameters }, (context) => evaluateInstant(query, at, context));
      return send(reply, await result);
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
      const result = evaluated(deps, { reply, parameters }, (context) => evaluateRange(query, range, context));
      return send(reply, await result);
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
  const limit = limitOf(exchange.parameters);
  const { source, limits } = deps;
  const warnings = new Set<string>();
  const warn = (message: string): void => void warnings.add(message);
  const result = await inTurn(deps, exchange, (signal) => evaluate({ source, signal, limits, lookbackMs, warn }));
  return { result, warnings: [...warnings], limit };
}

interface Evaluated {
  readonly result: InstantResult;
  readonly warnings: readonly string[];
  /** Most series of the answer. */
  readonly limit: number;
}

/** What is not large goes as a whole, which costs less than a stream. */
function send(reply: FastifyReply, { result, ...more }: Evaluated): FastifyReply {
  const pieces = written(result, more);
  const begun: string[] = [];
  let [length, isWhole] = [0, false];
  while (length < WHOLE_BYTES && !isWhole) {
    const { value, done } = pieces.next();
    isWhole = done === true;
    if (done === true) break;
    length += value.length;
    begun.push(value);
  }
  const json = reply.type("application/json; charset=utf-8");
  return json.send(isWhole ? begun.join("") : Readable.from(behind(begun, pieces)));
}

function* behind(begun: readonly string[], pieces: Generator<string>): Generator<string> {
  try {
    yield* begun;
    yield* pieces;
  } finally {
    pieces.return(undefined);
  }
}

/** The result is given back when it is written, or when nobody reads it any more. */
function* written(result: InstantResult, more: Omit<Evaluated, "result">): Generator<string> {
  try {
    yield* resultJson(result, more);
  } finally {
    giveBackResult(result);
  }
}
