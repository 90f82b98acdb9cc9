import type { Template } from "../template/template.ts";

/** A rule file that was read without problems. */
export interface RuleFile {
  readonly path: string;
  readonly groups: readonly RuleGroup[];
  /** Recording rules of the file (`group: name`): Prometheus computes them, we do not. */
  readonly recordingRules: readonly string[];
}

export interface RuleGroup {
  readonly name: string;
  /** Undefined: the interval of the installation. */
  readonly intervalMs: number | undefined;
  /** Evaluates this far in the past, for samples that arrive late. */
  readonly queryOffsetMs: number;
  /** More alerts of one rule than this are an error of the rule; 0 is without limit. */
  readonly limit: number;
  readonly rules: readonly AlertRule[];
}

export interface AlertRule {
  /** Stays the same across restarts and reloads as long as group, name and labels of the rule do. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: { readonly [name: string]: Template };
  readonly annotations: { readonly [name: string]: Template };
  readonly absence: AbsencePolicy;
}

/** What it means that an active alert is no longer in the result of its rule's expression. */
export type AbsencePolicy =
  /** It recovered: what Prometheus takes it for. */
  | { readonly kind: "recovered" }
  /** It recovered when `expr` has a series with the alert's labels; otherwise there is no data and the alert stays. */
  | { readonly kind: "recovered_if"; readonly expr: string };

/** Where and what; lines and columns count from 1. */
export interface RuleProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export function formatProblem({ path, line, column, message }: RuleProblem): string {
  return `${path}:${line}:${column}: ${message}`;
}

export type ParsedRuleFile =
  | { readonly kind: "ok"; readonly file: RuleFile }
  | { readonly kind: "bad"; readonly problems: readonly RuleProblem[] };

/**
 * What the query language says of an expression. `presence`: the same expression without its conditions, which has
 * a series wherever there is data, breaching or not; undefined when there is no such expression.
 */
export type ExpressionCheck = (
  expr: string,
) =>
  | { readonly kind: "ok"; readonly presence?: string | undefined }
  | { readonly kind: "bad"; readonly message: string };
