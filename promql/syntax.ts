import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { OperatorError } from "../core/errors.ts";
import type { Span } from "./ast.ts";
import { FUNCTION_SIGNATURES } from "./function-signatures.ts";
import { invalidQuery } from "./invalid-query.ts";

/** The syntax tree of a query together with its text; the parts of the parser read it through these functions. */
export interface Source {
  readonly text: string;
  readonly root: SyntaxNode;
}

export const MAX_QUERY_LENGTH = 16_384;

/** Errors: `promql.invalid`. */
export function readSyntax(text: string): Source {
  if (text.length > MAX_QUERY_LENGTH) {
    throw invalidQuery(text, { from: 0, to: 0 }, `query is longer than ${MAX_QUERY_LENGTH} characters`);
  }
  const tree = parser.parse(text);
  const error = firstError(tree);
  if (error !== undefined) throw syntaxError(text, error);
  const root = childrenOf(tree.topNode)[0];
  if (root === undefined) throw invalidQuery(text, { from: 0, to: text.length }, "no expression found in input");
  return { text, root };
}

export function textOf(source: Source, node: SyntaxNode): string {
  return source.text.slice(node.from, node.to);
}

export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== "LineComment") children.push(child);
  }
  return children;
}

/** The node at the place; its absence would be a change of the grammar. */
export function childAt(node: SyntaxNode, index: number): SyntaxNode {
  const child = childrenOf(node).at(index);
  if (child === undefined) throw new Error(`the grammar's ${node.name} has no child ${index}`);
  return child;
}

export function spanOf(node: SyntaxNode): Span {
  return { from: node.from, to: node.to };
}

function firstError(tree: Tree): SyntaxNode | undefined {
  const cursor = tree.cursor();
  do {
    if (cursor.type.isError) return cursor.node;
  } while (cursor.next());
  return undefined;
}

function syntaxError(text: string, error: SyntaxNode): OperatorError {
  const { from } = error;
  const callee = /([A-Za-z_]\w*)\s*$/.exec(text.slice(0, from))?.[1];
  if (callee !== undefined && /^\s*\(/.test(text.slice(from)) && !FUNCTION_SIGNATURES.has(callee)) {
    const start = text.lastIndexOf(callee, from);
    return unknownFunction(text, { from: start, to: start + callee.length }, callee);
  }
  const rest = text.slice(from).trimStart();
  if (rest === "") {
    const problem = text.trim() === "" ? "no expression found in input" : "unexpected end of input";
    return invalidQuery(text, { from: text.length, to: text.length }, problem);
  }
  const token = /^(?:\w+|"[^"]*"?|'[^']*'?|\S)/.exec(rest)?.[0] ?? rest.slice(0, 1);
  const at = from + (text.slice(from).length - rest.length);
  return invalidQuery(text, { from: at, to: at + token.length }, `unexpected ${JSON.stringify(token)}`);
}

export function unknownFunction(text: string, span: Span, name: string): OperatorError {
  const hint = `these functions are known: ${[...FUNCTION_SIGNATURES.keys()].sort().join(", ")}`;
  return invalidQuery(text, span, `unknown function with name ${JSON.stringify(name)}`, hint);
}
