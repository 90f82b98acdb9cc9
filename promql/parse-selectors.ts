import type { SyntaxNode } from "@lezer/common";
import { parseDuration } from "../core/duration.ts";
import { type LabelMatcher, METRIC_NAME, matches } from "../core/series.ts";
import type { AtModifier, Expr, MatrixSelector, Span, VectorSelector } from "./ast.ts";
import { invalidQuery } from "./invalid-query.ts";
import { parseNumber, parseQuoted } from "./literals.ts";
import { anchoredPattern } from "./matcher.ts";
import { childAt, childrenOf, type Source, spanOf, textOf } from "./syntax.ts";

export function vectorSelector(source: Source, node: SyntaxNode): VectorSelector {
  const matchers: LabelMatcher[] = [];
  let names = 0;
  for (const child of childrenOf(node)) {
    if (child.name === "Identifier") {
      names += 1;
      matchers.push({ kind: "=", name: METRIC_NAME, value: textOf(source, child) });
    } else {
      names += childrenOf(child).filter(({ name }) => name === "QuotedLabelName").length;
      matchers.push(...childrenOf(child).map((matcher) => labelMatcher(source, matcher)));
    }
  }
  // Once it is named without `__name__`, that cannot be asked for besides.
  if (names > 0 && matchers.filter(({ name }) => name === METRIC_NAME).length > 1) {
    throw invalidQuery(source.text, spanOf(node), "metric name must not be set twice");
  }
  if (matchers.every((matcher) => matches(matcher, ""))) {
    throw invalidQuery(source.text, spanOf(node), "vector selector must contain at least one non-empty matcher");
  }
  return { kind: "selector", matchers, offsetMs: 0, at: undefined, span: spanOf(node) };
}

function labelMatcher(source: Source, node: SyntaxNode): LabelMatcher {
  if (node.name === "QuotedLabelName") {
    return { kind: "=", name: METRIC_NAME, value: quoted(source, childAt(node, 0)) };
  }
  const label = childAt(node, 0);
  const name = label.name === "QuotedLabelName" ? quoted(source, childAt(label, 0)) : textOf(source, label);
  const op = textOf(source, childAt(node, 1));
  const value = quoted(source, childAt(node, 2));
  if (op === "=" || op === "!=") return { kind: op, name, value };
  try {
    return { kind: op === "=~" ? "=~" : "!~", name, pattern: anchoredPattern(value) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const problem = `error parsing regular expression ${JSON.stringify(value)}: ${cause.message}`;
    throw invalidQuery(source.text, spanOf(childAt(node, 2)), problem, "regular expressions are RE2's");
  }
}

export function quoted(source: Source, node: SyntaxNode): string {
  const value = parseQuoted(textOf(source, node));
  if (value === undefined) throw invalidQuery(source.text, spanOf(node), "invalid or unterminated quoted string");
  return value;
}

/** Applies `[5m]`, `[1h:5m]`, `offset 5m` or `@ 17` to what stands before it. */
export function applyPostfix(source: Source, operand: Expr, node: SyntaxNode, operandNode: SyntaxNode): Expr {
  const span: Span = { from: operand.span.from, to: node.to };
  switch (node.name) {
    case "MatrixSelector": {
      if (operand.kind !== "selector" || operandNode.name === "ParenExpr") {
        throw invalidQuery(source.text, operand.span, "ranges only allowed for vector selectors");
      }
      if (operand.offsetMs !== 0 || operand.at !== undefined) {
        throw invalidQuery(source.text, operand.span, "no offset or @ modifiers allowed before range");
      }
      return { kind: "range", selector: operand, rangeMs: positiveDuration(source, childAt(node, 1)), span };
    }
    case "SubqueryExpr": {
      const [, range, step] = childrenOf(node);
      if (range === undefined) throw new Error("the grammar gave a subquery without range");
      const stepMs = step === undefined ? undefined : positiveDuration(source, step);
      const rangeMs = positiveDuration(source, range);
      return { kind: "subquery", expr: operand, rangeMs, stepMs, offsetMs: 0, at: undefined, span };
    }
    case "OffsetExpr":
      return shifted(source, operand, operandNode, { offsetMs: durationOf(source, childAt(node, -1)) }, span);
    case "StepInvariantExpr":
      return shifted(source, operand, operandNode, { at: atModifier(source, childAt(node, -1)) }, span);
    default:
      throw invalidQuery(source.text, spanOf(node), "anchored and smoothed are experimental and not supported");
  }
}

type Shift = { readonly offsetMs: number } | { readonly at: AtModifier };

function shifted(source: Source, operand: Expr, operandNode: SyntaxNode, shift: Shift, span: Span): Expr {
  const word = "at" in shift ? "@" : "offset";
  if (operandNode.name === "ParenExpr" && operand.kind !== "subquery") throw misplaced(source, operand, word);
  switch (operand.kind) {
    case "selector":
    case "subquery":
      if ("at" in shift ? operand.at !== undefined : operand.offsetMs !== 0) {
        throw invalidQuery(source.text, span, `${word} may not be set multiple times`);
      }
      return { ...operand, ...shift, span };
    case "range":
      return { ...operand, selector: shiftedSelector(source, operand, shift, word), span };
    default:
      throw misplaced(source, operand, word);
  }
}

function shiftedSelector(source: Source, range: MatrixSelector, shift: Shift, word: string): VectorSelector {
  const { selector } = range;
  if ("at" in shift ? selector.at !== undefined : selector.offsetMs !== 0) {
    throw invalidQuery(source.text, range.span, `${word} may not be set multiple times`);
  }
  return { ...selector, ...shift };
}

function misplaced(source: Source, operand: Expr, word: string) {
  const problem = `${word} modifier must be preceded by an instant vector selector or range vector selector or a subquery`;
  return invalidQuery(source.text, operand.span, problem);
}

function atModifier(source: Source, node: SyntaxNode): AtModifier {
  if (node.name === "AtModifierPreprocessors") {
    return /^start/i.test(textOf(source, node)) ? { kind: "start" } : { kind: "end" };
  }
  const match = /^([+-]?)\s*(.*)$/s.exec(textOf(source, node));
  const seconds = parseNumber(match?.[2] ?? "");
  if (seconds === undefined || !Number.isFinite(seconds)) {
    throw invalidQuery(source.text, spanOf(node), "timestamp out of bounds for @ modifier");
  }
  return { kind: "instant", atMs: Math.round(seconds * 1_000) * (match?.[1] === "-" ? -1 : 1) };
}

function positiveDuration(source: Source, node: SyntaxNode): number {
  const ms = durationOf(source, node);
  if (ms <= 0) throw invalidQuery(source.text, spanOf(node), "duration must be greater than 0");
  return ms;
}

/** A literal duration, possibly with a sign; a plain number is seconds. */
function durationOf(source: Source, node: SyntaxNode): number {
  const match = /^([+-]?)\s*([\w.]+)$/.exec(textOf(source, node));
  const text = match?.[2] ?? "";
  const seconds = parseNumber(text);
  const ms = parseDuration(text) ?? (seconds === undefined ? undefined : Math.round(seconds * 1_000));
  if (ms === undefined || !Number.isFinite(ms)) {
    const hint = "write a duration such as 5m or 1h30m; arithmetic in durations is experimental and not supported";
    throw invalidQuery(source.text, spanOf(node), "not a duration", hint);
  }
  return match?.[1] === "-" ? -ms : ms;
}
