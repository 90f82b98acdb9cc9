import type { SyntaxNode } from "@lezer/common";
import type { BinaryOp, Expr, Span, Unary, VectorMatching } from "./ast.ts";
import { invalidQuery } from "./invalid-query.ts";
import { parseQuoted } from "./literals.ts";
import { childAt, childrenOf, type Source, spanOf, textOf } from "./syntax.ts";

/**
 * The grammar's tree groups `a + b offset 5m` and `-2^2` differently from Prometheus, but its order is right. So an
 * expression is read as the sequence of its operators, operands and what follows an operand (`[5m]`, `offset`, `@`),
 * and grouped here by Prometheus' own precedence.
 */
type Token =
  | { readonly kind: "unary"; readonly op: Unary["op"]; readonly from: number }
  | { readonly kind: "operand"; readonly node: SyntaxNode; readonly unsigned: string | undefined }
  | { readonly kind: "postfix"; readonly node: SyntaxNode }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly bool: boolean; readonly matching: VectorMatching };

/** How operands and what follows them become expressions; the parser that uses this file knows. */
export interface OperandReader {
  /** `unsigned`: the text of a number without its sign. */
  operand(node: SyntaxNode, unsigned: string | undefined): Expr;
  postfix(operand: Expr, node: SyntaxNode, operandNode: SyntaxNode): Expr;
}

const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  ">": 3,
  "<": 3,
  ">=": 3,
  "<=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  atan2: 5,
  "^": 6,
};
const POSTFIX_NODES: ReadonlySet<string> = new Set([
  "OffsetExpr",
  "StepInvariantExpr",
  "MatrixSelector",
  "SubqueryExpr",
  "AnchoredExpr",
  "SmoothedExpr",
]);
const MAX_DEPTH = 400;

/** Errors: `promql.invalid`. */
export function groupOperators(source: Source, root: SyntaxNode, reader: OperandReader): Expr {
  const tokens = [...tokensOf(source, root, 0)];
  let next = 0;

  const readOperand = (): Expr => {
    const token = tokens[next++];
    if (token?.kind === "unary") {
      const operand = readExpression(PRECEDENCE["^"]);
      return { kind: "unary", op: token.op, operand, span: { from: token.from, to: operand.span.to } };
    }
    if (token?.kind !== "operand") throw new Error("the grammar gave an operator without operand");
    let expr = reader.operand(token.node, token.unsigned);
    for (let after = tokens[next]; after?.kind === "postfix"; after = tokens[next]) {
      next += 1;
      expr = reader.postfix(expr, after.node, token.node);
    }
    return expr;
  };

  const readExpression = (minPrecedence: number): Expr => {
    let left = readOperand();
    for (let token = tokens[next]; token?.kind === "binary"; token = tokens[next]) {
      const precedence = PRECEDENCE[token.op];
      if (precedence < minPrecedence) break;
      next += 1;
      const right = readExpression(token.op === "^" ? precedence : precedence + 1);
      const span: Span = { from: left.span.from, to: right.span.to };
      left = { kind: "binary", op: token.op, left, right, bool: token.bool, matching: token.matching, span };
    }
    return left;
  };

  return readExpression(0);
}

function* tokensOf(source: Source, node: SyntaxNode, depth: number): Generator<Token> {
  if (depth > MAX_DEPTH) throw invalidQuery(source.text, spanOf(node), `more than ${MAX_DEPTH} operators in a chain`);
  if (node.name === "BinaryExpr") {
    yield* tokensOf(source, childAt(node, 0), depth + 1);
    yield binaryToken(source, node);
    yield* tokensOf(source, childAt(node, -1), depth + 1);
  } else if (node.name === "UnaryExpr") {
    yield { kind: "unary", op: signOf(textOf(source, childAt(node, 0))), from: node.from };
    yield* tokensOf(source, childAt(node, -1), depth + 1);
  } else if (POSTFIX_NODES.has(node.name)) {
    yield* tokensOf(source, childAt(node, 0), depth + 1);
    yield { kind: "postfix", node };
  } else if (node.name === "NumberDurationLiteral") {
    const match = /^([+-]?)\s*(.*)$/s.exec(textOf(source, node));
    if (match?.[1] !== undefined && match[1] !== "") yield { kind: "unary", op: signOf(match[1]), from: node.from };
    yield { kind: "operand", node, unsigned: match?.[2] };
  } else {
    yield { kind: "operand", node, unsigned: undefined };
  }
}

function signOf(text: string): Unary["op"] {
  return text.trim() === "-" ? "-" : "+";
}

function binaryToken(source: Source, node: SyntaxNode): Token {
  const op = operatorOf(textOf(source, childAt(node, 1)).toLowerCase());
  if (op === undefined) {
    const span = spanOf(childAt(node, 1));
    throw invalidQuery(source.text, span, `operator ${textOf(source, childAt(node, 1))} is not supported`);
  }
  let bool = false;
  let matching: VectorMatching = { group: undefined, on: false, explicit: false, labels: [], include: [] };
  for (const modifier of childrenOf(node).slice(2, -1)) {
    if (modifier.name === "BoolModifier") bool = true;
    else if (modifier.name === "MatchingModifierClause") matching = matchingOf(source, modifier);
    else throw invalidQuery(source.text, spanOf(modifier), "fill modifiers are experimental and not supported");
  }
  return { kind: "binary", op, bool, matching };
}

function operatorOf(text: string): BinaryOp | undefined {
  return Object.keys(PRECEDENCE).find((op): op is BinaryOp => op === text);
}

function matchingOf(source: Source, clause: SyntaxNode): VectorMatching {
  const children = childrenOf(clause);
  const lists = children.filter((child) => child.name === "GroupingLabels");
  const names = new Set(children.map((child) => child.name));
  const group = names.has("GroupLeft") ? "left" : names.has("GroupRight") ? "right" : undefined;
  const [labels, include] = lists;
  return {
    group,
    on: names.has("On"),
    explicit: true,
    labels: labels === undefined ? [] : groupingLabels(source, labels),
    include: include === undefined ? [] : groupingLabels(source, include),
  };
}

/** The names in `(a, b, "c.d")`. */
export function groupingLabels(source: Source, node: SyntaxNode): readonly string[] {
  return childrenOf(node).map((child) => {
    const text = textOf(source, child);
    if (child.name !== "QuotedLabelName") return text;
    const name = parseQuoted(text);
    if (name === undefined || name === "") throw invalidQuery(source.text, spanOf(child), "invalid label name");
    return name;
  });
}
