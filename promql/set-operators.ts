import type { SetOp, VectorMatching } from "./ast.ts";
import type { Evaluation } from "./evaluation.ts";
import { mergeRows } from "./merge-rows.ts";
import { dropEmptyRows, joinNames, type Vector } from "./vector.ts";
import { signaturesOf } from "./vector-matching.ts";

/** `and`: left where right is; `unless`: left where right is not; `or`: left, and right where left is not. */
export function combineSets(
  op: SetOp,
  left: Vector,
  right: Vector,
  { matching, evaluation }: { readonly matching: VectorMatching; readonly evaluation: Evaluation },
): Vector {
  const { budget, table } = evaluation;
  const leftSignatures = signaturesOf(left, matching, table);
  const rightSignatures = signaturesOf(right, matching, table);
  budget.hold(op === "or" ? left.values.length + right.values.length : left.values.length);
  switch (op) {
    case "and":
      return keepWhere(left, leftSignatures, presence(right, rightSignatures), 1);
    case "unless":
      return keepWhere(left, leftSignatures, presence(right, rightSignatures), 0);
    case "or":
      return mergeRows(joined(left, keepWhere(right, rightSignatures, presence(left, leftSignatures), 0)), evaluation);
  }
}

/** For each signature, 1 at the instants where some row has it. */
function presence({ present, count }: Vector, signatures: Int32Array): ReadonlyMap<number, Uint8Array> {
  const bySignature = new Map<number, Uint8Array>();
  for (let row = 0; row < signatures.length; row++) {
    const signature = signatures[row] ?? 0;
    const flags = bySignature.get(signature);
    const own = present.subarray(row * count, (row + 1) * count);
    // Of one row alone, its flags are looked at where they lie.
    bySignature.set(signature, flags === undefined ? own : flags.map((flag, step) => flag | (own[step] ?? 0)));
  }
  return bySignature;
}

function keepWhere(
  vector: Vector,
  signatures: Int32Array,
  others: ReadonlyMap<number, Uint8Array>,
  wanted: 0 | 1,
): Vector {
  const { count } = vector;
  const present = new Uint8Array(vector.present.length);
  for (let row = 0; row < signatures.length; row++) {
    const flags = others.get(signatures[row] ?? 0);
    for (let step = 0; step < count; step++) {
      const i = row * count + step;
      if ((flags?.[step] ?? 0) === wanted) present[i] = vector.present[i] ?? 0;
    }
  }
  return dropEmptyRows({ ...vector, present });
}

function joined(left: Vector, right: Vector): Vector {
  const ids = new Int32Array(left.ids.length + right.ids.length);
  ids.set(left.ids);
  ids.set(right.ids, left.ids.length);
  const values = new Float64Array(left.values.length + right.values.length);
  values.set(left.values);
  values.set(right.values, left.values.length);
  const present = new Uint8Array(values.length);
  present.set(left.present);
  present.set(right.present, left.present.length);
  return { ids, names: joinNames(left, right), count: left.count, values, present };
}
