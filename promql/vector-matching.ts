import { type Labels, METRIC_NAME } from "../core/series.ts";
import { type Binary, isComparison, type VectorMatching } from "./ast.ts";
import { type Column, emptyColumn, mergeColumns, setAt } from "./column.ts";
import type { Evaluation } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import { formatLabels, labelsKey, omitLabels, pickLabels, withLabel, withoutName } from "./labels.ts";

type Apply = (left: number, right: number) => number | undefined;

interface Sides {
  readonly left: readonly Column[];
  readonly right: readonly Column[];
}

/** What two series must have in common to be matched. */
export function signature(labels: Labels, matching: VectorMatching): string {
  if (matching.on) return labelsKey(pickLabels(labels, matching.labels));
  return labelsKey(omitLabels(labels, [...matching.labels, METRIC_NAME]));
}

export function bySignature(columns: readonly Column[], matching: VectorMatching): Map<string, Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = signature(column.labels, matching);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}

/**
 * Arithmetic and comparisons between vectors. "One" is the right side, or the left with `group_right`.
 * Errors: `promql.failed` when the one side has two series for a signature at the same instant, or when the many side
 * has and the query does not say so. Source: Prometheus, promql/engine.go, VectorBinop.
 */
export async function matchVectors(
  expr: Binary,
  apply: Apply,
  sides: Sides,
  { budget }: Evaluation,
): Promise<readonly Column[]> {
  if (sides.left.length === 0 || sides.right.length === 0) return [];
  const manyIsLeft = expr.matching.group !== "right";
  const oneSide = bySignature(manyIsLeft ? sides.right : sides.left, expr.matching);
  for (const group of oneSide.values()) checkUnique(group, manyIsLeft ? "right" : "left");
  const results: Column[] = [];
  for (const [key, many] of bySignature(manyIsLeft ? sides.left : sides.right, expr.matching)) {
    const matched = new Uint8Array(many[0]?.values.length ?? 0);
    for (const member of many) {
      for (const one of oneSide.get(key) ?? []) {
        const result = emptyColumn(resultLabels(expr, member.labels, one.labels), member.values.length);
        const [left, right] = manyIsLeft ? [member, one] : [one, member];
        applyWherePresent(apply, left, right, result);
        if (expr.matching.group === undefined) markMatched(matched, result);
        results.push(result);
        if (budget.work(result.values.length)) await budget.breathe();
      }
    }
  }
  return mergeColumns(results, budget);
}

function applyWherePresent(apply: Apply, left: Column, right: Column, result: Column): void {
  for (let step = 0; step < result.values.length; step++) {
    if (left.present[step] === 0 || right.present[step] === 0) continue;
    const value = apply(left.values[step] ?? 0, right.values[step] ?? 0);
    if (value !== undefined) setAt(result, step, value);
  }
}

function checkUnique(group: readonly Column[], side: "left" | "right"): void {
  if (group.length < 2) return;
  const owner: (Column | undefined)[] = [];
  for (const column of group) {
    for (let step = 0; step < column.present.length; step++) {
      if (column.present[step] === 0) continue;
      const other = owner[step];
      if (other !== undefined) {
        throw failedQuery(
          `found duplicate series on the ${side} hand-side of the operation: ` +
            `[${formatLabels(other.labels)}, ${formatLabels(column.labels)}]; many-to-many matching not allowed: ` +
            "matching labels must be unique on one side",
          "match on more labels, or aggregate that side first",
        );
      }
      owner[step] = column;
    }
  }
}

function markMatched(matched: Uint8Array, result: Column): void {
  for (let step = 0; step < matched.length; step++) {
    if (result.present[step] === 0) continue;
    if (matched[step] === 1) {
      throw failedQuery(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        "add group_left or group_right for the side that has several series",
      );
    }
    matched[step] = 1;
  }
}

function resultLabels(expr: Binary, many: Labels, one: Labels): Labels {
  const { matching, op, bool } = expr;
  let labels = isComparison(op) ? many : withoutName(many);
  if (matching.group === undefined) {
    labels = matching.on ? pickLabels(labels, matching.labels) : omitLabels(labels, matching.labels);
  }
  for (const name of matching.include) labels = withLabel(labels, name, one[name] ?? "");
  return bool ? withoutName(labels) : labels;
}
