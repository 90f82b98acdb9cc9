import { METRIC_NAME } from "../core/series.ts";
import type { Binary, VectorMatching } from "./ast.ts";
import { applyOperator, dropsName } from "./binary.ts";
import type { Evaluation } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import type { LabelTable } from "./label-table.ts";
import { formatLabels } from "./labels.ts";
import { mergeRows } from "./merge-rows.ts";
import { type PairedRows, pairRows } from "./pair-rows.ts";
import { dropEmptyRows, type Names, nameAt, type Vector } from "./vector.ts";

interface Sides {
  readonly left: Vector;
  readonly right: Vector;
}

/** What two rows must have in common to be matched, as a number. */
export function signaturesOf({ ids, names }: Vector, { on, labels }: VectorMatching, table: LabelTable): Int32Array {
  const projected = table.projection(on, labels).all(ids);
  if (!on || !labels.includes(METRIC_NAME)) return projected;
  // No label has an empty name, so that the metric's can take that place.
  return projected.map((id, row) => table.intern({ ...table.labelsOf(id), "": nameAt(names, row) }));
}

/**
 * Arithmetic and comparisons between vectors. "One" is the right side, or the left with `group_right`.
 * Errors: `promql.failed` when the one side has two series for a signature at the same instant, or when the many side
 * has and the query does not say so. Source: Prometheus, promql/engine.go, VectorBinop.
 */
export async function matchVectors(expr: Binary, sides: Sides, evaluation: Evaluation): Promise<Vector> {
  const { table, budget } = evaluation;
  const manyIsLeft = expr.matching.group !== "right";
  const [many, one] = manyIsLeft ? [sides.left, sides.right] : [sides.right, sides.left];
  const manySignatures = signaturesOf(many, expr.matching, table);
  const { count } = many;
  const pairs = pairRows(manySignatures, signaturesOf(one, expr.matching, table), {
    table,
    onTwins: (rows) => checkUnique(rows, { one, many, side: manyIsLeft ? "right" : "left", table }),
    onPairs: (pairCount) => budget.hold(3 * pairCount * count),
  });
  const manyGathered = gather(many, pairs.many);
  const oneGathered = gather(one, pairs.one);
  const present = manyGathered.present;
  for (let i = 0; i < present.length; i++) present[i] = (present[i] ?? 0) & (oneGathered.present[i] ?? 0);
  if (budget.work(present.length * 4)) await budget.breathe();
  const [left, right] = manyIsLeft ? [manyGathered, oneGathered] : [oneGathered, manyGathered];
  const operated = applyOperator(expr, { left: left.values, right: right.values, present }, left.values);
  const result: Vector = { ...resultRows(expr, { many, one, pairs }, table), ...operated, count };
  if (expr.matching.group === undefined && pairs.areOneToOne && !expr.matching.labels.includes(METRIC_NAME)) {
    // Labels are made of the signatures, and these are different.
    return dropEmptyRows(result);
  }
  if (expr.matching.group === undefined) checkOneToOne(manySignatures, pairs.many, operated.present, count);
  return mergeRows(result, evaluation);
}

function gather({ values, present, count }: Vector, rows: Int32Array) {
  const gathered = { values: new Float64Array(rows.length * count), present: new Uint8Array(rows.length * count) };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    for (let from = row * count, to = i * count; to < (i + 1) * count; from++, to++) {
      gathered.values[to] = values[from] ?? 0;
      gathered.present[to] = present[from] ?? 0;
    }
  }
  return gathered;
}

/** At instants where the many side has nothing, nothing is matched and nothing can be ambiguous. */
function checkUnique(
  rows: readonly number[],
  {
    one,
    many,
    side,
    table,
  }: { readonly one: Vector; readonly many: Vector; readonly side: "left" | "right"; readonly table: LabelTable },
): void {
  for (let step = 0; step < one.count; step++) {
    const present = rows.filter((row) => one.present[row * one.count + step] === 1);
    if (present.length < 2 || !hasAny(many, step)) continue;
    const labels = present.map((row) => formatLabels(table.fullLabels(one.ids[row] ?? 0, nameAt(one.names, row))));
    throw failedQuery(
      `found duplicate series on the ${side} hand-side of the operation: [${labels.slice(0, 2).join(", ")}]; ` +
        "many-to-many matching not allowed: matching labels must be unique on one side",
      "match on more labels, or aggregate that side first",
    );
  }
}

function hasAny({ present, count }: Vector, step: number): boolean {
  for (let i = step; i < present.length; i += count) if (present[i] === 1) return true;
  return false;
}

function checkOneToOne(signatures: Int32Array, manyRows: Int32Array, present: Uint8Array, count: number): void {
  const pairs = Map.groupBy(manyRows.keys(), (pair) => signatures[manyRows[pair] ?? 0] ?? 0);
  for (const same of pairs.values()) {
    if (same.length < 2) continue;
    for (let step = 0; step < count; step++) {
      if (same.filter((pair) => present[pair * count + step] === 1).length < 2) continue;
      throw failedQuery(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        "add group_left or group_right for the side that has several series",
      );
    }
  }
}

interface Matched {
  readonly many: Vector;
  readonly one: Vector;
  readonly pairs: PairedRows;
}

function resultRows(expr: Binary, { many, one, pairs }: Matched, table: LabelTable): { ids: Int32Array; names: Names } {
  const { on, labels, group, include } = expr.matching;
  const manyIds = pairs.many.map((row) => many.ids[row] ?? 0);
  const manyNames = dropsName(expr) ? "" : namesOf(many.names, pairs.many);
  if (group === undefined) {
    const keepsName = on === labels.includes(METRIC_NAME);
    return { ids: table.projection(on, labels).all(manyIds), names: keepsName ? manyNames : "" };
  }
  const takesName = include.includes(METRIC_NAME) && !expr.bool;
  const names = takesName ? namesOf(one.names, pairs.one) : manyNames;
  if (include.length === 0) return { ids: manyIds, names };
  const takeover = table.takeover(include.filter((name) => name !== METRIC_NAME));
  return { ids: manyIds.map((id, pair) => takeover(id, one.ids[pairs.one[pair] ?? 0] ?? 0)), names };
}

function namesOf(names: Names, rows: Int32Array): Names {
  return typeof names === "string" ? names : Array.from(rows, (row) => names[row] ?? "");
}
