import { METRIC_NAME } from "../core/series.ts";
import type { Binary, VectorMatching } from "./ast.ts";
import { applyOperator, dropsName } from "./binary.ts";
import type { Computing } from "./evaluation.ts";
import { failedQuery } from "./invalid-query.ts";
import type { LabelTable } from "./label-table.ts";
import { formatLabels } from "./labels.ts";
import { mergeRows } from "./merge-rows.ts";
import { type PairedRows, pairRows } from "./pair-rows.ts";
import { dropEmptyRows, type Names, nameAt, pickValues, type Vector } from "./vector.ts";

export interface Sides {
  readonly left: Vector;
  readonly right: Vector;
}

/** What two rows must have in common to be matched, as a number. */
export async function signaturesOf(
  { ids, names }: Vector,
  { on, labels }: VectorMatching,
  computing: Computing,
): Promise<Int32Array> {
  const { table, budget } = computing;
  const signatures = await table.projection(on, labels).all(ids, computing);
  if (!on || !labels.includes(METRIC_NAME)) return signatures;
  for (let row = 0; row < signatures.length; row++) {
    // No label has an empty name, so that the metric's can take that place.
    signatures[row] = table.intern({ ...table.labelsOf(signatures[row] ?? 0), "": nameAt(names, row) });
    if (budget.work(1)) await budget.breathe();
  }
  return signatures;
}

/**
 * Arithmetic and comparisons between vectors. "One" is the right side, or the left with `group_right`.
 * Errors: `promql.failed` when the one side has two series for a signature at the same instant, or when the many side
 * has and the query does not say so. Source: Prometheus, promql/engine.go, VectorBinop.
 */
export async function matchVectors(expr: Binary, sides: Sides, computing: Computing): Promise<Vector> {
  const { table, budget, memory } = computing;
  const manyIsLeft = expr.matching.group !== "right";
  const [many, one] = manyIsLeft ? [sides.left, sides.right] : [sides.right, sides.left];
  const manySignatures = await signaturesOf(many, expr.matching, computing);
  const oneSignatures = await signaturesOf(one, expr.matching, computing);
  const { count } = many;
  const pairs = pairRows(manySignatures, oneSignatures, {
    ...computing,
    onTwins: (rows) => checkUnique(rows, { one, many, side: manyIsLeft ? "right" : "left", table }),
    onPairs: (pairCount) => budget.hold(3 * pairCount * count),
  });
  if (budget.work(manySignatures.length + oneSignatures.length)) await budget.breathe();
  const manyPicked = await pickValues(many, pairs.many, computing);
  const onePicked = await pickValues(one, pairs.one, computing);
  const present = memory.flags(manyPicked.present.length);
  for (let i = 0; i < present.length; i++) {
    present[i] = (manyPicked.present[i] ?? 0) & (onePicked.present[i] ?? 0);
  }
  if (budget.work(present.length)) await budget.breathe();
  const [left, right] = manyIsLeft ? [manyPicked, onePicked] : [onePicked, manyPicked];
  const operands = { left: left.values, right: right.values, present };
  const operated = await applyOperator(expr, operands, { kept: left.values, computing });
  // What was picked for this alone is large.
  for (const picked of [manyPicked, onePicked]) {
    const isOthers = picked.values === many.values || picked.values === one.values;
    if (!isOthers && picked.values !== operated.values) memory.drop(picked.values);
  }
  const result: Vector = { ...(await resultRows(expr, { many, one, pairs }, computing)), ...operated, count };
  if (expr.matching.group === undefined && pairs.areOneToOne && !expr.matching.labels.includes(METRIC_NAME)) {
    // Labels are made of the signatures, and these are different.
    return dropEmptyRows(result, computing);
  }
  if (expr.matching.group === undefined) checkOneToOne(manySignatures, pairs.many, operated.present, count);
  return mergeRows(result, computing);
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

async function resultRows(
  expr: Binary,
  { many, one, pairs }: Matched,
  computing: Computing,
): Promise<{ ids: Int32Array; names: Names }> {
  const { table, budget, memory } = computing;
  const { on, labels, group, include } = expr.matching;
  const manyIds = memory.ints(pairs.many.length);
  for (let pair = 0; pair < manyIds.length; pair++) manyIds[pair] = many.ids[pairs.many[pair] ?? 0] ?? 0;
  const manyNames = dropsName(expr) ? "" : namesOf(many.names, pairs.many);
  if (group === undefined) {
    const keepsName = on === labels.includes(METRIC_NAME);
    return { ids: await table.projection(on, labels).all(manyIds, computing), names: keepsName ? manyNames : "" };
  }
  const takesName = include.includes(METRIC_NAME) && !expr.bool;
  const names = takesName ? namesOf(one.names, pairs.one) : manyNames;
  if (include.length === 0) return { ids: manyIds, names };
  const takeover = table.takeover(include.filter((name) => name !== METRIC_NAME));
  for (let pair = 0; pair < manyIds.length; pair++) {
    manyIds[pair] = takeover(manyIds[pair] ?? 0, one.ids[pairs.one[pair] ?? 0] ?? 0);
    if (budget.work(STEPS_PER_PAIR)) await budget.breathe();
  }
  return { ids: manyIds, names };
}

/** To find a pair of ids that is known. */
const STEPS_PER_PAIR = 10;

function namesOf(names: Names, rows: Int32Array): Names {
  return typeof names === "string" ? names : Array.from(rows, (row) => names[row] ?? "");
}
