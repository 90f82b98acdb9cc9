import type { Expr } from "../promql/ast.ts";
import { evaluateInstant } from "../promql/evaluate.ts";
import { parseQuery } from "../promql/parse.ts";
import type { SeriesSource } from "../promql/source.ts";
import type { QueryEngine } from "./query-engine.ts";

/** Parsed expressions kept; rule files rarely have more, and the oldest goes first. */
const MOST_PARSED = 1_000;

/** A rule may load 5 million samples (80 MB); a query of a person may load more. */
const MAX_SAMPLES = 5_000_000;

/** Evaluates rules with our own PromQL over a source of samples. */
export function createPromqlEngine(source: SeriesSource): QueryEngine {
  const parsed = new Map<string, Expr>();
  const parsedOnce = (text: string): Expr => {
    const expr = parsed.get(text) ?? parseQuery(text);
    if (!parsed.has(text) && parsed.size >= MOST_PARSED) parsed.delete(parsed.keys().next().value ?? "");
    parsed.set(text, expr);
    return expr;
  };
  return {
    instant: async (text, at, signal) => {
      const limits = { maxSamples: MAX_SAMPLES };
      const result = await evaluateInstant(parsedOnce(text), at, { source, signal, limits });
      if (result.kind === "vector") return result.samples;
      if (result.kind === "scalar") return [{ labels: {}, value: result.value }];
      throw new Error(`a rule needs an instant vector, got a ${result.kind}`);
    },
  };
}
