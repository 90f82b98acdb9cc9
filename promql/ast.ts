import type { LabelMatcher } from "../core/series.ts";

/** Where a piece of the query stands in its text: UTF-16 offsets, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Unary
  | Binary
  | Aggregation
  | Call;

export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
  readonly span: Span;
}

/** `@ 1609746000`, `@ start()`, `@ end()`. */
export type AtModifier =
  | { readonly kind: "instant"; readonly atMs: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** What `offset` and `@` say about a selector or a subquery. */
export interface TimeShift {
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
}

export interface VectorSelector extends TimeShift {
  readonly kind: "selector";
  readonly matchers: readonly LabelMatcher[];
  readonly span: Span;
}

export interface MatrixSelector {
  readonly kind: "range";
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly span: Span;
}

export interface Subquery extends TimeShift {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly rangeMs: number;
  /** Undefined: the evaluation's default. */
  readonly stepMs: number | undefined;
  readonly span: Span;
}

export interface Unary {
  readonly kind: "unary";
  readonly op: "+" | "-";
  readonly operand: Expr;
  readonly span: Span;
}

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOp = "==" | "!=" | ">" | "<" | ">=" | "<=";
export type SetOp = "and" | "or" | "unless";
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export interface Binary {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  /** `bool`: 0 or 1 instead of filtering. */
  readonly bool: boolean;
  readonly matching: VectorMatching;
  readonly span: Span;
}

export interface VectorMatching {
  /** `group_left`: many on the left; `group_right`: many on the right. */
  readonly group: "left" | "right" | undefined;
  /** `on(labels)`: only these count. Otherwise all but `labels` and the name do. */
  readonly on: boolean;
  /** Whether the query says `on` or `ignoring`. */
  readonly explicit: boolean;
  readonly labels: readonly string[];
  /** Labels taken over from the one side. */
  readonly include: readonly string[];
}

export type AggregationOp =
  | "sum"
  | "avg"
  | "min"
  | "max"
  | "count"
  | "group"
  | "stddev"
  | "stdvar"
  | "topk"
  | "bottomk"
  | "quantile"
  | "count_values";

export interface Aggregation {
  readonly kind: "aggregation";
  readonly op: AggregationOp;
  readonly expr: Expr;
  /** k of topk and bottomk, φ of quantile, the label of count_values. */
  readonly parameter: Expr | undefined;
  readonly grouping: Grouping;
  readonly span: Span;
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export type ValueType = "scalar" | "string" | "vector" | "matrix";

/** How Prometheus' messages name a type. */
export const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  string: "string",
  vector: "instant vector",
  matrix: "range vector",
};

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", "<", ">=", "<="]);
const SETS: ReadonlySet<string> = new Set(["and", "or", "unless"]);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SETS.has(op);
}
