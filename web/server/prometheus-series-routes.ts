import { Type } from "typebox";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, type Labels, METRIC_NAME } from "../../core/series.ts";
import { labelsKey } from "../../promql/labels.ts";
import type { SeriesSelection } from "../../promql/source.ts";
import type { HttpServer } from "./http.ts";
import { instantOf, invalidParameter, limitOf, parametersOf, selectorsOf } from "./prometheus-parameters.ts";
import { type Exchange, inTurn, type Runner } from "./prometheus-run.ts";
import { PROMETHEUS_READ, prometheusSchema } from "./prometheus-schema.ts";

export interface SeriesDeps extends Runner {
  readonly seriesOf: (selection: SeriesSelection) => Promise<readonly Labels[]>;
  readonly clock: Clock;
}

/** Which series, label names and label values there are. */
export function registerSeriesRoutes(scope: HttpServer, deps: SeriesDeps): void {
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/series",
    schema: prometheusSchema("Label sets of series that match"),
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const selectors = selectorsOf(parameters);
      if (selectors.length === 0) throw invalidParameter("match[]", "no match[] parameter provided");
      const { series, warnings } = await found(deps, { reply, parameters }, selectors);
      return success(series.slice(0, limitOf(parameters)), warnings);
    },
  });
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/labels",
    schema: prometheusSchema("Names of labels"),
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const { series, warnings } = await found(deps, { reply, parameters }, orAll(selectorsOf(parameters)));
      return success(sortedUnique(series.flatMap(Object.keys)).slice(0, limitOf(parameters)), warnings);
    },
  });
  scope.route({
    ...PROMETHEUS_READ,
    method: ["GET"],
    url: "/api/v1/label/:name/values",
    schema: { ...prometheusSchema("Values of a label"), params: Type.Object({ name: Type.String() }) },
    handler: async (request, reply) => {
      const { name } = request.params;
      const parameters = parametersOf(request);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalidParameter("name", `invalid label name: ${name}`);
      const { series, warnings } = await found(deps, { reply, parameters }, orAll(selectorsOf(parameters)));
      const values = series.flatMap((labels) => labels[name] ?? []);
      return success(sortedUnique(values).slice(0, limitOf(parameters)), warnings);
    },
  });
}

/** Series any of the selectors matches, each once, in the order of their labels. */
async function found(
  deps: SeriesDeps,
  exchange: Exchange,
  selectors: readonly (readonly LabelMatcher[])[],
): Promise<{ readonly series: readonly Labels[]; readonly warnings: readonly string[] }> {
  const from = instantOf(exchange.parameters, "start") ?? epochMsOf(0);
  const to = instantOf(exchange.parameters, "end") ?? deps.clock.now();
  if (to < from) throw invalidParameter("end", "end timestamp must not be before start time");
  return inTurn(deps, exchange, async (signal) => {
    const byKey = new Map<string, Labels>();
    const warnings = new Set<string>();
    const span = { from, to, signal, warn: (message: string) => void warnings.add(message) };
    for (const matchers of selectors) {
      for (const labels of await deps.seriesOf({ matchers, ...span })) byKey.set(labelsKey(labels), labels);
    }
    const series = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labels);
    return { series, warnings: [...warnings] };
  });
}

/** Without `match[]`, every series that has a name. */
function orAll(selectors: readonly (readonly LabelMatcher[])[]): readonly (readonly LabelMatcher[])[] {
  return selectors.length > 0 ? selectors : [[{ kind: "!=", name: METRIC_NAME, value: "" }]];
}

function sortedUnique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

function success<T>(data: T, warnings: readonly string[]) {
  return { status: "success", data, ...(warnings.length === 0 ? {} : { warnings }) };
}
