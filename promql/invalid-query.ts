import { OperatorError } from "../core/errors.ts";
import type { Span } from "./ast.ts";

/** `promql.invalid` (400): the query cannot be understood. The message begins with line:column, both from 1. */
export function invalidQuery(text: string, span: Span, problem: string, hint = SYNTAX_HINT): OperatorError {
  const before = text.slice(0, span.from).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new OperatorError({
    code: "promql.invalid",
    message: `${before.length}:${column}: ${problem}`,
    hint,
    status: 400,
  });
}

const SYNTAX_HINT =
  "the language is PromQL as in Prometheus 3: https://prometheus.io/docs/prometheus/latest/querying/basics/";

/** `promql.failed` (422): a well-formed query that cannot be answered over the data there is. */
export function failedQuery(problem: string, hint: string): OperatorError {
  return new OperatorError({ code: "promql.failed", message: problem, hint, status: 422 });
}
