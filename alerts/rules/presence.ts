import { OperatorError } from "../../core/errors.ts";
import { type Binary, type Call, type Expr, isComparison, TYPE_NAMES } from "../../promql/ast.ts";
import { typeOf } from "../../promql/check-types.ts";
import { parseQuery } from "../../promql/parse.ts";
import type { ExpressionCheck } from "./rule.ts";

/** Checks an expression with the parser of the query language and finds out how to ask for the presence of its data. */
export const checkPromql: ExpressionCheck = (expr) => {
  try {
    const query = parseQuery(expr);
    const type = typeOf(query);
    if (type === "vector" || type === "scalar") return { kind: "ok", presence: presenceOf(expr, query) };
    return { kind: "bad", message: `a rule needs an instant vector, this is a ${TYPE_NAMES[type]}` };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { kind: "bad", message: error.message };
  }
};

/** An expression whose presence cannot be asked for. */
class Undecidable extends Error {}

/**
 * The expression without what filters it: `a / b > 0.9` becomes `a / b`, `up == 0 and x` becomes `up`. It has a series
 * with the alert's labels wherever there is data. Undefined where that cannot be said.
 */
function presenceOf(text: string, expr: Expr): string | undefined {
  try {
    const presence = unfiltered(text, expr);
    return presence.trim() === text.slice(expr.span.from, expr.span.to).trim() ? undefined : presence;
  } catch (error) {
    if (error instanceof Undecidable) return undefined;
    throw error;
  }
}

function unfiltered(text: string, expr: Expr): string {
  switch (expr.kind) {
    case "number":
    case "string":
    case "selector":
    case "range":
      return text.slice(expr.span.from, expr.span.to);
    case "unary":
      return rewritten(text, expr, [expr.operand]);
    case "subquery":
      return rewritten(text, expr, [expr.expr]);
    case "call":
      return unfilteredCall(text, expr);
    case "aggregation":
      if (expr.op === "count_values") throw new Undecidable();
      if (expr.op === "topk" || expr.op === "bottomk") return unfiltered(text, expr.expr);
      return rewritten(text, expr, [expr.expr]);
    case "binary":
      return unfilteredBinary(text, expr);
  }
}

function unfilteredCall(text: string, call: Call): string {
  if (call.name === "absent" || call.name === "absent_over_time") throw new Undecidable();
  return rewritten(text, call, call.args);
}

function unfilteredBinary(text: string, binary: Binary): string {
  if (binary.op === "and" || binary.op === "unless") return `(${unfiltered(text, binary.left)})`;
  if (!isComparison(binary.op) || binary.bool) return rewritten(text, binary, [binary.left, binary.right]);
  if (typeOf(binary.left) === "scalar") return `(${unfiltered(text, binary.right)})`;
  // Labels taken over from the other side are not on this one.
  if (binary.matching.group !== undefined) throw new Undecidable();
  return `(${unfiltered(text, binary.left)})`;
}

/** The text of an expression with the texts of its parts replaced. */
function rewritten(text: string, expr: Expr, parts: readonly Expr[]): string {
  let result = "";
  let at = expr.span.from;
  for (const part of parts) {
    result += text.slice(at, part.span.from) + unfiltered(text, part);
    at = part.span.to;
  }
  return result + text.slice(at, expr.span.to);
}
