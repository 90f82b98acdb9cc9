import type { EpochMs } from "../core/clock.ts";
import type { Expr } from "../promql/ast.ts";
import { evaluateInstant } from "../promql/evaluate.ts";
import { parseQuery } from "../promql/parse.ts";
import { SharedReads } from "../promql/shared-reads.ts";
import type { SeriesSource } from "../promql/source.ts";
import type { QueryEngine } from "./query-engine.ts";

/** Parsed expressions kept; rule files rarely have more, and the oldest goes first. */
const MOST_PARSED = 1_000;

/** Instants whose reads are kept: groups with slots of their own take turns. */
const MOST_INSTANTS = 2;

/** A rule may load 5 million samples (80 MB); a query of a person may load more. */
const MAX_SAMPLES = 5_000_000;

/** Evaluates rules with our own PromQL over a source of samples; what rules read at the same instant is read once. */
export function createPromqlEngine(source: SeriesSource): QueryEngine {
  const parsed = new Map<string, Expr>();
  const parsedOnce = (text: string): Expr => {
    const expr = parsed.get(text) ?? parseQuery(text);
    if (!parsed.has(text) && parsed.size >= MOST_PARSED) parsed.delete(parsed.keys().next().value ?? "");
    parsed.set(text, expr);
    return expr;
  };
  const reads = new Map<EpochMs, SharedReads>();
  const readsAt = (at: EpochMs): SharedReads => {
    const known = reads.get(at);
    if (known !== undefined) return known;
    const [oldest] = reads;
    if (reads.size >= MOST_INSTANTS && oldest !== undefined) {
      const [instant, shared] = oldest;
      reads.delete(instant);
      shared.end();
    }
    const begun = new SharedReads(source);
    reads.set(at, begun);
    return begun;
  };
  return {
    instant: async (text, at, signal) => {
      const limits = { maxSamples: MAX_SAMPLES };
      const context = { source, signal, limits, shared: readsAt(at) };
      const result = await evaluateInstant(parsedOnce(text), at, context);
      if (result.kind === "vector") return result.samples;
      if (result.kind === "scalar") return [{ labels: {}, value: result.value }];
      throw new Error(`a rule needs an instant vector, got a ${result.kind}`);
    },
  };
}
