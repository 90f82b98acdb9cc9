import type { SyntaxNode } from "@lezer/common";
import type { AggregationOp, Expr, Grouping } from "./ast.ts";
import { checkTypes } from "./check-types.ts";
import { withPresentNames } from "./former-names.ts";
import { FUNCTION_SIGNATURES } from "./function-signatures.ts";
import { invalidQuery } from "./invalid-query.ts";
import { parseNumber } from "./literals.ts";
import { groupingLabels, groupOperators } from "./parse-operators.ts";
import { applyPostfix, quoted, vectorSelector } from "./parse-selectors.ts";
import { childrenOf, readSyntax, type Source, spanOf, textOf, unknownFunction } from "./syntax.ts";

/**
 * Reads a PromQL query as Prometheus 3 does, types checked.
 * Errors: `promql.invalid` (400), its message beginning with line:column (of the query with functions named as Prometheus 3 names them).
 */
export function parseQuery(query: string): Expr {
  const text = withPresentNames(query);
  const source = readSyntax(text);
  const expr = expression(source, source.root);
  checkTypes(text, expr);
  return expr;
}

function expression(source: Source, node: SyntaxNode): Expr {
  return groupOperators(source, node, {
    operand: (operandNode, unsigned) => operand(source, operandNode, unsigned),
    postfix: (expr, postfixNode, operandNode) => applyPostfix(source, expr, postfixNode, operandNode),
  });
}

function operand(source: Source, node: SyntaxNode, unsigned: string | undefined): Expr {
  switch (node.name) {
    case "NumberDurationLiteral":
      return numberLiteral(source, node, unsigned ?? textOf(source, node));
    case "StringLiteral":
      return { kind: "string", value: quoted(source, node), span: spanOf(node) };
    case "VectorSelector":
      return vectorSelector(source, node);
    case "ParenExpr":
      return inParentheses(source, node);
    case "AggregateExpr":
      return aggregation(source, node);
    case "FunctionCall":
      return call(source, node);
    default:
      throw invalidQuery(source.text, spanOf(node), `unexpected ${JSON.stringify(textOf(source, node))}`);
  }
}

function inParentheses(source: Source, node: SyntaxNode): Expr {
  const inner = childrenOf(node)[0];
  if (inner === undefined) throw new Error("the grammar gave empty parentheses");
  return { ...expression(source, inner), span: spanOf(node) };
}

function numberLiteral(source: Source, node: SyntaxNode, text: string): Expr {
  const value = parseNumber(text);
  if (value === undefined) throw invalidQuery(source.text, spanOf(node), `error parsing number: ${text}`);
  return { kind: "number", value, span: spanOf(node) };
}

function call(source: Source, node: SyntaxNode): Expr {
  const [callee, body] = childrenOf(node);
  if (callee === undefined || body === undefined) throw new Error("the grammar gave a call without a body");
  const name = textOf(source, callee);
  if (!FUNCTION_SIGNATURES.has(name)) throw unknownFunction(source.text, spanOf(callee), name);
  return { kind: "call", name, args: argumentsOf(source, body), span: spanOf(node) };
}

function argumentsOf(source: Source, body: SyntaxNode): readonly Expr[] {
  return childrenOf(body).map((child) => expression(source, child));
}

const AGGREGATIONS: readonly AggregationOp[] = [
  "sum",
  "avg",
  "min",
  "max",
  "count",
  "group",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "quantile",
  "count_values",
];
const WITH_PARAMETER: ReadonlySet<AggregationOp> = new Set(["topk", "bottomk", "quantile", "count_values"]);

function aggregation(source: Source, node: SyntaxNode): Expr {
  const children = childrenOf(node);
  const [operator] = children;
  const body = children.find((child) => child.name === "FunctionCallBody");
  if (operator === undefined || body === undefined) throw new Error("the grammar gave an aggregation without a body");
  const name = textOf(source, operator).toLowerCase();
  const op = AGGREGATIONS.find((known) => known === name);
  if (op === undefined) {
    throw invalidQuery(source.text, spanOf(operator), `aggregation ${name} is experimental and not supported`);
  }
  const args = argumentsOf(source, body);
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1;
  const expr = args.at(-1);
  if (args.length !== wanted || expr === undefined) {
    const problem = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
    throw invalidQuery(source.text, spanOf(node), problem);
  }
  const parameter = wanted === 2 ? args[0] : undefined;
  return { kind: "aggregation", op, expr, parameter, grouping: groupingOf(source, children), span: spanOf(node) };
}

function groupingOf(source: Source, children: readonly SyntaxNode[]): Grouping {
  const modifier = children.find((child) => child.name === "AggregateModifier");
  if (modifier === undefined) return { without: false, labels: [] };
  const [word, list] = childrenOf(modifier);
  return { without: word?.name === "Without", labels: list === undefined ? [] : groupingLabels(source, list) };
}
