import { OperatorError } from "../../core/errors.ts";
import { METRIC_CATALOGUE, type MeasurementSpec } from "../../core/metric-catalogue.ts";
import { promqlName, type Series } from "../../core/series.ts";
import type { InstantResult } from "../../promql/evaluate.ts";
import { formatFloat } from "../../promql/format.ts";
import type { PrometheusError } from "../api/prometheus.ts";
import { problemOf } from "./problems.ts";

const CHUNK_LENGTH = 32 * 1024;

/**
 * The JSON of an answer, in pieces: the answer to a large query would keep the event loop busy for hundreds of
 * milliseconds if it were written at once. `limit`: most series in it; of more, the rest is left out with a warning.
 */
export function* resultJson(
  result: InstantResult,
  { warnings, limit }: { readonly warnings: readonly string[]; readonly limit: number },
): Generator<string> {
  const kept = limited(result, limit);
  const all = kept === result ? warnings : [...warnings, "results truncated due to limit"];
  let pending = `{"status":"success","data":{"resultType":${JSON.stringify(result.kind)},"result":`;
  for (const piece of resultPieces(kept)) {
    pending += piece;
    if (pending.length < CHUNK_LENGTH) continue;
    yield pending;
    pending = "";
  }
  yield `${pending}}${warningsJson(all)}}`;
}

/** The JSON of a long list, in pieces, too. */
export function* listJson(data: readonly unknown[], warnings: readonly string[]): Generator<string> {
  let pending = '{"status":"success","data":[';
  for (const [i, one] of data.entries()) {
    pending += `${i === 0 ? "" : ","}${JSON.stringify(one)}`;
    if (pending.length < CHUNK_LENGTH) continue;
    yield pending;
    pending = "";
  }
  yield `${pending}]${warningsJson(warnings)}}`;
}

function warningsJson(warnings: readonly string[]): string {
  return warnings.length === 0 ? "" : `,"warnings":${JSON.stringify(warnings)}`;
}

function limited(result: InstantResult, limit: number): InstantResult {
  if (result.kind === "vector" && result.samples.length > limit) {
    return { ...result, samples: result.samples.slice(0, limit) };
  }
  if (result.kind === "matrix" && result.series.length > limit) {
    return { ...result, series: result.series.slice(0, limit) };
  }
  return result;
}

function* resultPieces(result: InstantResult): Generator<string> {
  switch (result.kind) {
    case "scalar":
      yield pointJson(result.at, result.value);
      return;
    case "string":
      yield `[${result.at / 1_000},${JSON.stringify(result.value)}]`;
      return;
    case "vector":
      yield "[";
      for (const [i, { labels, at, value }] of result.samples.entries()) {
        yield `${i === 0 ? "" : ","}{"metric":${JSON.stringify(labels)},"value":${pointJson(at, value)}}`;
      }
      yield "]";
      return;
    case "matrix":
      yield "[";
      for (const [i, series] of result.series.entries()) yield* seriesPieces(series, i === 0);
      yield "]";
  }
}

function* seriesPieces({ labels, timesMs, values }: Series, isFirst: boolean): Generator<string> {
  yield `${isFirst ? "" : ","}{"metric":${JSON.stringify(labels)},"values":[`;
  for (let i = 0; i < values.length; i++) {
    yield `${i === 0 ? "" : ","}${pointJson(timesMs[i] ?? 0, values[i] ?? Number.NaN)}`;
  }
  yield "]}";
}

/** Seconds and, because JSON has neither NaN nor infinity, the value as text. */
function pointJson(atMs: number, value: number): string {
  return `[${atMs / 1_000},"${formatFloat(value)}"]`;
}

/** What went wrong, as Prometheus says it. Source: Prometheus, web/api/v1/api.go. */
export function errorReply(error: unknown): { readonly status: number; readonly body: PrometheusError } {
  const problem = problemOf(error);
  const body = {
    status: "error",
    errorType: errorTypeOf(problem.code, problem.status),
    error: problem.detail,
    hint: problem.hint,
  } as const;
  return { status: problem.status, body };
}

function errorTypeOf(code: string, status: number): string {
  if (code === "promql.timeout") return "timeout";
  if (code === "promql.canceled") return "canceled";
  if (status === 404) return "not_found";
  if (status === 401 || status === 403) return code;
  if (status === 422) return "execution";
  if (status === 503) return "unavailable";
  return status < 500 ? "bad_data" : "internal";
}

export function timedOut(timeoutMs: number): OperatorError {
  return new OperatorError({
    code: "promql.timeout",
    message: `query timed out after ${timeoutMs / 1_000} s`,
    hint: "select fewer series, ask for a shorter time, or use a larger step",
    status: 503,
  });
}

/** Nobody reads this answer; 499 is what nginx and Prometheus call it. */
export function canceled(): OperatorError {
  return new OperatorError({
    code: "promql.canceled",
    message: "the client went away before the query was answered",
    hint: "ask again",
    status: 499,
  });
}

export interface MetricMetadata {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly unit: string;
}

/** Every metric of the catalogue by its PromQL name. */
export const METRIC_METADATA: ReadonlyMap<string, MetricMetadata> = new Map(
  Object.entries<MeasurementSpec>(METRIC_CATALOGUE).flatMap(([measurement, { fields }]) =>
    Object.entries(fields).map(
      ([field, { kind, en, unit }]) => [promqlName(measurement, field), { type: kind, help: en, unit }] as const,
    ),
  ),
);
