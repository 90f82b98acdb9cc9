import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { Type } from "typebox";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { type LabelMatcher, type Labels, METRIC_NAME } from "../../core/series.ts";
import { type Pause, sortedInTurns } from "../../core/sort-in-turns.ts";
import { labelsKey } from "../../promql/labels.ts";
import type { SeriesSelection } from "../../promql/source.ts";
import type { HttpServer } from "./http.ts";
import { instantOf, invalidParameter, limitOf, parametersOf, selectorsOf } from "./prometheus-parameters.ts";
import { listJson } from "./prometheus-replies.ts";
import { type Exchange, inTurn, type Runner } from "./prometheus-run.ts";
import { PROMETHEUS_READ, prometheusSchema } from "./prometheus-schema.ts";
import { unescapedLabelName } from "./utf8-names.ts";

export interface SeriesDeps extends Runner {
  readonly seriesOf: (selection: SeriesSelection) => Promise<readonly Labels[]>;
  readonly clock: Clock;
  /** Label sets one answer may have. */
  readonly maxSeries: number;
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
      const byKey = new Map<string, Labels>();
      const warnings = await eachSeries(deps, { reply, parameters }, selectors, (labels) => {
        byKey.set(labelsKey(labels), labels);
        if (byKey.size > deps.maxSeries) throw tooManySeries(deps.maxSeries);
      });
      const sorted = await sortedInTurns([...byKey], ([a], [b]) => (a < b ? -1 : 1), pauses());
      const limited = sorted.slice(0, limitOf(parameters)).map(([, labels]) => labels);
      return reply.type("application/json; charset=utf-8").send(Readable.from(listJson(limited, warnings)));
    },
  });
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/labels",
    schema: prometheusSchema("Names of labels"),
    handler: async (request, reply) => {
      const parameters = parametersOf(request);
      const names = new Set<string>();
      const warnings = await eachSeries(deps, { reply, parameters }, orAll(selectorsOf(parameters)), (labels) => {
        for (const name in labels) names.add(name);
      });
      return success([...names].sort().slice(0, limitOf(parameters)), warnings);
    },
  });
  scope.route({
    ...PROMETHEUS_READ,
    method: ["GET"],
    url: "/api/v1/label/:name/values",
    schema: { ...prometheusSchema("Values of a label"), params: Type.Object({ name: Type.String() }) },
    handler: async (request, reply) => {
      const name = unescapedLabelName(request.params.name);
      const parameters = parametersOf(request);
      const values = new Set<string>();
      const warnings = await eachSeries(deps, { reply, parameters }, orAll(selectorsOf(parameters)), (labels) => {
        if (Object.hasOwn(labels, name)) values.add(labels[name] ?? "");
      });
      return success([...values].sort().slice(0, limitOf(parameters)), warnings);
    },
  });
}

/** Series looked at before others get their turn: about 10 ms. */
const SERIES_PER_TURN = 5_000;
/** Comparisons of texts, likewise. */
const COMPARISONS_PER_TURN = 50_000;

function pauses(): Pause {
  let left = COMPARISONS_PER_TURN;
  return (comparisons) => {
    left -= comparisons;
    if (left > 0) return undefined;
    left = COMPARISONS_PER_TURN;
    return setImmediate();
  };
}

/** Visits series any of the selectors matches; one that several match, several times. Answers what is lacking. */
async function eachSeries(
  deps: SeriesDeps,
  exchange: Exchange,
  selectors: readonly (readonly LabelMatcher[])[],
  visit: (labels: Labels) => void,
): Promise<readonly string[]> {
  const from = instantOf(exchange.parameters, "start") ?? epochMsOf(0);
  const to = instantOf(exchange.parameters, "end") ?? deps.clock.now();
  if (to < from) throw invalidParameter("end", "end timestamp must not be before start time");
  const warnings = new Set<string>();
  const warn = (message: string): void => void warnings.add(message);
  await inTurn(deps, exchange, async (signal) => {
    for (const matchers of selectors) {
      const series = await deps.seriesOf({ matchers, from, to, signal, warn });
      for (let begin = 0; begin < series.length; begin += SERIES_PER_TURN) {
        for (const labels of series.slice(begin, begin + SERIES_PER_TURN)) visit(labels);
        await setImmediate();
        signal.throwIfAborted();
      }
    }
  });
  return [...warnings];
}

function tooManySeries(maxSeries: number): OperatorError {
  return new OperatorError({
    code: "promql.failed",
    message: `more than ${maxSeries} series match`,
    hint: "select fewer series with more matchers or a shorter time, or ask for the values of one label",
    status: 422,
  });
}

/** Without `match[]`, every series that has a name. */
function orAll(selectors: readonly (readonly LabelMatcher[])[]): readonly (readonly LabelMatcher[])[] {
  return selectors.length > 0 ? selectors : [[{ kind: "!=", name: METRIC_NAME, value: "" }]];
}

function success<T>(data: T, warnings: readonly string[]) {
  return { status: "success", data, ...(warnings.length === 0 ? {} : { warnings }) };
}
