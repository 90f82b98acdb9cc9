import type { FastifyRequest } from "fastify";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { parseDuration } from "../../core/duration.ts";
import { OperatorError } from "../../core/errors.ts";
import type { LabelMatcher } from "../../core/series.ts";
import { parseQuery } from "../../promql/parse.ts";

/** The parameters of a request, from its query string and, for POST, its form-encoded body. */
export function parametersOf(request: FastifyRequest): URLSearchParams {
  const parameters = new URLSearchParams(request.raw.url?.split("?").slice(1).join("?") ?? "");
  if (request.body instanceof URLSearchParams) {
    for (const [name, value] of request.body) parameters.append(name, value);
  }
  return parameters;
}

/** RFC 3339, or seconds since 1970, possibly with a fraction. */
export function instantOf(parameters: URLSearchParams, name: string): EpochMs | undefined {
  const text = parameters.get(name);
  if (text === null || text === "") return undefined;
  const ms = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Math.round(Number(text) * 1_000) : rfc3339(text);
  if (!(Math.abs(ms) <= MAX_INSTANT_MS)) {
    throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  }
  return epochMsOf(ms);
}

const MAX_INSTANT_MS = 8.64e15;

function rfc3339(text: string): number {
  const isOne = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  return isOne ? Date.parse(text) : Number.NaN;
}

/** A duration such as `1m30s`, or seconds; at least a millisecond. */
export function durationMsOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === "") return undefined;
  const ms = parseDuration(text) ?? Math.round(Number(text) * 1_000);
  if (Number.isNaN(ms)) throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  if (ms <= 0 || !Number.isSafeInteger(ms)) {
    throw invalidParameter(name, "zero or negative, or too long; try a positive duration");
  }
  return ms;
}

/** 0, the default, means no limit. */
export function limitOf(parameters: URLSearchParams, name = "limit"): number {
  const text = parameters.get(name) ?? "0";
  if (!/^\d{1,9}$/.test(text)) throw invalidParameter(name, "it must be a non-negative number");
  return Number(text) === 0 ? Number.POSITIVE_INFINITY : Number(text);
}

/** The matchers of each `match[]`. */
export function selectorsOf(parameters: URLSearchParams): readonly (readonly LabelMatcher[])[] {
  return parameters.getAll("match[]").map((text) => {
    const expr = parseQuery(text);
    if (expr.kind !== "selector") throw invalidParameter("match[]", "it must be a series selector");
    return expr.matchers;
  });
}

export function invalidParameter(name: string, problem: string): OperatorError {
  return new OperatorError({
    code: "promql.invalid",
    message: `invalid parameter ${JSON.stringify(name)}: ${problem}`,
    hint: "the parameters are those of the Prometheus HTTP API",
    status: 400,
  });
}
