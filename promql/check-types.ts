import {
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  isComparison,
  isSetOp,
  TYPE_NAMES,
  type ValueType,
} from "./ast.ts";
import { FUNCTION_SIGNATURES } from "./function-signatures.ts";
import { invalidQuery } from "./invalid-query.ts";

export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
    case "aggregation":
      return "vector";
    case "range":
    case "subquery":
      return "matrix";
    case "unary":
      return typeOf(expr.operand);
    case "binary":
      return typeOf(expr.left) === "scalar" && typeOf(expr.right) === "scalar" ? "scalar" : "vector";
    case "call":
      return FUNCTION_SIGNATURES.get(expr.name)?.returns ?? "vector";
  }
}

/** Refuses what Prometheus refuses before evaluating. Errors: `promql.invalid`. */
export function checkTypes(text: string, expr: Expr): void {
  switch (expr.kind) {
    case "number":
    case "string":
    case "selector":
    case "range":
      break;
    case "subquery":
      expectType(text, expr.expr, "vector", "subquery");
      checkTypes(text, expr.expr);
      break;
    case "unary":
      checkTypes(text, expr.operand);
      expectOperand(text, expr.operand, "unary expression only allowed on");
      break;
    case "binary":
      checkBinary(text, expr);
      break;
    case "aggregation":
      checkAggregation(text, expr);
      break;
    case "call":
      checkCall(text, expr);
      break;
  }
}

function expectType(text: string, expr: Expr, wanted: ValueType, place: string): void {
  const actual = typeOf(expr);
  if (actual === wanted) return;
  throw invalidQuery(text, expr.span, `expected type ${TYPE_NAMES[wanted]} in ${place}, got ${TYPE_NAMES[actual]}`);
}

function expectOperand(text: string, expr: Expr, problem: string): void {
  const type = typeOf(expr);
  if (type === "scalar" || type === "vector") return;
  throw invalidQuery(
    text,
    expr.span,
    `${problem} expressions of type scalar or instant vector, got ${TYPE_NAMES[type]}`,
  );
}

function checkBinary(text: string, expr: Binary): void {
  const { op, left, right, matching, span } = expr;
  checkTypes(text, left);
  checkTypes(text, right);
  expectOperand(text, left, "binary expression must contain only");
  expectOperand(text, right, "binary expression must contain only");
  const problem = binaryProblem(expr, typeOf(left) === "vector" && typeOf(right) === "vector");
  if (problem !== undefined) throw invalidQuery(text, span, problem);
  const both = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined) {
    throw invalidQuery(
      text,
      span,
      `label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once (${op})`,
    );
  }
}

function binaryProblem(expr: Binary, betweenVectors: boolean): string | undefined {
  const { op, bool, matching } = expr;
  if (bool && !isComparison(op)) return "bool modifier can only be used on comparison operators";
  if (isComparison(op) && !bool && typeOf(expr) === "scalar") {
    return "comparisons between scalars must use BOOL modifier";
  }
  if (isSetOp(op) && !betweenVectors)
    return `set operator ${JSON.stringify(op)} not allowed in binary scalar expression`;
  if (isSetOp(op) && matching.group !== undefined) return `no grouping allowed for ${JSON.stringify(op)} operation`;
  if (matching.explicit && !betweenVectors) return "vector matching only allowed between instant vectors";
  return undefined;
}

function checkAggregation(text: string, expr: Aggregation): void {
  expectType(text, expr.expr, "vector", "aggregation expression");
  checkTypes(text, expr.expr);
  if (expr.parameter === undefined) return;
  expectType(text, expr.parameter, expr.op === "count_values" ? "string" : "scalar", "aggregation parameter");
  checkTypes(text, expr.parameter);
}

function checkCall(text: string, expr: Call): void {
  const signature = FUNCTION_SIGNATURES.get(expr.name);
  if (signature === undefined) throw new Error(`no signature for ${expr.name}`);
  const { args, optional, repeats } = signature;
  const most = repeats ? Number.POSITIVE_INFINITY : args.length;
  const least = args.length - optional;
  if (expr.args.length < least || expr.args.length > most) {
    const wanted = least === most ? `${least}` : repeats ? `at least ${least}` : `${least} to ${most}`;
    const problem = `expected ${wanted} argument(s) in call to ${JSON.stringify(expr.name)}, got ${expr.args.length}`;
    throw invalidQuery(text, expr.span, problem);
  }
  for (const [i, arg] of expr.args.entries()) {
    const wanted = args[Math.min(i, args.length - 1)];
    if (wanted !== undefined) expectType(text, arg, wanted, `call to function ${JSON.stringify(expr.name)}`);
    checkTypes(text, arg);
  }
}
