import { matchersKey } from "../core/series.ts";
import type { Expr, VectorSelector } from "./ast.ts";

/** Whether series are selected in one way more than once, as a share and its whole are. */
export function repeatsSelector(expr: Expr): boolean {
  const seen = new Set<string>();
  for (const selector of selectorsIn(expr)) {
    const key = matchersKey(selector.matchers);
    if (seen.has(key)) return true;
    seen.add(key);
  }
  return false;
}

function* selectorsIn(expr: Expr): Iterable<VectorSelector> {
  switch (expr.kind) {
    case "selector":
      return yield expr;
    case "range":
      return yield expr.selector;
    case "subquery":
      return yield* selectorsIn(expr.expr);
    case "unary":
      return yield* selectorsIn(expr.operand);
    case "binary":
      yield* selectorsIn(expr.left);
      return yield* selectorsIn(expr.right);
    case "aggregation":
      if (expr.parameter !== undefined) yield* selectorsIn(expr.parameter);
      return yield* selectorsIn(expr.expr);
    case "call":
      for (const argument of expr.args) yield* selectorsIn(argument);
      return;
    case "number":
    case "string":
  }
}
